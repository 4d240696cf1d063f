/** Two sets of ports that cost the same however many they hold: one to pick from at random, one that keeps an order. */

export interface Pool {
  add(port: number): void
  remove(port: number): void
  /** The first that fits, from a random place on. */
  find(random: (below: number) => number, fits: (port: number) => boolean): number | undefined
}

/** A set of ports that knows its n-th member, all of them in the beginning. */
export function createPool(min: number, max: number): Pool {
  const members = Uint16Array.from({ length: max - min + 1 }, (_, index) => min + index)
  const places = Uint16Array.from(members.keys())
  let size = members.length

  return {
    add(port) {
      members[size] = port
      places[port - min] = size++
    },
    remove(port) {
      const last = members[--size] ?? port
      const place = places[port - min] ?? size
      members[place] = last
      places[last - min] = place
    },
    find(random, fitsWish) {
      if (size === 0) return undefined
      const begin = random(size)
      for (let step = 0; step < size; step++) {
        const port = members[(begin + step) % size]
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
export function createQueue(min: number, max: number): Queue {
  // A ring of links; the place behind the last port stands for both ends.
  const ends = max - min + 1
  const next = new Uint32Array(ends + 1).fill(ends)
  const previous = new Uint32Array(ends + 1).fill(ends)
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
