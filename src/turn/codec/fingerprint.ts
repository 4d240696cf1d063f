/** FINGERPRINT (RFC 8489 section 14.7): a checksum at the end of a message that tells it from other traffic on the port. */
import { putUint16, putUint32, uint32At } from './octets.ts'

export const fingerprintType = 0x8028
export const fingerprintLength = 4
const fingerprintMask = 0x5354554e

/** CRC-32 of ITU V.42, reflected. */
const polynomial = 0xedb88320

/** What an octet leaves behind, then what it leaves with one, two and three octets of zero after it: four octets in one step. */
const remainders = new Int32Array(4 * 256)
for (let octet = 0; octet < 256; octet++) {
  let remainder = octet
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? polynomial : 0)
  remainders[octet] = remainder
}
for (let at = 256; at < remainders.length; at++) {
  const shorter = remainders[at - 256] ?? 0
  remainders[at] = (shorter >>> 8) ^ (remainders[shorter & 0xff] ?? 0)
}

/** CRC-32 of the octets from `start` to `end`. */
export function crc32(bytes: Uint8Array, start: number, end: number): number {
  let crc = -1
  let at = start
  for (; at + 4 <= end; at += 4) {
    crc ^= littleEndianAt(bytes, at)
    crc =
      (remainders[0x300 + (crc & 0xff)] ?? 0) ^
      (remainders[0x200 + ((crc >>> 8) & 0xff)] ?? 0) ^
      (remainders[0x100 + ((crc >>> 16) & 0xff)] ?? 0) ^
      (remainders[crc >>> 24] ?? 0)
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ (remainders[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0)
  return ~crc >>> 0
}

/** Signed, as bit operations leave numbers: larger ones would be calculated with as floating point. */
function littleEndianAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
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
