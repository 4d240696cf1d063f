/** Socket addresses as the kernel has them (`sockaddr_in`, `sockaddr_in6`), read from and written to a region. */
import type { IpAddress, TransportAddress } from '../../../lib/ip-address.ts'
import { putUint16, putUint32, uint16At, uint32At } from '../../../turn/codec/octets.ts'
import { type IpKey, ipKey, type PeerKey, peerKey } from '../../../turn/five-tuple.ts'
import { name4, name6, namePort } from './layout.ts'
import type { Region } from './region.ts'

export type Family = 4 | 6

/** Where a datagram came from. What a socket for both families reports as `::ffff:a.b.c.d` is an IPv4 address. */
export function readName(region: Region, at: number): TransportAddress {
  return { ip: readIp(region, at), port: portAt(region, at) }
}

/** Interface of a link-local address; 0 for all others. */
export function scopeAt({ halves, words }: Region, at: number): number {
  return halves[at >> 1] === name6.family ? (words[(at + name6.scope) >> 2] ?? 0) : 0
}

export function portAt({ bytes }: Region, at: number): number {
  return uint16At(bytes, at + namePort)
}

/** The IPv4 address, also of one in IPv6 clothes; −1 if it is a real IPv6 address. */
export function ipv4At({ bytes, halves, words }: Region, at: number): number {
  let from = at + name4.address
  if (halves[at >> 1] === name6.family) {
    const first = (at + name6.address) >> 2
    // 0xffff0000 is what the octets 00 00 ff ff are in our order.
    if (words[first] !== 0 || words[first + 1] !== 0 || words[first + 2] !== 0xffff0000) return -1
    from = at + name6.address + 12
  }
  return uint32At(bytes, from)
}

/** The keys of the peer that was looked at last: most relay sockets hear one peer only, and text takes time. */
export interface PeerMemory {
  /** Of `nameSize`, and zero for nobody. */
  readonly words: Uint32Array
  ip: IpKey
  peer: PeerKey
}

export const nobody = (): PeerMemory => ({ words: new Uint32Array(name6.size / 4), ip: -1, peer: -1 })

/** Sets `ip` and `peer` to what `ipKey` and `peerKey` make of this name. */
export function rememberPeer(memory: PeerMemory, region: Region, at: number): void {
  const length = (region.halves[at >> 1] === name6.family ? name6.size : name4.address + 4) >> 2
  const from = at >> 2
  let same = true
  for (let index = 0; index < length; index++) {
    const word = region.words[from + index] ?? 0
    if (memory.words[index] !== word) {
      memory.words[index] = word
      same = false
    }
  }
  if (same) return
  const { ip, port } = readName(region, at)
  memory.ip = ipKey(ip)
  memory.peer = peerKey(ip, port)
}

/** Writes it for a socket of this family, which may be one for both; returns its length. The rest of `nameSize` stays what it was. */
export function writeName(
  { bytes, halves, words }: Region,
  at: number,
  family: Family,
  { ip, port }: TransportAddress,
  scope: number,
): number {
  halves[at >> 1] = family === 4 ? name4.family : name6.family
  putUint16(bytes, at + namePort, port)
  if (family === 4) {
    putUint32(bytes, at + name4.address, ip.family === 4 ? ip.value : ip.words[3])
    return name4.size
  }
  const first = (at + name6.address) >> 2
  words[first - 1] = 0
  words[(at + name6.scope) >> 2] = scope
  if (ip.family === 4) {
    words[first] = 0
    words[first + 1] = 0
    words[first + 2] = 0xffff0000
    putUint32(bytes, at + name6.address + 12, ip.value)
  } else for (let index = 0; index < 4; index++) putUint32(bytes, at + name6.address + 4 * index, ip.words[index] ?? 0)
  return name6.size
}

/** Whether an address stands for every address of this machine. */
export function isWildcard(ip: IpAddress): boolean {
  return ip.family === 4 ? ip.value === 0 : ip.words.every((word) => word === 0)
}

function readIp(region: Region, at: number): IpAddress {
  const value = ipv4At(region, at)
  if (value >= 0) return { family: 4, value }
  const word = (index: number) => uint32At(region.bytes, at + name6.address + 4 * index)
  return { family: 6, words: [word(0), word(1), word(2), word(3)] }
}
