/** The relay ports of one relay address: which are free, which are kept for somebody, which rest (SPEC Q7–Q11). */
import { createPool, createQueue } from './port-sets.ts'

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
  const rests = createQueue(min, max)
  /** Since when (ms) each rests, of those that do. */
  const restsSince = new Float64Array(state.length)
  const reservations = new Map<string, { readonly port: number; readonly until: number }>()
  let inUse = 0

  const stateOf = (port: number): number => (port < min || port > max ? used : (state[port - min] ?? used))
  const isFree = (port: number): boolean => stateOf(port) === free
  const isFreeOrRests = (port: number): boolean => isFree(port) || stateOf(port) === resting

  function set(port: number, next: number): void {
    const before = stateOf(port)
    if (before === free) pool.remove(port)
    if (before === resting) rests.remove(port)
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
    for (let port = rests.first(); port !== undefined; port = rests.first()) {
      if ((restsSince[port - min] ?? 0) + restPeriod > now) break
      set(port, free)
    }
  }

  function search(wish: Wish): number | undefined {
    const found = pool.find(random, (port) => fits(wish, port, isFree))
    if (found !== undefined) return found
    for (let port = rests.first(); port !== undefined; port = rests.after(port)) {
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
      rests.add(port)
      restsSince[port - min] = now
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
