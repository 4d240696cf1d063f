/** Two sets of ports that cost the same however many they hold: one to pick from at random, one that keeps an order. */
import { type Memory, ownMemory, shortsIn, wordsIn } from './ledger-memory.ts'

export interface Pool {
  add(port: number): void
  remove(port: number): void
  /** The first that fits, from a random place on. */
  find(random: (below: number) => number, fits: (port: number) => boolean): number | undefined
}

/** A set of ports that knows its n-th member, all of them in the beginning. */
export function createPool(min: number, max: number, memory: Memory = ownMemory()): Pool {
  const members = shortsIn(memory, max - min + 1)
  const places = shortsIn(memory, max - min + 1)
  const size = wordsIn(memory, 1)
  const sizeNow = (): number => size[0] ?? 0
  if (memory.isFresh) {
    size[0] = members.length
    for (let place = 0; place < members.length; place++) {
      members[place] = min + place
      places[place] = place
    }
  }

  return {
    add(port) {
      members[sizeNow()] = port
      places[port - min] = sizeNow()
      size[0] = sizeNow() + 1
    },
    remove(port) {
      size[0] = sizeNow() - 1
      const last = members[sizeNow()] ?? port
      const place = places[port - min] ?? sizeNow()
      members[place] = last
      places[last - min] = place
    },
    find(random, fitsWish) {
      const all = sizeNow()
      if (all === 0) return undefined
      const begin = random(all)
      for (let step = 0; step < all; step++) {
        const port = members[(begin + step) % all]
        if (port !== undefined && fitsWish(port)) return port
      }
      return undefined
    },
  }
}

export interface Queue {
  /** At the end; the port must not be in it. */
  add(port: number): void
  /** From wherever it stands in it. */
  remove(port: number): void
  first(): number | undefined
  after(port: number): number | undefined
}

/** Ports in the order in which they were added, none in the beginning. */
export function createQueue(min: number, max: number, memory: Memory = ownMemory()): Queue {
  // A ring of links; the place behind the last port stands for both ends.
  const ends = max - min + 1
  const next = wordsIn(memory, ends + 1)
  const previous = wordsIn(memory, ends + 1)
  if (memory.isFresh) link(ends, ends)
  const portAt = (place: number | undefined): number | undefined =>
    place === undefined || place === ends ? undefined : min + place

  function link(place: number, following: number): void {
    next[place] = following
    previous[following] = place
  }

  return {
    add(port) {
      link(previous[ends] ?? ends, port - min)
      link(port - min, ends)
    },
    remove(port) {
      link(previous[port - min] ?? ends, next[port - min] ?? ends)
    },
    first: () => portAt(next[ends]),
    after: (port) => portAt(next[port - min]),
  }
}
