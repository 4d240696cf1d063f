/** Decoding of what clients send: text in, what they want out, with the body as it came. */
import type { UserKey } from '../../core/ids.ts'
import type { Decoded } from '../front-end.ts'
import { type RawJson, rawSlice } from '../json-wire.ts'
import type { ErrorCode } from './errors.ts'
import { ClientFrame } from './messages.ts'
import { type Revision, targetOf } from './names.ts'

/** What a client wants; `size` is what keeping it takes, in characters. */
export type Wish =
  | { readonly wish: 'list'; readonly size: number }
  | { readonly wish: 'ice-servers'; readonly size: number }
  | {
      readonly wish: 'relay'
      /** Empty if the message has none. */
      readonly type: string
      readonly target: UserKey
      readonly body: RawJson | undefined
      readonly size: number
    }
  /** It cannot be had. */
  | { readonly wish: 'refusal'; readonly code: ErrorCode; readonly size: number }

export type Incoming = Wish | { readonly wish: 'too-long' }

/** In bytes. */
export const longestMessage = 32_768
const longestType = 256
const reserved: readonly string[] = ['userOnline', 'userOffline']

export const createDecoder =
  (revision: Revision) =>
  (text: string): Decoded<Incoming> => {
    if (text.length * 3 > longestMessage && Buffer.byteLength(text) > longestMessage) {
      return { ok: true, value: { wish: 'too-long' } }
    }
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return { ok: false, id: undefined, fault: 'not JSON' }
    }
    // The original takes null for a message without anything in it.
    const frame = ClientFrame.safeParse(value ?? {})
    if (!frame.success) {
      const places = frame.error.issues.map(({ path }) => path.join('.') || 'the frame')
      return { ok: false, id: undefined, fault: `of the wrong kind: ${places.join(', ')}` }
    }
    return { ok: true, value: wishOf(frame.data, text, revision) }
  }

function wishOf({ type: given, target }: ClientFrame, text: string, revision: Revision): Wish {
  const type = given ?? ''
  const size = text.length
  const refusal = (code: ErrorCode): Wish => ({ wish: 'refusal', code, size })
  // A list needs no target; the original overlooks one.
  if (type === 'userList') return { wish: 'list', size }
  if (!target) return type === 'iceServers' ? { wish: 'ice-servers', size } : refusal('missing_target')
  if (reserved.includes(type)) return refusal('reserved_type')
  if (type.length > longestType) return refusal('invalid_type')
  const key = targetOf(target, revision)
  if (key === undefined) return refusal('invalid_target')
  return { wish: 'relay', type, target: key, body: bodyOf(text), size }
}

/** A body that is null is none. */
function bodyOf(text: string): RawJson | undefined {
  const body = rawSlice(text, ['body'])
  return body?.text === 'null' ? undefined : body
}
