/** The 20 octets in front of every STUN message (RFC 8489 section 5): method, class, length, cookie, transaction. */
import { putUint16, putUint32, uint16At, uint32At } from './octets.ts'

export const headerLength = 20
export const magicCookie = 0x2112a442
export const transactionIdLength = 12
/** The most octets that can follow the header: the largest multiple of four in 16 bits. */
export const longestBody = 0xfffc

/** The methods of RFC 8489, RFC 8656 and RFC 6062. */
export const methods = {
  binding: 0x001,
  allocate: 0x003,
  refresh: 0x004,
  send: 0x006,
  data: 0x007,
  createPermission: 0x008,
  channelBind: 0x009,
  connect: 0x00a,
  connectionBind: 0x00b,
  connectionAttempt: 0x00c,
} as const satisfies Record<string, number>

export type Method = keyof typeof methods
export type MessageClass = 'request' | 'indication' | 'success' | 'error'

/** Why octets are no STUN message; what is not STUN is dropped without an answer. */
export type HeaderFault = 'not-stun' | 'wrong-length'

const classes: readonly MessageClass[] = ['request', 'indication', 'success', 'error']
const classBits = { request: 0x000, indication: 0x010, success: 0x100, error: 0x110 } as const
const allClassBits = 0x110
const names = new Map<number, Method>()
for (const name of Object.keys(methods)) if (isMethod(name)) names.set(methods[name], name)

function isMethod(name: string): name is Method {
  return Object.hasOwn(methods, name)
}

/** Undefined for a method that is not ours. */
export function methodOf(type: number): Method | undefined {
  // The class sits in bits 4 and 8, in the midst of the method's twelve bits.
  return names.get((type & 0x000f) | ((type & 0x00e0) >>> 1) | ((type & 0x3e00) >>> 2))
}

export function classOf(type: number): MessageClass {
  return classes[((type & 0x0100) >>> 7) | ((type & 0x0010) >>> 4)] ?? 'request'
}

/** The first 16 bits of a message. */
export function messageType(method: Method, messageClass: MessageClass): number {
  const number = methods[method]
  return withClass((number & 0x000f) | ((number & 0x0070) << 1) | ((number & 0x0f80) << 2), messageClass)
}

/** The same method in another class: how a response of an unknown method gets its type. */
export function withClass(type: number, messageClass: MessageClass): number {
  return (type & ~allClassBits) | classBits[messageClass]
}

/** What is wrong with the header of a message that is said to reach from `start` to `end`. */
export function headerFault(bytes: Uint8Array, start: number, end: number): HeaderFault | undefined {
  if (end - start < headerLength || (bytes[start] ?? 0xff) > 3) return 'not-stun'
  if (uint32At(bytes, start + 4) !== magicCookie) return 'not-stun'
  const length = uint16At(bytes, start + 2)
  return length % 4 === 0 && start + headerLength + length === end ? undefined : 'wrong-length'
}

/** Writes a header of a message without attributes; the transaction id is copied from `source` at `sourceAt`. */
export function writeHeader(
  target: Uint8Array,
  start: number,
  type: number,
  { source, sourceAt }: { readonly source: Uint8Array; readonly sourceAt: number },
): void {
  putUint16(target, start, type)
  putUint16(target, start + 2, 0)
  putUint32(target, start + 4, magicCookie)
  for (let index = 0; index < transactionIdLength; index++) target[start + 8 + index] = source[sourceAt + index] ?? 0
}
