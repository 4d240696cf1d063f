/** How the values of attributes lie in a message: one codec per shape, used by the table in `attributes.ts`. */
import { padded, putUint16, putUint32, uint16At, uint32At } from './octets.ts'

/**
 * Reads and writes one shape of value in place. `length` is the attribute's own, without padding;
 * `start` is where the message begins, because addresses are mixed with its transaction id.
 * (Methods rather than function properties, so that the codecs of all attributes fit into one table.)
 */
export interface Codec<T> {
  /** Whether these octets are such a value. */
  fits(bytes: Uint8Array, at: number, length: number): boolean
  /** The value of octets that fit. Octets in it are a view of the message, not a copy. */
  decode(bytes: Uint8Array, at: number, length: number, start: number): T
  /** Writes the value and answers its length. What does not fit into `target` is lost: the length tells. */
  write(target: Uint8Array, at: number, value: T, start: number): number
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** UTF-8 of at most `most` octets. */
export function text(most: number): Codec<string> {
  return {
    fits: (bytes, at, length) => length <= most && isUtf8(bytes, at, at + length),
    decode: (bytes, at, length) => utf8.decode(bytes.subarray(at, at + length)),
    write: writeText,
  }
}

/** Writes UTF-8 and answers how many octets it has. */
export function writeText(target: Uint8Array, at: number, value: string): number {
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index)
    if (code > 0x7f) return writeOctets(target, at, encoder.encode(value))
    target[at + index] = code
  }
  return value.length
}

export function isUtf8(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    if ((bytes[at] ?? 0) < 0x80) continue
    try {
      utf8.decode(bytes.subarray(at, to))
      return true
    } catch {
      return false
    }
  }
  return true
}

export const readText = (bytes: Uint8Array, from: number, to: number): string => utf8.decode(bytes.subarray(from, to))

export function writeOctets(target: Uint8Array, at: number, value: Uint8Array): number {
  // What is too long for the target would make `set` throw a RangeError of its own; the writer has the better words.
  if (at + value.length <= target.length) target.set(value, at)
  return value.length
}

/** Octets of any meaning, `least` to `most` of them. */
export function octets(least: number, most: number): Codec<Uint8Array> {
  return {
    fits: (_bytes, _at, length) => length >= least && length <= most,
    decode: (bytes, at, length) => bytes.subarray(at, at + length),
    write: writeOctets,
  }
}

export const uint32: Codec<number> = {
  fits: (_bytes, _at, length) => length === 4,
  decode: (bytes, at) => uint32At(bytes, at),
  write(target, at, value) {
    putUint32(target, at, value)
    return 4
  },
}

/** 16 bits, then 16 that are sent as zero and not looked at (CHANNEL-NUMBER). */
export const leadingUint16: Codec<number> = {
  fits: (_bytes, _at, length) => length === 4,
  decode: (bytes, at) => uint16At(bytes, at),
  write(target, at, value) {
    putUint32(target, at, value << 16)
    return 4
  },
}

/** One octet, then three that are sent as zero and not looked at (REQUESTED-TRANSPORT and the address families). */
export const leadingOctet: Codec<number> = {
  fits: (_bytes, _at, length) => length === 4,
  decode: (bytes, at) => bytes[at] ?? 0,
  write(target, at, value) {
    putUint32(target, at, value << 24)
    return 4
  },
}

/** An attribute that says all by being there (DONT-FRAGMENT). */
export const flag: Codec<true> = {
  fits: (_bytes, _at, length) => length === 0,
  decode: () => true,
  write: () => 0,
}

/** EVEN-PORT: whether the next higher port is to be reserved too. */
export const reserveBit: Codec<boolean> = {
  fits: (_bytes, _at, length) => length === 1,
  decode: (bytes, at) => ((bytes[at] ?? 0) & 0x80) !== 0,
  write(target, at, value) {
    target[at] = value ? 0x80 : 0
    return 1
  },
}

/** UNKNOWN-ATTRIBUTES: the types of attributes. */
export const uint16List: Codec<readonly number[]> = {
  fits: (_bytes, _at, length) => length % 2 === 0,
  decode: (bytes, at, length) => Array.from({ length: length / 2 }, (_, index) => uint16At(bytes, at + 2 * index)),
  write(target, at, value) {
    for (const [index, one] of value.entries()) putUint16(target, at + 2 * index, one)
    return 2 * value.length
  },
}

/** What an ICMP or ICMPv6 packet told about a peer (RFC 8656 section 18.13). */
export interface IcmpNotice {
  /** 7 bits. */
  readonly type: number
  /** 9 bits. */
  readonly code: number
  /** 32 bits: the MTU of "packet too big", else zero. */
  readonly data: number
}

export const icmp: Codec<IcmpNotice> = {
  fits: (_bytes, _at, length) => length === 8,
  decode(bytes, at) {
    const both = uint16At(bytes, at + 2)
    return { type: both >>> 9, code: both & 0x1ff, data: uint32At(bytes, at + 4) }
  },
  write(target, at, { type, code, data }) {
    putUint32(target, at, ((type & 0x7f) << 9) | (code & 0x1ff))
    putUint32(target, at + 4, data)
    return 8
  },
}

/** RFC 8489 section 18.5; the two that exist have no parameters. */
export const passwordAlgorithms = { md5: 1, sha256: 2 } as const

export interface PasswordAlgorithm {
  /** Of `passwordAlgorithms`, or one that we do not know. */
  readonly algorithm: number
  readonly parameters: Uint8Array
}

const algorithmEnd = (bytes: Uint8Array, at: number): number => at + 4 + uint16At(bytes, at + 2)

function algorithmAt(bytes: Uint8Array, at: number): PasswordAlgorithm {
  return { algorithm: uint16At(bytes, at), parameters: bytes.subarray(at + 4, algorithmEnd(bytes, at)) }
}

function writeAlgorithm(target: Uint8Array, at: number, { algorithm, parameters }: PasswordAlgorithm): number {
  putUint16(target, at, algorithm)
  putUint16(target, at + 2, parameters.length)
  return 4 + writeOctets(target, at + 4, parameters)
}

export const passwordAlgorithm: Codec<PasswordAlgorithm> = {
  fits(bytes, at, length) {
    const end = algorithmEnd(bytes, at) - at
    return length >= 4 && end <= length && length <= padded(end)
  },
  decode: algorithmAt,
  write: writeAlgorithm,
}

/** In the order of the server's preference; each but the last is padded to four octets. */
export const passwordAlgorithmList: Codec<readonly PasswordAlgorithm[]> = {
  fits(bytes, at, length) {
    let end = 0
    while (padded(end) + 4 <= length) end = algorithmEnd(bytes, at + padded(end)) - at
    return end <= length && length <= padded(end)
  },
  decode(bytes, at, length) {
    const all: PasswordAlgorithm[] = []
    for (let from = 0; from + 4 <= length; ) {
      all.push(algorithmAt(bytes, at + from))
      from = padded(algorithmEnd(bytes, at + from) - at)
    }
    return all
  },
  write(target, at, value) {
    let length = 0
    for (const one of value) {
      target.fill(0, at + length, at + padded(length))
      length = padded(length)
      length += writeAlgorithm(target, at + length, one)
    }
    return length
  },
}
