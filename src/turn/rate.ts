/** How often a source is answered before we know who it is, in a table that never grows, and how fast an allocation may relay (SPEC Q4–Q6). */
import { type IpAddress, unmapped } from '../lib/ip-address.ts'
import { type Key, mixed } from './ledger-counts.ts'
import { type Memory, ownMemory, timesIn, wordsIn } from './ledger-memory.ts'

/**
 * A token bucket in one number: until when what was spent is paid off. Spending `cost` (ms of income) is possible while
 * the debt stays within `window` (ms). Returns the new number, or undefined if there is not enough.
 */
export function spend(paidOff: number, cost: number, window: number, now: number): number | undefined {
  // More than a full window of debt is a clock that was set back; nobody has to wait until it has caught up.
  const due = (paidOff > now + window ? now : Math.max(paidOff, now)) + cost
  return due - now <= window ? due : undefined
}

/** The packets of one direction of one allocation. `bytesPerSecond` 0 is no limit. */
export interface Pace {
  paidOff: number
}

/** Whether a packet may go now. A packet that is larger than a second's worth may go when nothing else went. */
export function admitsBytes(pace: Pace, bytes: number, bytesPerSecond: number, now: number): boolean {
  if (bytesPerSecond === 0) return true
  const cost = Math.min((bytes * 1000) / bytesPerSecond, 1000)
  const due = spend(pace.paidOff, cost, 1000, now)
  if (due === undefined) return false
  pace.paidOff = due
  return true
}

export interface RateSettings {
  /** Answers per second and source, which may also come at once; 0 is no limit. Looked at with every question. */
  readonly perSecond: number
  /** Any number that senders do not know, so that they cannot choose with whom they share a place. */
  readonly seed: number
  /** A power of two. */
  readonly places?: number
}

export interface RateLimit {
  /** Whether the source may be answered once more; counts it if so. */
  admits(source: IpAddress, now: number): boolean
}

const neighbours = 4

/**
 * Each source has four places in a table of fixed size. Who finds none of his own takes the place of the one who owes
 * least, and his debt with it: so nobody ever gets more than his rate by making us forget him, and a flood from
 * invented addresses gets at most what the table as a whole allows. Threads that share the table do not wait for each
 * other: at worst one of two answers at the same moment is not counted.
 */
export function createRateLimit(settings: RateSettings, memory: Memory = ownMemory()): RateLimit {
  const { seed, places = 8192 } = settings
  const high = wordsIn(memory, places)
  const low = wordsIn(memory, places)
  const paidOff = timesIn(memory, places)

  function placeOf(upper: number, lower: number): number {
    const first = mixed(upper, lower, seed) & (places - neighbours)
    let least = first
    for (let place = first; place < first + neighbours; place++) {
      if (high[place] === upper && low[place] === lower) return place
      if ((paidOff[place] ?? 0) < (paidOff[least] ?? 0)) least = place
    }
    high[least] = upper
    low[least] = lower
    return least
  }

  return {
    admits(source, now) {
      const { perSecond } = settings
      if (perSecond === 0) return true
      const cost = 1000 / perSecond
      const [upper, lower] = sourceWords(source)
      const place = placeOf(upper, lower)
      const due = spend(paidOff[place] ?? 0, cost, Math.max(1000, cost), now)
      if (due === undefined) return false
      paidOff[place] = due
      return true
    },
  }
}

/** Under what a source is counted: an IPv4 address itself, of an IPv6 address its /64, which is what one subscriber has at hand. */
export function sourceWords(source: IpAddress): Key {
  const bare = unmapped(source)
  return bare.family === 4 ? [0, bare.value] : [bare.words[0], bare.words[1]]
}

/** The same as one key, for maps. */
export function sourceKey(source: IpAddress): number | string {
  const [upper, lower] = sourceWords(source)
  return upper === 0 ? lower : `${upper}:${lower}`
}
