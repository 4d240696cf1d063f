/** The words of the Talk protocol: every message that a client can say or hear, declared once. */
import { z } from 'zod'
import { Bye, ByeReply } from './bye.ts'
import { ErrorReply } from './error.ts'
import { Event } from './event.ts'
import { Hello, HelloReply, Welcome } from './hello.ts'
import { DialoutNotice, Internal, InternalRequest } from './internal.ts'
import { MediaData } from './media.ts'
import { Control, ControlDelivered, Message, MessageDelivered } from './message.ts'
import { JoinRoom, RoomReply } from './room.ts'
import { Transient, TransientChange } from './transient.ts'

/** Client messages by their `type`. */
export const clientMessages = {
  hello: Hello,
  bye: Bye,
  room: JoinRoom,
  message: Message,
  control: Control,
  internal: Internal,
  transient: Transient,
} as const

type Known = { [T in keyof typeof clientMessages]: z.infer<(typeof clientMessages)[T]> }
export type ClientMessageType = keyof Known
export type ClientMessageOf<T extends ClientMessageType> = Known[T]

export const ServerMessage = z.union([
  Welcome,
  HelloReply,
  ByeReply,
  ErrorReply,
  RoomReply,
  MessageDelivered,
  ControlDelivered,
  Event,
  TransientChange,
  InternalRequest,
  DialoutNotice,
])
export type ServerMessage = z.infer<typeof ServerMessage>

/** For the reference page. */
export const documentedMessages: { readonly client: readonly z.ZodType[]; readonly server: readonly z.ZodType[] } = {
  client: [...Object.values(clientMessages), MediaData],
  server: ServerMessage.options,
}
