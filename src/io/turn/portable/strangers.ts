/** How many connections without an allocation an address may have: it costs us memory to hear somebody who has shown nothing yet (turn.md 2.4). */
import type { IpAddress } from '../../../lib/ip-address.ts'
import { sourceKey } from '../../../turn/rate.ts'

export interface StrangerLimits {
  /** Of one IPv4 address or IPv6 /64. */
  readonly perSource: number
  readonly total: number
}

export const strangerLimits: StrangerLimits = { perSource: 32, total: 4096 }

export interface Strangers {
  /** Counts one more unless that is too many. */
  admit(source: IpAddress): boolean
  /** Counts one more in any case: it was known, and is a stranger again. */
  add(source: IpAddress): void
  /** Counts one less; once for each that was counted. */
  remove(source: IpAddress): void
  readonly total: number
}

export function createStrangers({ perSource, total }: StrangerLimits = strangerLimits): Strangers {
  const sources = new Map<number | string, number>()
  let count = 0

  function change(source: IpAddress, by: 1 | -1): void {
    const key = sourceKey(source)
    const now = (sources.get(key) ?? 0) + by
    if (now < 0) return
    count += by
    if (now === 0) sources.delete(key)
    else sources.set(key, now)
  }

  return {
    admit(source) {
      if (count >= total || (sources.get(sourceKey(source)) ?? 0) >= perSource) return false
      change(source, 1)
      return true
    },
    add: (source) => change(source, 1),
    remove: (source) => change(source, -1),
    get total() {
      return count
    },
  }
}
