/** The relay ports of one relay address: which are free, which are kept for somebody, which rest (SPEC Q7–Q11). */
import type { Key } from './ledger-counts.ts'
import { digest } from './ledger-digest.ts'
import { alone, type Exclusively } from './ledger-lock.ts'
import { type Memory, octetsIn, ownMemory, timesIn, wordsIn } from './ledger-memory.ts'
import { createPool, createQueue, type Queue } from './port-sets.ts'

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
/** Tokens are random, so it is enough to tell them apart. */
const noSecret = new Uint8Array(0)

export interface PortTables {
  readonly memory: Memory
  readonly exclusively: Exclusively
}

const ownTables = (): PortTables => ({ memory: ownMemory(), exclusively: alone })

export function createPorts({ min, max, random }: PortSettings, tables: PortTables = ownTables()): Ports {
  const { memory, exclusively } = tables
  const count = max - min + 1
  const state = octetsIn(memory, count)
  const pool = createPool(min, max, memory)
  const rests = createQueue(min, max, memory)
  const reservations = createQueue(min, max, memory)
  /** Since when (ms) each rests or is kept, of those that do. */
  const since = timesIn(memory, count)
  /** Of those that are kept. */
  const tokensUpper = wordsIn(memory, count)
  const tokensLower = wordsIn(memory, count)
  const inUse = wordsIn(memory, 1)

  const stateOf = (port: number): number => (port < min || port > max ? used : (state[port - min] ?? used))
  const isFree = (port: number): boolean => stateOf(port) === free
  const isFreeOrRests = (port: number): boolean => isFree(port) || stateOf(port) === resting

  function set(port: number, next: number): void {
    const before = stateOf(port)
    if (before === free) pool.remove(port)
    if (before === resting) rests.remove(port)
    if (before === kept) reservations.remove(port)
    inUse[0] = (inUse[0] ?? 0) + Number(next === used) - Number(before === used)
    state[port - min] = next
    if (next === free) pool.add(port)
    if (next === resting) rests.add(port)
    if (next === kept) reservations.add(port)
  }

  /** Reservations and rests last equally long, so each list ends in the order in which it began. */
  function settle(now: number): void {
    freeThoseBefore(reservations, now - reservationLifetime)
    freeThoseBefore(rests, now - restPeriod)
  }

  function freeThoseBefore(queue: Queue, time: number): void {
    for (let port = queue.first(); port !== undefined; port = queue.first()) {
      if ((since[port - min] ?? 0) > time) break
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

  function keptUnder([upper, lower]: Key): number | undefined {
    for (let port = reservations.first(); port !== undefined; port = reservations.after(port)) {
      if (tokensUpper[port - min] === upper && tokensLower[port - min] === lower) return port
    }
    return undefined
  }

  return {
    take: (wish, now) =>
      exclusively(() => {
        settle(now)
        const port = search(wish)
        if (port === undefined) return undefined
        set(port, used)
        if (wish === 'pair') set(port + 1, used)
        return port
      }),
    keep(port, token, now) {
      if (port < min || port > max) return
      const key = digest(noSecret, token)
      exclusively(() => {
        if (stateOf(port) !== used || keptUnder(key) !== undefined) return
        set(port, kept)
        since[port - min] = now
        tokensUpper[port - min] = key[0]
        tokensLower[port - min] = key[1]
      })
    },
    claim(token, now) {
      const key = digest(noSecret, token)
      return exclusively(() => {
        settle(now)
        const port = keptUnder(key)
        if (port !== undefined) set(port, used)
        return port
      })
    },
    release(port, now) {
      if (port < min || port > max) return
      exclusively(() => {
        if (stateOf(port) !== used) return
        set(port, resting)
        since[port - min] = now
      })
    },
    get inUse() {
      return inUse[0] ?? 0
    },
  }
}

function fits(wish: Wish, port: number, isUsable: (port: number) => boolean): boolean {
  if (wish === 'any') return isUsable(port)
  return port % 2 === 0 && isUsable(port) && (wish === 'even' || isUsable(port + 1))
}
