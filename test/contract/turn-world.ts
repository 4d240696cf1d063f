/** A worker of the TURN server in its thread, as the main thread has it, and peers for it. */
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createEventFd, wake } from '../../src/io/turn/batch/wake.ts'
import { counterBytes, counterNames, countersIn, type TurnCounterName } from '../../src/io/turn/counters.ts'
import type { FromTurnWorker, ToTurnWorker } from '../../src/io/turn/worker-messages.ts'
import type { TurnListener } from '../../src/io/turn/world.ts'
import { parseIp, type TransportAddress } from '../../src/lib/ip-address.ts'
import type { HookAnswer } from '../../src/turn/hook-answers.ts'
import { ledgerBytes } from '../../src/turn/ledger.ts'
import type { TurnSettings } from '../../src/turn/settings.ts'
import { ranges } from '../turn/ip.ts'

export interface Thread extends AsyncDisposable {
  readonly ports: readonly number[]
  /** The names of the facts that came, oldest first. */
  readonly facts: string[]
  /** Resolves when a fact of this name has come. */
  told(fact: string): Promise<void>
  counter(name: TurnCounterName): number
  reload(settings: TurnSettings): void
  drain(): Promise<void>
  stop(): Promise<void>
  /** Puts the thread's clock forward. */
  shift(ms: number): void
}

export interface ThreadParts {
  readonly path: 'batch' | 'portable'
  readonly listeners: readonly TurnListener[]
  readonly settings?: Partial<TurnSettings>
  readonly hook?: (username: string) => HookAnswer | undefined
}

export const alice = { username: 'alice', password: 'wonder' }
export const bob = { username: 'bob', password: 'builder' }

/** Peers on this machine are allowed, and there is a relay address of each family. */
export function settings(but: Partial<TurnSettings> = {}): TurnSettings {
  // Somewhere else each time, because other tests run beside this one.
  const min = 2 * randomInt(10_000, 16_000)
  const users = new Map([alice, bob].map(({ username, password }) => [username, password]))
  return {
    realm: 'example.org',
    credentials: { users, secrets: [], hook: false },
    nonceKey: new Uint8Array(32).fill(5),
    peers: {
      ...{ allowed: ranges('127.0.0.0/8', '::1'), denied: ranges('127.0.0.9'), sfu: ranges() },
      ...{ relays: [], closed: [], own: [], relayPorts: { min, max: min + 499 } },
    },
    relays: { 4: { bound: localhost(4), told: localhost(4) }, 6: { bound: localhost(6), told: localhost(6) } },
    quotas: { perUser: 0, perSource: 0, total: 0 },
    ...{ challengeRate: 0, bindingRate: 0, bytesPerSecond: 0 },
    ...{ channels: 'rfc8656', tcpRelay: false, sha256: false },
    ...but,
  }
}

export function localhost(family: 4 | 6): TransportAddress['ip'] {
  return family === 4 ? { family, value: 0x7f000001 } : { family, words: [0, 0, 0, 1] }
}

export async function startThread({ path, listeners, settings: but, hook }: ThreadParts): Promise<Thread> {
  const present = settings(but)
  const counters = new SharedArrayBuffer(counterBytes)
  const ledger = new SharedArrayBuffer(ledgerBytes(present.peers.relayPorts))
  const wakeFd = path === 'batch' ? createEventFd() : undefined
  const thread = new Worker(new URL('./turn-thread.ts', import.meta.url).href)
  const facts: string[] = []
  const waiters: ((said: FromTurnWorker) => void)[] = []

  const told = (fact: string): Promise<void> =>
    new Promise((resolve) => {
      const look = () => facts.includes(fact) && resolve()
      waiters.push(look)
      look()
    })

  function tell(message: ToTurnWorker | { readonly shift: number }): void {
    thread.postMessage(message)
    if (wakeFd !== undefined) wake(wakeFd)
  }
  function heard<K extends FromTurnWorker['kind']>(kind: K): Promise<Extract<FromTurnWorker, { readonly kind: K }>> {
    return new Promise((resolve, reject) => {
      waiters.push((said) => {
        if (isOf(said, kind)) resolve(said)
        else if (said.kind === 'cannot-start') reject(new Error(said.error))
      })
    })
  }
  thread.onmessage = ({ data }: MessageEvent<FromTurnWorker>) => {
    if (data.kind === 'facts') {
      for (const { fact } of data.facts) {
        facts.push(fact.fact)
        if (fact.fact === 'machine-broke') console.error(fact.error)
      }
    } else if (data.kind === 'ask-hook') {
      tell({ kind: 'hook-answered', username: data.username, answer: hook?.(data.username) })
    }
    for (const waiter of waiters) waiter(data)
  }

  let stopping: Promise<void> | undefined
  async function stop(): Promise<void> {
    const stopped = heard('stopped')
    tell({ kind: 'stop' })
    await stopped
    thread.terminate()
  }

  const listening = heard('listening')
  tell({ kind: 'start', path, listeners, settings: present, ledger, counters, wakeFd })
  try {
    const { ports } = await listening
    const { values } = countersIn(counters)
    return {
      ports,
      facts,
      told,
      counter: (name) => values[counterNames.indexOf(name)] ?? 0,
      reload: (next) => tell({ kind: 'reload', settings: next }),
      async drain() {
        const drained = heard('drained')
        tell({ kind: 'drain' })
        await drained
      },
      stop: () => (stopping ??= stop()),
      shift: (ms) => tell({ shift: ms }),
      [Symbol.asyncDispose]: () => (stopping ??= stop()),
    }
  } catch (error) {
    thread.terminate()
    throw error
  }
}

function isOf<K extends FromTurnWorker['kind']>(
  said: FromTurnWorker,
  kind: K,
): said is Extract<FromTurnWorker, { readonly kind: K }> {
  return said.kind === kind
}

/** Somebody to whom data is relayed. */
export interface Peer extends Disposable {
  readonly address: TransportAddress
  readonly port: number
  send(data: Uint8Array, to: TransportAddress): void
  /** The next datagram. */
  next(): Promise<{ readonly data: Uint8Array; readonly port: number }>
}

export function openPeer(host: '127.0.0.1' | '::1' = '127.0.0.1'): Promise<Peer> {
  const socket = createSocket(host === '::1' ? 'udp6' : 'udp4')
  const kept: { readonly data: Uint8Array; readonly port: number }[] = []
  const waiting: ((one: { readonly data: Uint8Array; readonly port: number }) => void)[] = []
  socket.on('error', () => {})
  socket.on('message', (data, { port }) => {
    const one = { data: new Uint8Array(data), port }
    const waiter = waiting.shift()
    if (waiter) waiter(one)
    else kept.push(one)
  })
  return new Promise((resolve) => {
    socket.bind(0, host, () => {
      const { port } = socket.address()
      const ip = parseIp(host)
      if (!ip) throw new Error(`${host} is no address`)
      resolve({
        port,
        address: { ip, port },
        send: (data, to) => socket.send(data, to.port, host),
        next() {
          const first = kept.shift()
          return first ? Promise.resolve(first) : new Promise((take) => waiting.push(take))
        },
        [Symbol.dispose]: () => void socket.close(),
      })
    })
  })
}
