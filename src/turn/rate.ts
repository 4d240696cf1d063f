/** How often a source is answered before we know who it is, in a table that never grows, and how fast an allocation may relay (SPEC Q4–Q6). */
import { type IpAddress, unmapped } from '../lib/ip-address.ts'

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
  /** Answers per second and source, which may also come at once; 0 is no limit. */
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
 * invented addresses gets at most what the table as a whole allows.
 */
export function createRateLimit({ perSecond, seed, places = 8192 }: RateSettings): RateLimit {
  if (perSecond === 0) return { admits: () => true }
  const high = new Uint32Array(places)
  const low = new Uint32Array(places)
  const paidOff = new Float64Array(places)
  const window = Math.max(1000, 1000 / perSecond)
  const cost = 1000 / perSecond

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
      const [upper, lower] = prefix(source)
      const place = placeOf(upper, lower)
      const due = spend(paidOff[place] ?? 0, cost, window, now)
      if (due === undefined) return false
      paidOff[place] = due
      return true
    },
  }
}

/** Under what a source is counted: an IPv4 address itself, of an IPv6 address its /64, which is what one subscriber has at hand. */
export function sourceKey(source: IpAddress): number | string {
  const [upper, lower] = prefix(source)
  return upper === 0 ? lower : `${upper}:${lower}`
}

function prefix(source: IpAddress): readonly [number, number] {
  const bare = unmapped(source)
  return bare.family === 4 ? [0, bare.value] : [bare.words[0], bare.words[1]]
}

/** Spreads two words over 32 bits; the last lines are MurmurHash3's. */
function mixed(upper: number, lower: number, seed: number): number {
  let hash = Math.imul(upper ^ seed, 0x9e3779b1) ^ Math.imul((lower ^ (seed >>> 7)) + 0x7f4a7c15, 0x85ebca77)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
