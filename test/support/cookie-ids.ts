/** Session ids as the original 0.4.1 makes and reads them (signed, encrypted, in Go's `gob` form), for tests about its own client. */
import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'

export type IdKind = 'private-session' | 'public-session'

export interface IdKeys {
  readonly hashKey: string
  /** 16, 24 or 32 bytes; empty: not encrypted. */
  readonly blockKey: string
}

/** What stands in an id. */
export interface IdData {
  readonly sid: bigint
  /** Go's binary form of a time, 15 bytes; opaque here. */
  readonly created: Uint8Array
  readonly backendId: string
}

const macLength = 32
const ivLength = 16

/**
 * base64url(<seconds>|base64url(iv ‖ AES-CTR(gob))|HMAC-SHA256(hashkey, <kind>|<seconds>|base64url(…))), both base64 with padding.
 * The bytes of a public id are reversed before the outer base64, so that its beginning is the random part.
 */
export function encodeId(kind: IdKind, data: IdData, keys: IdKeys, seconds: number, iv: Uint8Array): string {
  const gob = encodeGob(data)
  const sealed = keys.blockKey === '' ? gob : Buffer.concat([iv, cipherOf(keys.blockKey, iv).update(gob)])
  const head = `${seconds}|${padded(sealed)}`
  const mac = createHmac('sha256', keys.hashKey).update(`${kind}|${head}`).digest()
  const bytes = Buffer.concat([Buffer.from(`${head}|`), mac])
  return padded(kind === 'public-session' ? bytes.reverse() : bytes)
}

/** Undefined for anything that was not made with these keys as this kind; the time in it is not looked at. */
export function decodeId(kind: IdKind, id: string, keys: IdKeys): IdData | undefined {
  const bytes = Buffer.from(id, 'base64url')
  if (kind === 'public-session') bytes.reverse()
  const head = bytes.subarray(0, -macLength - 1)
  const mac = createHmac('sha256', keys.hashKey).update(`${kind}|`).update(head).digest()
  const given = bytes.subarray(-macLength)
  if (given.length !== mac.length || !timingSafeEqual(given, mac)) return undefined
  const sealed = Buffer.from(head.toString('latin1').split('|')[1] ?? '', 'base64url')
  if (keys.blockKey === '') return decodeGob(sealed)
  const iv = sealed.subarray(0, ivLength)
  return decodeGob(createDecipheriv(cipherName(keys.blockKey), keys.blockKey, iv).update(sealed.subarray(ivLength)))
}

function cipherOf(blockKey: string, iv: Uint8Array): ReturnType<typeof createCipheriv> {
  return createCipheriv(cipherName(blockKey), blockKey, iv)
}

function cipherName(blockKey: string): string {
  return `aes-${Buffer.byteLength(blockKey) * 8}-ctr`
}

function padded(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('base64url')
  return text + '='.repeat((4 - (text.length % 4)) % 4)
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
  const fields: Buffer[] = [typeId]
  let last = 0
  const field = (number: number, ...parts: readonly Uint8Array[]) => {
    fields.push(unsigned(number - last), ...parts.map((part) => Buffer.from(part)))
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
  while (!reader.atEnd()) {
    const end = Number(reader.unsigned()) + reader.place()
    // Odd numbers are negative: definitions of types.
    if ((reader.unsigned() & 1n) === 1n) reader.skipTo(end)
    else return readFields(reader)
  }
  return undefined
}

function readFields(reader: Reader): IdData {
  let sid = 0n
  let created = new Uint8Array()
  let backendId = ''
  for (let number = 0; ; ) {
    const delta = Number(reader.unsigned())
    if (delta === 0) return { sid, created, backendId }
    number += delta
    if (number === 1) sid = reader.unsigned()
    else if (number === 2) created = reader.bytes(Number(reader.unsigned()))
    else if (number === 3) backendId = Buffer.from(reader.bytes(Number(reader.unsigned()))).toString()
    else throw new Error(`a field ${number}`)
  }
}

interface Reader {
  place(): number
  atEnd(): boolean
  skipTo(place: number): void
  unsigned(): bigint
  bytes(length: number): Uint8Array<ArrayBuffer>
}

function readerOf(all: Uint8Array): Reader {
  let at = 0
  const bytes = (length: number) => {
    if (at + length > all.length) throw new Error('cut short')
    at += length
    return Uint8Array.from(all.subarray(at - length, at))
  }
  return {
    place: () => at,
    atEnd: () => at >= all.length,
    skipTo: (place) => {
      at = place
    },
    unsigned: () => {
      const first = bytes(1)[0] ?? 0
      return first < 128 ? BigInt(first) : BigInt(`0x${Buffer.from(bytes(256 - first)).toString('hex')}`)
    },
    bytes,
  }
}
