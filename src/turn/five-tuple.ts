/** Keys under which addresses, peers and clients stand in maps: numbers for IPv4, which cost nothing, short text for IPv6. */
import { type IpAddress, type TransportAddress, unmapped } from '../lib/ip-address.ts'

/** An IPv4 address and the same in IPv6 clothes (`::ffff:a.b.c.d`) have one key. */
export type IpKey = number | string
export type PeerKey = number | string
export type ClientKey = number | string

/** Where a request came from and which of our sockets it came to: the five-tuple of RFC 8656 section 2. */
export interface Client {
  readonly address: TransportAddress
  /** Which of our listening sockets, counted from 0: it stands for our address, our port and the transport. */
  readonly listener: number
}

/** 48 bits of an address and a port leave this many values in a number that is still exact. */
const listenersInNumber = 32

export function ipKey(ip: IpAddress): IpKey {
  const bare = unmapped(ip)
  return bare.family === 4 ? bare.value : wordsKey(bare.words)
}

/** The address of a key of `ipKey`. */
export function ipOfKey(key: IpKey): IpAddress {
  if (typeof key === 'number') return { family: 4, value: key }
  const word = (at: number): number => ((key.charCodeAt(2 * at) << 16) | key.charCodeAt(2 * at + 1)) >>> 0
  return { family: 6, words: [word(0), word(1), word(2), word(3)] }
}

export function peerKey(ip: IpAddress, port: number): PeerKey {
  const key = ipKey(ip)
  return typeof key === 'number' ? key * 0x10000 + port : key + String.fromCharCode(port)
}

export function clientKey({ address, listener }: Client): ClientKey {
  const key = peerKey(address.ip, address.port)
  return typeof key === 'number' && listener < listenersInNumber
    ? key * listenersInNumber + listener
    : `${key}/${listener}`
}

function wordsKey([first, second, third, fourth]: readonly [number, number, number, number]): string {
  return String.fromCharCode(
    first >>> 16,
    first & 0xffff,
    second >>> 16,
    second & 0xffff,
    third >>> 16,
    third & 0xffff,
    fourth >>> 16,
    fourth & 0xffff,
  )
}
