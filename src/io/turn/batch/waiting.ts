/** Datagrams that wait to be sent, as columns of numbers: a list for each socket, in the order in which they came. */
import type { TransportAddress } from '../../../lib/ip-address.ts'
import { name4, name6 } from './layout.ts'
import type { LocalAddress } from './local-address.ts'
import type { Region } from './region.ts'
import { type Family, writeName } from './socket-name.ts'

export const mostWaiting = 2048
const nameStride = 32
export const waitingOctets = mostWaiting * nameStride + 64

export interface Waiting {
  /** The number of the next one in its list, or −1. */
  readonly nexts: Int32Array
  /** Where it stands in the region, and how long that is. */
  readonly starts: Uint32Array
  readonly lengths: Uint32Array
  /** Where the four octets stand that go in front of it, or −1. */
  readonly heads: Int32Array
  readonly nameLengths: Uint32Array
  readonly locals: (LocalAddress | undefined)[]
  /** How many there are. */
  readonly size: number
  nameAt(one: number): number
  /** Returns its number; there must be room. */
  add(
    family: Family,
    to: TransportAddress,
    scope: number,
    local: LocalAddress | undefined,
    head: number,
    at: number,
    length: number,
  ): number
  /** What `one` and `other` of the same socket have in common is everything but what they carry. */
  goTheSameWay(one: number, other: number): boolean
  /** With its head. */
  sizeOf(one: number): number
  clear(): void
}

export function createWaiting(region: Region): Waiting {
  const { words } = region
  const names = region.take(mostWaiting * nameStride)
  const nexts = new Int32Array(mostWaiting)
  const starts = new Uint32Array(mostWaiting)
  const heads = new Int32Array(mostWaiting)
  const lengths = new Uint32Array(mostWaiting)
  const nameLengths = new Uint32Array(mostWaiting)
  const locals: (LocalAddress | undefined)[] = new Array<undefined>(mostWaiting).fill(undefined)
  let size = 0
  let withLocals = false

  return {
    ...{ nexts, starts, heads, lengths, nameLengths, locals },
    get size() {
      return size
    },
    nameAt: (one) => names + one * nameStride,
    add(family, to, scope, local, head, at, length) {
      const one = size++
      nexts[one] = -1
      starts[one] = at
      heads[one] = head
      lengths[one] = length
      nameLengths[one] = writeName(region, names + one * nameStride, family, to, scope)
      if (local !== undefined) {
        locals[one] = local
        withLocals = true
      }
      return one
    },
    goTheSameWay(one, other) {
      if (locals[one] !== locals[other]) return false
      const from = (names + one * nameStride) >> 2
      const to = (names + other * nameStride) >> 2
      // Behind an IPv4 address stands what stood there before.
      const length = (nameLengths[one] === name4.size ? name4.address + 4 : name6.size) >> 2
      for (let index = 0; index < length; index++) if (words[from + index] !== words[to + index]) return false
      return true
    },
    sizeOf: (one) => (lengths[one] ?? 0) + ((heads[one] ?? -1) < 0 ? 0 : 4),
    clear() {
      if (withLocals) locals.fill(undefined, 0, size)
      withLocals = false
      size = 0
    },
  }
}
