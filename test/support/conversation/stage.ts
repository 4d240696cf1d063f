/** Where a conversation is held: an original server, our server behind a socket, or our machines in this process. */
import type { Json } from '../json.ts'
import type { Tampering } from '../stub-talk.ts'
import type { TalkAnswer } from '../talk-answers.ts'
import type { Incoming } from '../talk-client.ts'

/** Which variants of a line apply: the machine stage is `ours`. */
export type Side = 'ours' | 'original'

/**
 * All that the runner asks of a stage. Every promise may be settled at once (a machine does), so a stage needs no clock of its own:
 * `pass` is the only way in which time goes by.
 */
export interface Stage {
  readonly side: Side
  /** Whether the original says welcome: not before its version 1. */
  readonly greets?: boolean
  /** Base URLs (with a slash at the end) of the Nextclouds that the server is configured with; `small` may have one session. */
  readonly clouds: { readonly one: string; readonly two: string; readonly small: string }
  readonly internalSecret: string
  /** Opens a connection; what the server says first is the first thing that `next` gives. */
  open(): Promise<Connection>
  /** POST /api/v1/room/<roomId> with this exact body, signed by cloud one unless tampered with. */
  post(roomId: string, body: string, how?: Tampering): Promise<PostAnswer>
  /** The next request of this type whose body contains the text is answered like this. */
  answerNext(type: string, answer: TalkAnswer, containing: string): void
  /** Takes the first request of this type that fits and was not taken before; undefined when none comes. */
  asked(type: string, fits: (body: Json) => boolean): Promise<Json | undefined>
  /** A hello v2 token signed by cloud one. */
  token(claims: Readonly<Record<string, Json>>): Promise<string>
  /** Lets this much time go by: virtual on the machine, real on a socket. */
  pass(ms: number): Promise<void>
}

export interface PostAnswer {
  readonly status: number
  readonly body: string
}

export interface Connection {
  send(text: string): void
  sendBinary(bytes: Uint8Array): void
  /** The next message or the close (which stays and is given again); `nothing` when none comes in good time. */
  next(): Promise<Incoming>
  /** The client's end goes away. */
  close(): Promise<void>
}
