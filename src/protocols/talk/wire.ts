/** Decoding of what Talk clients send: text in, a checked message and its raw payload out. */
import { type RawJson, rawSlice } from '../json-wire.ts'
import { type ClientMessageOf, type ClientMessageType, clientMessages } from './messages/index.ts'
import { isPlainlyAddressed } from './messages/message.ts'

/** One checked message; `raw` is the payload that is passed on unread, where the message has one. */
export type Incoming =
  | {
      readonly [T in ClientMessageType]: {
        readonly type: T
        readonly message: ClientMessageOf<T>
        readonly raw?: RawJson
      }
    }[ClientMessageType]
  | { readonly type: 'unknown'; readonly name: string; readonly id: string | undefined }

export type Decoded =
  | { readonly ok: true; readonly value: Incoming }
  /** `id` is that of the request, if it could be read. */
  | { readonly ok: false; readonly id: string | undefined; readonly fault: string }

/** Where the payload stands that is forwarded as it came. */
const payloadPaths: { readonly [T in ClientMessageType]?: readonly string[] } = {
  hello: ['hello', 'auth', 'params'],
  message: ['message', 'data'],
  control: ['control', 'data'],
  transient: ['transient', 'value'],
  internal: ['internal', 'addsession', 'user'],
}

const isKnown = (type: string): type is ClientMessageType => Object.hasOwn(clientMessages, type)

export function decode(text: string): Decoded {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, id: undefined, fault: 'not JSON' }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, id: undefined, fault: 'not an object' }
  }
  const { id, type } = value as { readonly id?: unknown; readonly type?: unknown }
  const request = typeof id === 'string' ? id : undefined
  if (typeof type !== 'string' || type === '') return { ok: false, id: request, fault: 'no type' }
  if (!isKnown(type)) return { ok: true, value: { type: 'unknown', name: type, id: request } }

  if ((type === 'message' || type === 'control') && isPlainlyAddressed(value, type)) {
    const raw = rawSlice(text, type === 'message' ? ['message', 'data'] : ['control', 'data'])
    if (raw)
      return { ok: true, value: type === 'message' ? { type, message: value, raw } : { type, message: value, raw } }
  }
  const checked = clientMessages[type].safeParse(value)
  if (!checked.success) {
    return { ok: false, id: request, fault: checked.error.issues.map((issue) => issue.path.join('.')).join(', ') }
  }
  const path = payloadPaths[type]
  const raw = path ? rawSlice(text, path) : undefined
  return { ok: true, value: { type, message: checked.data, ...(raw ? { raw } : {}) } as Incoming }
}
