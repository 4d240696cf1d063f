/** Session ids as the original 0.4.1 makes and reads them, for its load client and for tools that look into ids. */
import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { resumeId, type SessionId, sessionId } from '../../core/ids.ts'
import type { SessionIdKeys, SessionIds } from './sealed-id.ts'

export type IdKind = 'private-session' | 'public-session'

/** What stands in an id. */
export interface IdData {
  /** The running number of the session; at most 64 bits. */
  readonly sid: bigint
  /** When the session began, in Go's binary form of a time: 15 bytes. */
  readonly created: Uint8Array
  readonly backendId: string
}

export interface CookieIdParts {
  readonly keys: SessionIdKeys
  /** The backend that ids name. */
  readonly backendId: string
  /** Returns that many unpredictable bytes. */
  readonly random: (bytes: number) => Uint8Array
  /** ms since 1970. */
  readonly now: () => number
}

const macLength = 32
const separator = 0x7c
const ivLength = 16
/** What the original reads at most. */
const longestId = 4096
/** Those who send to the same session again and again write the same id. */
const mostRead = 10_000

/** Whoever knows the keys can write a public id in any number of ways; the running number in it says whom it means. */
export function createCookieIds({ keys, backendId, random, now }: CookieIdParts): SessionIds {
  const sidOf = new Map<SessionId, bigint>()
  const bySid = new Map<bigint, SessionId>()
  /** Genuine ids only, so that nobody without the keys can fill it. */
  const read = new Map<string, bigint>()

  function sidIn(text: string): bigint | undefined {
    const before = read.get(text)
    if (before !== undefined) return before
    const sid = decodeId('public-session', text, keys)?.sid
    if (sid === undefined) return undefined
    if (read.size >= mostRead) read.clear()
    read.set(text, sid)
    return sid
  }

  return {
    create(serial) {
      const time = now()
      const data = { sid: BigInt(serial), created: goTime(time), backendId }
      const encode = (kind: IdKind) => encodeId(kind, data, keys, Math.floor(time / 1000), random(ivLength))
      return { id: sessionId(encode('public-session')), resumeId: resumeId(encode('private-session')) }
    },
    isGenuine: (text) => opened('private-session', text, keys) !== undefined,
    canonical(text) {
      const asked = sessionId(text)
      if (sidOf.has(asked)) return asked
      const sid = sidIn(text)
      return (sid === undefined ? undefined : bySid.get(sid)) ?? asked
    },
    present: {
      add(id) {
        const sid = sidIn(id)
        if (sid === undefined) return
        sidOf.set(id, sid)
        bySid.set(sid, id)
      },
      remove(id) {
        const sid = sidOf.get(id)
        if (sid === undefined) return
        sidOf.delete(id)
        bySid.delete(sid)
      },
    },
  }
}

/**
 * base64url(<seconds>|base64url(iv ‖ AES-CTR(gob))|HMAC-SHA256(hashkey, <kind>|<seconds>|base64url(…))), both base64 with padding.
 * The bytes of a public id are reversed before the outer base64, so that its beginning is the random part.
 * Without a block key there is neither IV nor encryption.
 */
export function encodeId(kind: IdKind, data: IdData, keys: SessionIdKeys, seconds: number, iv: Uint8Array): string {
  const gob = encodeGob(data)
  const { blockKey } = keys
  const sealed = blockKey ? Buffer.concat([iv, createCipheriv(cipherName(blockKey), blockKey, iv).update(gob)]) : gob
  const head = `${seconds}|${padded(sealed)}`
  const bytes = Buffer.concat([Buffer.from(`${head}|`), macOf(kind, Buffer.from(head), keys)])
  return padded(kind === 'public-session' ? bytes.reverse() : bytes)
}

/** Undefined for anything that was not made with these keys as this kind; the time in it is not looked at. */
export function decodeId(kind: IdKind, id: string, keys: SessionIdKeys): IdData | undefined {
  const sealed = opened(kind, id, keys)
  if (!sealed) return undefined
  const { blockKey } = keys
  if (!blockKey) return decodeGob(sealed)
  if (sealed.length < ivLength) return undefined
  const iv = sealed.subarray(0, ivLength)
  return decodeGob(createDecipheriv(cipherName(blockKey), blockKey, iv).update(sealed.subarray(ivLength)))
}

/** What was signed, still encrypted; nothing is read before the signature fits. */
function opened(kind: IdKind, id: string, keys: SessionIdKeys): Buffer | undefined {
  if (id.length > longestId) return undefined
  const bytes = Buffer.from(id, 'base64url')
  if (padded(bytes) !== id) return undefined
  if (kind === 'public-session') bytes.reverse()
  if (bytes.at(-macLength - 1) !== separator) return undefined
  const head = bytes.subarray(0, -macLength - 1)
  if (!timingSafeEqual(macOf(kind, head, keys), bytes.subarray(-macLength))) return undefined
  const content = head.toString('latin1')
  return Buffer.from(content.slice(content.indexOf('|') + 1), 'base64url')
}

function macOf(kind: IdKind, head: Uint8Array, { hashKey }: SessionIdKeys): Buffer {
  return createHmac('sha256', hashKey).update(`${kind}|`).update(head).digest()
}

function cipherName(blockKey: string): string {
  return `aes-${Buffer.byteLength(blockKey) * 8}-ctr`
}

function padded(bytes: Buffer): string {
  const text = bytes.toString('base64url')
  return text + '='.repeat((4 - (text.length % 4)) % 4)
}

const secondsBefore1970 = 62_135_596_800

/** A version, the seconds since the year 1, nanoseconds, and -1 for UTC. */
function goTime(milliseconds: number): Uint8Array {
  const bytes = Buffer.alloc(15)
  bytes.writeUInt8(1)
  bytes.writeBigInt64BE(BigInt(Math.floor(milliseconds / 1000) + secondsBefore1970), 1)
  bytes.writeInt32BE((Math.floor(milliseconds) % 1000) * 1_000_000, 9)
  bytes.writeInt16BE(-1, 13)
  return Uint8Array.from(bytes)
}

/** The two type definitions that come first: struct SessionIdData {Sid uint; Created Time; BackendId string} as 65, Time as 66. */
const typeDefinitions = Buffer.from(
  '3eff810301010d53657373696f6e49644461746101ff82000103010353696401060001074372656174656401ff840001094261636b656e644964010c000000' +
    '10ff830501010454696d6501ff84000000',
  'hex',
)
const typeId = Buffer.from('ff82', 'hex')

function encodeGob({ sid, created, backendId }: IdData): Buffer {
  const name = Buffer.from(backendId)
  const fields: Uint8Array[] = [typeId]
  let last = 0
  const field = (number: number, ...parts: readonly Uint8Array[]): void => {
    fields.push(unsigned(number - last), ...parts)
    last = number
  }
  // A field whose value is zero is left out.
  if (sid !== 0n) field(1, unsigned(sid))
  if (created.length > 0) field(2, unsigned(created.length), created)
  if (name.length > 0) field(3, unsigned(name.length), name)
  fields.push(unsigned(0))
  const value = Buffer.concat(fields)
  return Buffer.concat([typeDefinitions, unsigned(value.length), value])
}

/** Below 128 the byte itself; else the count of bytes, negated, and the bytes with the highest first. */
function unsigned(value: number | bigint): Buffer {
  const number = BigInt(value)
  if (number < 128n) return Buffer.from([Number(number)])
  const hex = number.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return Buffer.concat([Buffer.from([256 - bytes.length]), bytes])
}

function decodeGob(bytes: Uint8Array): IdData | undefined {
  const reader = readerOf(bytes)
  while (!reader.isAtEnd()) {
    const length = Number(reader.unsigned())
    const end = reader.place() + length
    // Odd numbers are negative: definitions of types.
    if ((reader.unsigned() & 1n) === 0n) return readFields(reader)
    reader.skipTo(end)
  }
  return undefined
}

function readFields(reader: Reader): IdData | undefined {
  let sid = 0n
  let created: Uint8Array = new Uint8Array()
  let backendId = ''
  for (let number = 0; ; ) {
    const delta = Number(reader.unsigned())
    if (reader.isCut()) return undefined
    if (delta === 0) return { sid, created, backendId }
    number += delta
    if (number === 1) sid = reader.unsigned()
    else if (number === 2) created = reader.bytes(Number(reader.unsigned()))
    else if (number === 3) backendId = Buffer.from(reader.bytes(Number(reader.unsigned()))).toString()
    else return undefined
  }
}

interface Reader {
  place(): number
  isAtEnd(): boolean
  /** Whether more was asked for than there is; from then on everything reads as nothing. */
  isCut(): boolean
  /** Forward only. */
  skipTo(place: number): void
  unsigned(): bigint
  bytes(length: number): Uint8Array
}

function readerOf(all: Uint8Array): Reader {
  let at = 0
  let isCut = false
  const skipTo = (place: number): void => {
    isCut ||= place < at || place > all.length
    at = isCut ? all.length : place
  }
  const bytes = (length: number): Uint8Array => {
    const start = at
    skipTo(start + length)
    return isCut ? new Uint8Array() : Uint8Array.from(all.subarray(start, at))
  }
  return {
    place: () => at,
    isAtEnd: () => at >= all.length,
    isCut: () => isCut,
    skipTo,
    unsigned: () => {
      const [first = 0] = bytes(1)
      if (first < 128) return BigInt(first)
      // At most 64 bits.
      const more = bytes(first >= 248 ? 256 - first : Number.POSITIVE_INFINITY)
      return more.length === 0 ? 0n : BigInt(`0x${Buffer.from(more).toString('hex')}`)
    },
    bytes,
  }
}
