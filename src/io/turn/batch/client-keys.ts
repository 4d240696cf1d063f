/** What `clientKey` makes of the client of a datagram: for IPv4 a number at once; for IPv6 text, which takes time to make and is remembered. */
import { type ClientKey, clientKey } from '../../../turn/five-tuple.ts'
import { name6 } from './layout.ts'
import type { Region } from './region.ts'
import { ipv4At, portAt, readName } from './socket-name.ts'

/** As `five-tuple.ts` has it: up to here an IPv4 client and the number of its listener fit into one exact number. */
const listenersInNumber = 32
/** Each client has one place, and the last one who needed it has it. A power of two. */
const places = 1024
const nameWords = name6.size / 4
/** With the number of the listener. */
const placeWords = nameWords + 1

/** `at` is where the socket address stands. */
export type ClientKeys = (at: number, listener: number) => ClientKey

export function createClientKeys(region: Region): ClientKeys {
  const { words } = region
  const names = new Uint32Array(places * placeWords)
  const keys: (ClientKey | undefined)[] = new Array<undefined>(places).fill(undefined)

  function remembered(at: number, listener: number): ClientKey {
    const from = at >> 2
    let hash = listener
    for (let index = 0; index < nameWords; index++) {
      hash = Math.imul(hash ^ (words[from + index] ?? 0), 0x9e3779b1)
      // What differs is in the upper bits, because the network writes the other way round.
      hash ^= hash >>> 15
    }
    const place = hash & (places - 1)
    const known = keys[place]
    const start = place * placeWords
    let same = known !== undefined && names[start + nameWords] === listener
    for (let index = 0; same && index < nameWords; index++) same = names[start + index] === words[from + index]
    if (same && known !== undefined) return known
    const key = clientKey({ address: readName(region, at), listener })
    keys[place] = key
    for (let index = 0; index < nameWords; index++) names[start + index] = words[from + index] ?? 0
    names[start + nameWords] = listener
    return key
  }

  return (at, listener) => {
    const ip = ipv4At(region, at)
    if (ip < 0 || listener >= listenersInNumber) return remembered(at, listener)
    return (ip * 0x10000 + portAt(region, at)) * listenersInNumber + listener
  }
}
