/** FINGERPRINT (RFC 8489 section 14.7): a checksum at the end of a message that tells it from other traffic on the port. */
import { putUint16, putUint32, uint32At } from './octets.ts'

export const fingerprintType = 0x8028
export const fingerprintLength = 4
const fingerprintMask = 0x5354554e

/** CRC-32 of ITU V.42, reflected. */
const polynomial = 0xedb88320
const remainders = Uint32Array.from({ length: 256 }, (_, octet) => {
  let remainder = octet
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? polynomial : 0)
  return remainder
})

/** CRC-32 of the octets from `start` to `end`. */
export function crc32(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0xffffffff
  for (let at = start; at < end; at++) crc = (crc >>> 8) ^ (remainders[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0)
  return (crc ^ 0xffffffff) >>> 0
}

/** Where a decoded message has its checksum. */
export interface Fingerprinted {
  readonly bytes: Uint8Array
  readonly start: number
  readonly fingerprintAt: number | undefined
}

/** Whether the checksum is right. A message without one is right too: it is optional. */
export function fingerprintHolds({ bytes, start, fingerprintAt: at }: Fingerprinted): boolean {
  return at === undefined || uint32At(bytes, at + 4) === (crc32(bytes, start, at) ^ fingerprintMask) >>> 0
}

/** Writes the attribute at `at`. The length in the header must already count it. */
export function writeFingerprint(target: Uint8Array, start: number, at: number): void {
  putUint16(target, at, fingerprintType)
  putUint16(target, at + 2, fingerprintLength)
  putUint32(target, at + 4, crc32(target, start, at) ^ fingerprintMask)
}
