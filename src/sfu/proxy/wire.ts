/** Decoding of what clients of a proxy send, and of what a proxy answers: text in, a checked message out. */
import type { z } from 'zod'
import {
  ByeRequest,
  type Command,
  commands,
  Hello,
  isCommandType,
  isReplyType,
  type Payload,
  PayloadRequest,
  type Reply,
  replies,
} from './messages.ts'

/** One checked request; `id` is undefined if it had none. */
export type Request =
  | { readonly type: 'hello'; readonly id: string | undefined; readonly hello: z.infer<typeof Hello>['hello'] }
  | { readonly type: 'bye'; readonly id: string | undefined }
  | { readonly type: 'command'; readonly id: string | undefined; readonly command: Command }
  | { readonly type: 'payload'; readonly id: string | undefined; readonly payload: Payload }
  /** A type of message or of command that nobody knows. */
  | {
      readonly type: 'unknown'
      readonly id: string | undefined
      readonly of: 'message' | 'command'
      readonly name: string
    }

export type Decoded<M> =
  | { readonly ok: true; readonly value: M }
  /** `id` is that of the message, if it could be read. */
  | { readonly ok: false; readonly id: string | undefined; readonly fault: string }

interface Envelope {
  readonly id: string | undefined
  readonly type: string
  readonly fields: Readonly<Record<string, unknown>>
}

export function decodeRequest(text: string): Decoded<Request> {
  const envelope = open(text)
  if (!envelope.ok) return envelope
  const { id, type, fields } = envelope.value
  switch (type) {
    case 'hello':
      return read(Hello, envelope.value, ({ hello }) => ({ type: 'hello', id, hello }))
    case 'bye':
      return read(ByeRequest, envelope.value, () => ({ type: 'bye', id }))
    case 'payload':
      return read(PayloadRequest, envelope.value, ({ payload }) => ({ type: 'payload', id, payload }))
    case 'command': {
      const { command } = fields
      const name = isObject(command) ? command['type'] : undefined
      if (typeof name !== 'string' || name === '') return { ok: false, id, fault: 'command.type' }
      if (!isCommandType(name)) return { ok: true, value: { type: 'unknown', id, of: 'command', name } }
      const checked = commands[name].safeParse(command)
      return checked.success
        ? { ok: true, value: { type: 'command', id, command: checked.data } }
        : { ok: false, id, fault: faultOf(checked.error, 'command.') }
    }
    default:
      return { ok: true, value: { type: 'unknown', id, of: 'message', name: type } }
  }
}

export function decodeReply(text: string): Decoded<Reply> {
  const envelope = open(text)
  if (!envelope.ok) return envelope
  const { id, type, fields } = envelope.value
  if (!isReplyType(type)) return { ok: false, id, fault: 'type' }
  const checked = replies[type].safeParse(fields)
  return checked.success ? { ok: true, value: checked.data } : { ok: false, id, fault: faultOf(checked.error) }
}

function open(text: string): Decoded<Envelope> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, id: undefined, fault: 'not JSON' }
  }
  if (!isObject(value)) return { ok: false, id: undefined, fault: 'not an object' }
  const { id, type } = value
  const request = typeof id === 'string' && id !== '' ? id : undefined
  if (typeof type !== 'string' || type === '') return { ok: false, id: request, fault: 'no type' }
  return { ok: true, value: { id: request, type, fields: value } }
}

function read<T, M>(schema: z.ZodType<T>, { id, fields }: Envelope, make: (message: T) => M): Decoded<M> {
  const checked = schema.safeParse(fields)
  return checked.success ? { ok: true, value: make(checked.data) } : { ok: false, id, fault: faultOf(checked.error) }
}

/** Names fields, never what is in them. */
const faultOf = (error: z.ZodError, before = ''): string =>
  error.issues.map((issue) => before + issue.path.join('.')).join(', ')

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
