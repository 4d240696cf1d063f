/** Slows down and finally refuses whoever keeps failing to prove who he is. Counts per address and kind of attempt. */

const firstDelay = 100
const longestDelay = 25_000
const refusedFrom = 10
const countedFor = 30 * 60_000
const rememberedFor = 12 * 60 * 60_000

export interface Throttle {
  /** May `address` try `action` now? False once it has failed too often in the last 30 minutes. */
  allows(address: string, action: string, now: number): boolean
  /** Notes a failure; the answer is how long (ms) the refusal has to be held back. */
  failed(address: string, action: string, now: number): number
}

/**
 * Failures double the delay from 100 ms to 25 s; ten within 30 minutes close the door until the first of them is older.
 * `capacity` bounds what a flood from many addresses can make us remember: the longest unseen address is forgotten first.
 */
export function createThrottle(capacity = 100_000): Throttle {
  const failures = new Map<string, number[]>()

  function recent(key: string, since: number): number[] {
    return (failures.get(key) ?? []).filter((at) => at > since)
  }

  return {
    allows: (address, action, now) => recent(`${action} ${address}`, now - countedFor).length < refusedFrom,
    failed(address, action, now) {
      const key = `${action} ${address}`
      // More than `refusedFrom` times tell nothing new: the door is closed and the delay near its bound by then.
      const times = recent(key, now - rememberedFor).slice(1 - 2 * refusedFrom)
      const delay = Math.min(longestDelay, firstDelay * 2 ** times.length)
      times.push(now)
      failures.delete(key)
      failures.set(key, times)
      if (failures.size > capacity) {
        const oldest = failures.keys().next()
        if (!oldest.done) failures.delete(oldest.value)
      }
      return delay
    },
  }
}
