/** The numbers with which a request is refused, and how ERROR-CODE and ADDRESS-ERROR-CODE carry them. */
import { putUint32 } from './octets.ts'
import { type Codec, isUtf8, readText, writeText } from './values.ts'

/** Number → the RFC's words. We send an empty phrase (every octet of an answer can be turned against others): these are for the log. */
export const errorReasons = {
  300: 'Try Alternate',
  400: 'Bad Request',
  401: 'Unauthenticated',
  403: 'Forbidden',
  405: 'Mobility Forbidden',
  420: 'Unknown Attribute',
  437: 'Allocation Mismatch',
  438: 'Stale Nonce',
  440: 'Address Family not Supported',
  441: 'Wrong Credentials',
  442: 'Unsupported Transport Protocol',
  443: 'Peer Address Family Mismatch',
  446: 'Connection Already Exists',
  447: 'Connection Timeout or Failure',
  486: 'Allocation Quota Reached',
  500: 'Server Error',
  508: 'Insufficient Capacity',
} as const satisfies Record<number, string>

export type KnownErrorCode = keyof typeof errorReasons

export interface StunError {
  /** 300 to 699. */
  readonly code: number
  readonly reason: string
}

/** Why one of the two families of a double allocation could not be had (RFC 8656 section 18.12). */
export interface AddressError extends StunError {
  /** As on the wire: see `addressFamilies`. */
  readonly family: number
}

/** RFC 8489 section 14.8: a phrase has less than 128 characters. */
const longestReason = 763

function fits(bytes: Uint8Array, at: number, length: number): boolean {
  if (length < 4 || length > 4 + longestReason) return false
  const hundreds = (bytes[at + 2] ?? 0) & 7
  return hundreds >= 3 && hundreds <= 6 && (bytes[at + 3] ?? 0) <= 99 && isUtf8(bytes, at + 4, at + length)
}

const codeAt = (bytes: Uint8Array, at: number): number => ((bytes[at + 2] ?? 0) & 7) * 100 + (bytes[at + 3] ?? 0)

function writeError(target: Uint8Array, at: number, family: number, { code, reason }: StunError): number {
  putUint32(target, at, (family << 24) | (Math.trunc(code / 100) << 8) | (code % 100))
  return 4 + writeText(target, at + 4, reason)
}

export const errorCode: Codec<StunError> = {
  fits,
  decode: (bytes, at, length) => ({ code: codeAt(bytes, at), reason: readText(bytes, at + 4, at + length) }),
  write: (target, at, value) => writeError(target, at, 0, value),
}

export const addressErrorCode: Codec<AddressError> = {
  fits,
  decode: (bytes, at, length) => ({
    family: bytes[at] ?? 0,
    code: codeAt(bytes, at),
    reason: readText(bytes, at + 4, at + length),
  }),
  write: (target, at, value) => writeError(target, at, value.family, value),
}
