/** MESSAGE-INTEGRITY and MESSAGE-INTEGRITY-SHA256 (RFC 8489 sections 14.5, 14.6): a MAC over the message up to that attribute. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { headerLength } from './header.ts'
import { putUint16, uint16At } from './octets.ts'

export const integrityType = 0x0008
export const integrityLength = 20
export const integritySha256Type = 0x001c
export const integritySha256Length = 32
/** A MAC may be cut off, but not shorter than this. */
export const shortestSha256Length = 16

/** Where a decoded message has its MACs: offsets of the attributes' headers. */
export interface Signed {
  readonly bytes: Uint8Array
  readonly start: number
  readonly integrityAt: number | undefined
  readonly integritySha256At: number | undefined
}

/** Whether the message has a MESSAGE-INTEGRITY that was made with this key. Takes the same time wherever a wrong MAC differs. */
export function integrityHolds({ bytes, start, integrityAt }: Signed, key: Uint8Array): boolean {
  return integrityAt !== undefined && macHolds('sha1', key, bytes, start, integrityAt)
}

/** Whether the message has a MESSAGE-INTEGRITY-SHA256 that was made with this key. */
export function integritySha256Holds({ bytes, start, integritySha256At }: Signed, key: Uint8Array): boolean {
  return integritySha256At !== undefined && macHolds('sha256', key, bytes, start, integritySha256At)
}

/** Writes MESSAGE-INTEGRITY at `at`, whatever the header's length says. */
export function writeIntegrity(target: Uint8Array, start: number, at: number, key: Uint8Array): void {
  writeMac('sha1', integrityType, target, start, at, key)
}

/** Writes MESSAGE-INTEGRITY-SHA256, not cut off, at `at`, whatever the header's length says. */
export function writeIntegritySha256(target: Uint8Array, start: number, at: number, key: Uint8Array): void {
  writeMac('sha256', integritySha256Type, target, start, at, key)
}

/** Compares secrets without telling by its time where they differ; only a difference in length shows. */
export function equalInConstantTime(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}

const macLengths = { sha1: integrityLength, sha256: integritySha256Length } as const
type Hash = keyof typeof macLengths

function macHolds(hash: Hash, key: Uint8Array, bytes: Uint8Array, start: number, at: number): boolean {
  const length = uint16At(bytes, at + 2)
  const expected = mac(hash, key, bytes, start, at, length)
  const given = bytes.subarray(at + 4, at + 4 + length)
  return equalInConstantTime(length < expected.length ? expected.subarray(0, length) : expected, given)
}

function writeMac(hash: Hash, type: number, target: Uint8Array, start: number, at: number, key: Uint8Array): void {
  const made = mac(hash, key, target, start, at, macLengths[hash])
  putUint16(target, at, type)
  putUint16(target, at + 2, made.length)
  target.set(made, at + 4)
}

/** The MAC that an attribute at `at` of that length has to carry: the header counts as if the message ended with this attribute. */
function mac(hash: Hash, key: Uint8Array, bytes: Uint8Array, start: number, at: number, length: number): Uint8Array {
  const counted = at + 4 + length - start - headerLength
  const hmac = createHmac(hash, key)
  if (uint16At(bytes, start + 2) === counted) return hmac.update(bytes.subarray(start, at)).digest()
  // Something follows (FINGERPRINT, mostly). The received octets stay as they are: others may look at them too.
  const front = new Uint8Array([bytes[start] ?? 0, bytes[start + 1] ?? 0, counted >>> 8, counted])
  return hmac
    .update(front)
    .update(bytes.subarray(start + 4, at))
    .digest()
}
