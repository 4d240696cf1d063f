/** Transport addresses in attributes: plain, or mixed with cookie and transaction id so that no NAT on the way rewrites them. */
import type { Ipv6Words, TransportAddress } from '../../lib/ip-address.ts'
import { putUint16, putUint32, uint16At, uint32At } from './octets.ts'
import type { Codec } from './values.ts'

/** The family's octet in address attributes and in REQUESTED-, ADDITIONAL-ADDRESS-FAMILY and ADDRESS-ERROR-CODE. */
export const addressFamilies = { 4: 1, 6: 2 } as const

function fits(bytes: Uint8Array, at: number, length: number): boolean {
  const family = bytes[at + 1]
  return (length === 8 && family === addressFamilies[4]) || (length === 20 && family === addressFamilies[6])
}

/** RFC 8489 section 14.1: MAPPED-ADDRESS and ALTERNATE-SERVER. */
export const plainAddress: Codec<TransportAddress> = {
  fits,
  decode(bytes, at, length) {
    const port = uint16At(bytes, at + 2)
    if (length === 8) return { ip: { family: 4, value: uint32At(bytes, at + 4) }, port }
    return { ip: { family: 6, words: wordsAt(bytes, at + 4) }, port }
  },
  write(target, at, { ip, port }) {
    putUint16(target, at, addressFamilies[ip.family])
    putUint16(target, at + 2, port)
    if (ip.family === 4) {
      putUint32(target, at + 4, ip.value)
      return 8
    }
    putWords(target, at + 4, ip.words)
    return 20
  },
}

/** RFC 8489 section 14.2: the port is mixed with half of the cookie, IPv4 with the cookie, IPv6 with cookie and transaction id. */
export const xorAddress: Codec<TransportAddress> = {
  fits,
  decode(bytes, at, length, start) {
    const port = uint16At(bytes, at + 2) ^ uint16At(bytes, start + 4)
    if (length === 8) return { ip: { family: 4, value: mixed(uint32At(bytes, at + 4), bytes, start + 4) }, port }
    return { ip: { family: 6, words: mixedWords(wordsAt(bytes, at + 4), bytes, start + 4) }, port }
  },
  write(target, at, { ip, port }, start) {
    putUint16(target, at, addressFamilies[ip.family])
    putUint16(target, at + 2, port ^ uint16At(target, start + 4))
    if (ip.family === 4) {
      putUint32(target, at + 4, mixed(ip.value, target, start + 4))
      return 8
    }
    putWords(target, at + 4, mixedWords(ip.words, target, start + 4))
    return 20
  },
}

function wordsAt(bytes: Uint8Array, at: number): Ipv6Words {
  return [uint32At(bytes, at), uint32At(bytes, at + 4), uint32At(bytes, at + 8), uint32At(bytes, at + 12)]
}

function putWords(target: Uint8Array, at: number, words: Ipv6Words): void {
  putUint32(target, at, words[0])
  putUint32(target, at + 4, words[1])
  putUint32(target, at + 8, words[2])
  putUint32(target, at + 12, words[3])
}

const mixed = (word: number, bytes: Uint8Array, at: number): number => (word ^ uint32At(bytes, at)) >>> 0

function mixedWords(words: Ipv6Words, bytes: Uint8Array, at: number): Ipv6Words {
  return [
    mixed(words[0], bytes, at),
    mixed(words[1], bytes, at + 4),
    mixed(words[2], bytes, at + 8),
    mixed(words[3], bytes, at + 12),
  ]
}
