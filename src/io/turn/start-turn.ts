/** Starts the TURN server: its threads, the memory that they share, and the way of questions and facts between them and the main thread. */
import { randomInt } from 'node:crypto'
import type { Fact } from '../../observe/facts.ts'
import type { HookAnswer } from '../../turn/hook-answers.ts'
import { createLedger, ledgerBytes } from '../../turn/ledger.ts'
import type { TurnSettings } from '../../turn/settings.ts'
import { within } from '../within.ts'
import { canUseBatch } from './batch/libc.ts'
import { type Counters, counterBytes, counterNames, countersIn, type TurnCounterName } from './counters.ts'
import { createFactsPost } from './facts-post.ts'
import { requireFree } from './free-address.ts'
import { planThreads, type ThreadGroup } from './thread-plan.ts'
import type { CountedFact } from './worker-messages.ts'
import { startWorkerThread, type WorkerThread } from './worker-threads.ts'
import type { TurnListener } from './world.ts'

export interface TurnOptions {
  readonly settings: TurnSettings
  /** Port 0 is any that is free. */
  readonly listeners: readonly TurnListener[]
  /** Threads for UDP, and as many for TCP and TLS. */
  readonly workers: number
  readonly path: 'auto' | 'batch' | 'portable'
  /** Rejects when nobody can say. */
  readonly askHook: (username: string) => Promise<HookAnswer>
  /** ms; 10 s if left out. A hook that does not answer must not keep others from being asked about. */
  readonly hookLimit?: number
  readonly note: (fact: Fact, times: number) => void
  /** A thread is gone, which is a bug: what is left serves only some of the clients and is to be stopped. */
  readonly failed: (error: Error) => void
}

export interface Turn {
  /** In the order of the listeners. */
  readonly ports: readonly number[]
  /** How UDP is served. */
  readonly path: 'batch' | 'portable'
  /** Summed up over all threads, as it is at this moment. */
  counters(): Readonly<Record<TurnCounterName, number>>
  /** How many are in use. */
  relayPorts(): { readonly 4: number; readonly 6: number }
  /** Takes over what may change while it runs; relay ports, listeners and threads stay. */
  reload(settings: TurnSettings): void
  /** Nothing new is made any more; resolves when the last allocation is gone. */
  drain(): Promise<void>
  /** Ends every allocation, every socket and every thread. */
  stop(): Promise<void>
}

/** ms. */
const hookLimit = 10_000

/** Rejects when a listener or a thread cannot be had; nothing is left of it then. */
export async function startTurn(options: TurnOptions): Promise<Turn> {
  const { settings, listeners, note } = options
  const { path, why } = chosenPath(options.path)
  const shape = settings.peers.relayPorts
  const memory = new SharedArrayBuffer(ledgerBytes(shape))
  // Fills the memory; after that it is only looked at here, the workers have handles of their own.
  const ledger = createLedger({ shape, limits: settings, random: randomInt, memory })
  const told = createFactsPost({
    post: (facts) => tell(facts),
    now: () => performance.now(),
    later: (callback, ms) => void setTimeout(callback, ms).unref(),
  })
  /** What was last told of each. */
  const certificates = new Map<string, string>()
  const threads: WorkerThread[] = []
  const counters: Counters[] = []
  let isEnding = false

  for (const listener of listeners) await requireFree(listener)
  const ports = new Map<TurnListener, number>()
  const portOf = (listener: TurnListener): number => ports.get(listener) ?? listener.port
  try {
    for (const group of planThreads({ ...options, path, tcpRelay: settings.tcpRelay })) await startGroup(group)
  } catch (error) {
    await stop()
    throw error
  }
  for (const listener of listeners) {
    const { transport, host } = listener
    const address = `${host.includes(':') ? `[${host}]` : host}:${portOf(listener)}`
    const way = transport === 'udp' ? path : 'portable'
    note({ fact: 'turn-listening', address, transport, path: way, why: transport === 'udp' ? why : '' }, 1)
  }

  /** The first one finds the ports out, so that the others can share them. */
  async function startGroup({ path: way, threads: count, listeners: wanted }: ThreadGroup): Promise<void> {
    const first = await startThread(way, wanted)
    for (const [index, listener] of wanted.entries()) ports.set(listener, first.ports[index] ?? listener.port)
    const resolved = wanted.map((listener) => ({ ...listener, port: portOf(listener) }))
    const others = Array.from({ length: count - 1 }, () => startThread(way, resolved))
    const outcomes = await Promise.allSettled(others)
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }

  async function startThread(way: 'batch' | 'portable', wanted: readonly TurnListener[]): Promise<WorkerThread> {
    const counted = new SharedArrayBuffer(counterBytes)
    const thread = await startWorkerThread({
      start: { path: way, listeners: wanted, settings, ledger: memory, counters: counted },
      facts: ({ facts }) => tell(facts),
      askHook: (username, from) => void answerHook(username, from),
      broke,
    })
    threads.push(thread)
    counters.push(countersIn(counted))
    return thread
  }

  function tell(facts: readonly CountedFact[]): void {
    for (const { fact, times } of facts) if (!isToldAlready(fact)) note(fact, times)
  }

  /** Every thread reads the certificates for itself; what it says of one is told if another has not just said the same. */
  function isToldAlready(fact: CountedFact['fact']): boolean {
    if (fact.fact !== 'certificate-loaded' && fact.fact !== 'certificate-unusable') return false
    const text = JSON.stringify(fact)
    const isSame = certificates.get(fact.file) === text
    certificates.set(fact.file, text)
    return isSame
  }

  async function answerHook(username: string, thread: WorkerThread): Promise<void> {
    let answer: HookAnswer | undefined
    try {
      answer = await within(options.hookLimit ?? hookLimit, options.askHook(username))
    } catch (error) {
      told.note({ fact: 'turn-hook-failed', why: error instanceof Error ? error.message : String(error) })
    }
    thread.say({ kind: 'hook-answered', username, answer })
  }

  function broke(error: Error): void {
    if (isEnding) return
    isEnding = true
    note({ fact: 'machine-broke', where: 'a thread of the TURN server', error: error.message }, 1)
    options.failed(error)
  }

  async function stop(): Promise<void> {
    isEnding = true
    await Promise.all(threads.map((thread) => thread.stop()))
    told.flush()
  }

  return {
    ports: listeners.map(portOf),
    path,
    counters: () => summed(counters),
    relayPorts: () => ({ 4: ledger.ports[4].inUse, 6: ledger.ports[6].inUse }),
    reload(next) {
      for (const thread of threads) thread.say({ kind: 'reload', settings: next })
    },
    async drain() {
      await Promise.all(threads.map((thread) => thread.drain()))
    },
    stop,
  }
}

function chosenPath(wanted: TurnOptions['path']): { readonly path: 'batch' | 'portable'; readonly why: string } {
  if (wanted === 'portable') return { path: 'portable', why: 'asked for' }
  const can = canUseBatch()
  if (can.ok) return { path: 'batch', why: wanted === 'batch' ? 'asked for' : 'raw sockets can be had' }
  if (wanted === 'batch') throw new Error(`the batch path cannot be used here: ${can.error}`)
  return { path: 'portable', why: can.error }
}

function summed(counters: readonly Counters[]): Readonly<Record<TurnCounterName, number>> {
  const entries = counterNames.map((name, index) => {
    let sum = 0
    for (const { values } of counters) sum += values[index] ?? 0
    return [name, sum] as const
  })
  return Object.fromEntries(entries) as Record<TurnCounterName, number>
}
