/** Counts by a key of 64 bits in a table of fixed size; whoever has none takes no place. */
import { type Memory, wordsIn } from './ledger-memory.ts'

/** The two halves of a key. */
export type Key = readonly [upper: number, lower: number]

export interface Counts {
  of(key: Key): number
  /** The caller sees to it that there are fewer keys than places. */
  add(key: Key): void
  /** Does nothing for a key that has none. */
  subtract(key: Key): void
}

/** `places` is a power of two; `seed` keeps strangers from choosing keys that crowd together. */
export function createCounts(places: number, seed: number, memory: Memory): Counts {
  const upper = wordsIn(memory, places)
  const lower = wordsIn(memory, places)
  const counts = wordsIn(memory, places)
  const last = places - 1
  const home = (first = 0, second = 0): number => mixed(first, second, seed) & last

  /** Where the key stands, or the free place where it would. */
  function find([first, second]: Key): number {
    let place = home(first, second)
    while (counts[place] !== 0 && (upper[place] !== first || lower[place] !== second)) place = (place + 1) & last
    return place
  }

  /** Moves up what stands behind a place that has become free and would not be found any more (Knuth, 6.4, algorithm R). */
  function close(gap: number): void {
    for (let place = (gap + 1) & last; counts[place] !== 0; place = (place + 1) & last) {
      const way = (place - home(upper[place], lower[place])) & last
      if (way < ((place - gap) & last)) continue
      upper[gap] = upper[place] ?? 0
      lower[gap] = lower[place] ?? 0
      counts[gap] = counts[place] ?? 0
      counts[place] = 0
      gap = place
    }
  }

  return {
    of: (key) => counts[find(key)] ?? 0,
    add(key) {
      const place = find(key)
      upper[place] = key[0]
      lower[place] = key[1]
      counts[place] = (counts[place] ?? 0) + 1
    },
    subtract(key) {
      const place = find(key)
      const count = counts[place] ?? 0
      if (count === 0) return
      counts[place] = count - 1
      if (count === 1) close(place)
    },
  }
}

/** Spreads two words over 32 bits; the last lines are MurmurHash3's. */
export function mixed(upper: number, lower: number, seed: number): number {
  let hash = Math.imul(upper ^ seed, 0x9e3779b1) ^ Math.imul((lower ^ (seed >>> 7)) + 0x7f4a7c15, 0x85ebca77)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
