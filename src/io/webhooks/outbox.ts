/** Calls webhooks: in order within a room, each room for itself, again and again until they are taken. */
import type { OutboxFact } from '../../observe/relay-facts.ts'
import type { Happening } from '../../protocols/relay/vocabulary.ts'
import type { Caller } from './call.ts'
import { type Journal, type JournalState, openJournal } from './journal.ts'
import type { CallRecord } from './record.ts'
import { createSequences } from './sequences.ts'

export interface Outbox {
  /**
   * Resolves when the call has been tried once, so that what follows comes after it; at once if earlier ones of the
   * room still wait, so that a receiver that is down holds nobody up. Never rejects.
   */
  call(url: string, happening: Happening): Promise<void>
  /** Calls that were not taken yet. */
  readonly size: number
  /** Resolves when nothing is under way and nothing can be tried before a pause is over. */
  settled(): Promise<void>
  /** What is left stays in the folder, or is lost without one. */
  close(): Promise<void>
}

export interface OutboxOptions {
  readonly caller: Pick<Caller, 'call'>
  /** In memory only without one. */
  readonly folder?: string | undefined
  readonly note: (fact: OutboxFact) => void
  /** ms since 1970. */
  readonly now: () => number
  /** At least 0, less than 1. */
  readonly random: () => number
  readonly newId: () => string
  readonly limits?: Partial<OutboxLimits>
}

export interface OutboxLimits {
  /** What may wait; further calls are dropped. */
  readonly calls: number
  /** Characters of all user names and rooms: a call of a large room names everybody in it. */
  readonly characters: number
  /** ms; the bound of the first pause, which doubles up to the longest. */
  readonly firstPause: number
  readonly longestPause: number
  /** ms after which a call is given up. */
  readonly age: number
  /** How often a receiver may say that it does not want a call. */
  readonly refusals: number
}

const usualLimits: OutboxLimits = {
  calls: 10_000,
  characters: 32 * 1024 * 1024,
  firstPause: 1_000,
  longestPause: 60_000,
  age: 24 * 3_600_000,
  refusals: 5,
}

interface Entry {
  readonly record: CallRecord
  readonly stored: Promise<void> | undefined
  readonly tried: PromiseWithResolvers<void>
  attempts: number
  refusals: number
}

/** Throws if the folder cannot be used. */
export function createOutbox({ caller, folder, note, now, random, newId, limits }: OutboxOptions): Outbox {
  const { calls, characters, firstPause, longestPause, age, refusals } = { ...usualLimits, ...limits }
  const queues = new Map<string, Entry[]>()
  const sequences = createSequences()
  const pauses = new Set<() => void>()
  let journal: Journal | undefined
  let size = 0
  let length = 0
  /** Rooms that do not pause. */
  let active = 0
  let isClosed = false
  const workers = new Set<Promise<void>>()
  const waitingForRest: (() => void)[] = []

  function add(record: CallRecord, stored: Promise<void> | undefined): Entry {
    const entry: Entry = { record, stored, tried: Promise.withResolvers<void>(), attempts: 0, refusals: 0 }
    size++
    length += lengthOf(record)
    const queue = queues.get(record.room)
    if (queue) {
      queue.push(entry)
      entry.tried.resolve()
    } else {
      queues.set(record.room, [entry])
      const worker = work(record.room).finally(() => workers.delete(worker))
      workers.add(worker)
    }
    return entry
  }

  /** One room's calls, one after the other. */
  async function work(room: string): Promise<void> {
    const queue = queues.get(room) ?? []
    active++
    for (let entry = queue[0]; entry && !isClosed; entry = queue[0]) {
      await entry.stored
      const isOver = await attempt(entry)
      entry.tried.resolve()
      if (isOver) {
        queue.shift()
        size--
        length -= lengthOf(entry.record)
        journal?.done(entry.record.id)
      } else if (!isClosed) await pause(Math.min(longestPause, firstPause * 2 ** (entry.attempts - 1)) * random())
    }
    if (!isClosed) queues.delete(room)
    rest()
  }

  function rest(): void {
    if (--active === 0) for (const resolve of waitingForRest.splice(0)) resolve()
  }

  async function attempt(entry: Entry): Promise<boolean> {
    const { id, event, room, timestamp } = entry.record
    entry.attempts++
    const began = now()
    const outcome = await caller.call(entry.record)
    if (outcome.kind === 'taken') {
      note({ fact: 'webhook-taken', event, attempts: entry.attempts, seconds: Math.max(0, now() - began) / 1000 })
      return true
    }
    if (isClosed) return false
    const fact = entry.attempts === 1 ? 'webhook-failed' : 'webhook-failed-again'
    note({ fact, event, room, id, why: outcome.why, attempts: entry.attempts })
    const isRefused = outcome.hopeless && ++entry.refusals >= refusals
    if (!isRefused && now() - timestamp <= age) return false
    note({ fact: 'webhook-given-up', event, room, id, why: isRefused ? outcome.why : 'too old' })
    return true
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        pauses.delete(end)
        active++
        resolve()
      }
      const timer = setTimeout(end, ms)
      pauses.add(end)
      rest()
    })
  }

  function state(): JournalState {
    return { pending: [...queues.values()].flat().map(({ record }) => record), ...sequences.snapshot() }
  }

  if (folder !== undefined) {
    journal = openJournal({
      folder,
      state,
      failed: (error) => note({ fact: 'outbox-failed', error: error instanceof Error ? error.message : String(error) }),
    })
    const { found } = journal
    sequences.raiseFloor(found.floor)
    for (const [room, sequence] of found.last) sequences.seen(room, sequence)
    for (const record of found.pending) add(record, undefined)
    if (found.pending.length > 0) note({ fact: 'outbox-found', calls: found.pending.length })
  }

  return {
    call(url, { event, room, username, others }) {
      if (isClosed) return Promise.resolve()
      const sequence = sequences.next(room)
      const id = newId()
      if (size >= calls || length >= characters) {
        note({ fact: 'webhook-given-up', event, room, id, why: 'outbox full' })
        return Promise.resolve()
      }
      const record = { id, url, event, room, username, others: [...others], sequence, timestamp: Math.floor(now()) }
      return add(record, journal?.put(record)).tried.promise
    },
    get size() {
      return size
    },
    settled: () => (active === 0 ? Promise.resolve() : new Promise((resolve) => waitingForRest.push(resolve))),
    async close() {
      isClosed = true
      for (const end of [...pauses]) end()
      await Promise.all(workers)
      await journal?.close()
    },
  }
}

const lengthOf = ({ room, username, others }: CallRecord): number =>
  others.reduce((sum, name) => sum + name.length, room.length + username.length)
