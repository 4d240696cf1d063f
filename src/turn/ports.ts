/** The relay ports of one relay address: which are free, which are kept for somebody, which rest (SPEC Q7–Q11). */

export interface PortSettings {
  readonly min: number
  readonly max: number
  /** A whole number from 0 to below `below` that nobody can foresee. */
  readonly random: (below: number) => number
}

/** One port, an even one, or an even one with the next higher one. */
export type Wish = 'any' | 'even' | 'pair'

export interface Ports {
  /** Undefined when there is none. Of a pair the even one; the other is in use then as well. */
  take(wish: Wish, now: number): number | undefined
  /** Keeps a port that was taken for whoever shows `token` within 30 s. */
  keep(port: number, token: string, now: number): void
  /** The port that was kept under this token; once. */
  claim(token: string, now: number): number | undefined
  /** The port is no longer used, or could not be bound. */
  release(port: number, now: number): void
  /** Ports in use; those that are kept for somebody are not. */
  readonly inUse: number
}

/** RFC 8656 section 7.2: at least 30 s. */
export const reservationLifetime = 30_000
/** What still arrives for a port that was given up should not reach the next who has it. */
export const restPeriod = 30_000

const [free, used, kept, resting] = [0, 1, 2, 3]

export function createPorts({ min, max, random }: PortSettings): Ports {
  const state = new Uint8Array(max - min + 1)
  const pool = createPool(min, max)
  /** Since when each rests; the one that has rested longest comes first. */
  const rests = new Map<number, number>()
  const reservations = new Map<string, { readonly port: number; readonly until: number }>()
  let inUse = 0

  const stateOf = (port: number): number => (port < min || port > max ? used : (state[port - min] ?? used))
  const isFree = (port: number): boolean => stateOf(port) === free
  const isFreeOrRests = (port: number): boolean => isFree(port) || stateOf(port) === resting

  function set(port: number, next: number): void {
    const before = stateOf(port)
    if (before === free) pool.remove(port)
    if (before === resting) rests.delete(port)
    inUse += Number(next === used) - Number(before === used)
    state[port - min] = next
    if (next === free) pool.add(port)
  }

  /** Reservations and rests last equally long, so each list ends in the order in which it began. */
  function settle(now: number): void {
    for (const [token, { port, until }] of reservations) {
      if (until > now) break
      reservations.delete(token)
      set(port, free)
    }
    for (const [port, since] of rests) {
      if (since + restPeriod > now) break
      set(port, free)
    }
  }

  function search(wish: Wish): number | undefined {
    const found = pool.find(random, (port) => fits(wish, port, isFree))
    if (found !== undefined) return found
    for (const port of rests.keys()) {
      const first = wish === 'pair' ? port - (port % 2) : port
      if (fits(wish, first, isFreeOrRests)) return first
    }
    return undefined
  }

  return {
    take(wish, now) {
      settle(now)
      const port = search(wish)
      if (port === undefined) return undefined
      set(port, used)
      if (wish === 'pair') set(port + 1, used)
      return port
    },
    keep(port, token, now) {
      if (stateOf(port) !== used || reservations.has(token)) return
      set(port, kept)
      reservations.set(token, { port, until: now + reservationLifetime })
    },
    claim(token, now) {
      settle(now)
      const reservation = reservations.get(token)
      if (!reservation) return undefined
      reservations.delete(token)
      set(reservation.port, used)
      return reservation.port
    },
    release(port, now) {
      if (port < min || port > max || stateOf(port) !== used) return
      set(port, resting)
      rests.set(port, now)
    },
    get inUse() {
      return inUse
    },
  }
}

function fits(wish: Wish, port: number, isUsable: (port: number) => boolean): boolean {
  if (wish === 'any') return isUsable(port)
  return port % 2 === 0 && isUsable(port) && (wish === 'even' || isUsable(port + 1))
}

interface Pool {
  add(port: number): void
  remove(port: number): void
  /** The first that fits, from a random place on. */
  find(random: (below: number) => number, fits: (port: number) => boolean): number | undefined
}

/** A set of ports that knows its n-th member, all of them in the beginning. */
function createPool(min: number, max: number): Pool {
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
