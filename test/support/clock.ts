/** Time and chance, both in the hands of the test. */

export interface Clock {
  /** ms since 1970. */
  now(): number
  /** Never runs backwards. */
  moveTo(time: number): void
}

/** An ordinary day; tokens of long ago and of the far future are just that. */
export const morning: number = Date.UTC(2026, 0, 5, 9)

export function createClock(start: number = morning): Clock {
  let time = start
  return {
    now: () => time,
    moveTo(next) {
      time = Math.max(time, next)
    },
  }
}

export interface Dice {
  /** At least 0 and less than 1. */
  next(): number
  /** A whole number from 0 up to, not including, `bound`. */
  below(bound: number): number
  chance(probability: number): boolean
  pick<T extends readonly [unknown, ...unknown[]]>(items: T): T[number]
  bytes(count: number): Uint8Array
}

/** The same seed, the same throws. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (bound: number): number => Math.floor(next() * bound)
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (items) => items[below(items.length)],
    bytes: (count) => Uint8Array.from({ length: count }, () => below(256)),
  }
}
