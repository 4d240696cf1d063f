/** Clients and peers of a batch worker under test, and the worker itself in its thread. */
import { canUseBatch } from '../../../../src/io/turn/batch/libc.ts'
import { closeEventFd, createEventFd, wake } from '../../../../src/io/turn/batch/wake.ts'
import { counterBytes, counterNames, countersIn, type TurnCounterName } from '../../../../src/io/turn/counters.ts'
import { parseIp } from '../../../../src/lib/ip-address.ts'
import type { FromThread, ToThread } from './batch-thread.ts'
import { command } from './tiny-server.ts'

const usable = canUseBatch()
/** Whether these tests can run here; if not, they say why. */
export const canRun = usable.ok
if (!usable.ok) console.log(`batch worker not tested: ${usable.error}`)

export interface UnderTest extends AsyncDisposable {
  readonly ports: readonly number[]
  readonly facts: readonly string[]
  counter(name: TurnCounterName): number
  drain(): Promise<void>
  stop(): Promise<void>
}

export async function startUnderTest(...hosts: readonly string[]): Promise<UnderTest> {
  const wakeFd = createEventFd()
  const memory = new SharedArrayBuffer(counterBytes)
  const { values } = countersIn(memory)
  const thread = new Worker(new URL('./batch-thread.ts', import.meta.url).href)
  const facts: string[] = []
  const waiters: ((said: FromThread) => void)[] = []
  const heard = (said: FromThread['said']): Promise<FromThread> =>
    new Promise((resolve, reject) => {
      waiters.push((one) => {
        if (one.said === said) resolve(one)
        else if (one.said === 'failed') reject(new Error(one.error))
      })
    })
  thread.onmessage = ({ data }: MessageEvent<FromThread>) => {
    if (data.said === 'fact') facts.push(data.text)
    for (const waiter of waiters) waiter(data)
  }
  const tell = (task: ToThread): void => {
    thread.postMessage(task)
    wake(wakeFd)
  }
  let stopped = false
  async function stop(): Promise<void> {
    if (stopped) return
    stopped = true
    tell({ do: 'stop' })
    await heard('stopped')
    closeEventFd(wakeFd)
    thread.terminate()
  }
  const started = heard('started')
  tell({ do: 'start', hosts: hosts.length === 0 ? ['127.0.0.1'] : hosts, counters: memory, wakeFd })
  const first = await started
  return {
    ports: first.said === 'started' ? first.ports : [],
    facts,
    counter: (name) => values[counterNames.indexOf(name)] ?? 0,
    async drain() {
      tell({ do: 'drain' })
      await heard('drained')
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** A UDP socket whose datagrams are awaited one by one. */
export interface Socket extends Disposable {
  readonly host: string
  readonly port: number
  send(octets: Uint8Array | readonly number[], port: number, host?: string): void
  next(): Promise<Datagram>
  /** How many have come that nobody asked for yet. */
  readonly waiting: number
}

type Place = Pick<Socket, 'host' | 'port'>

export interface Datagram {
  readonly octets: Uint8Array
  readonly port: number
  readonly host: string
}

export async function openSocket(host = '127.0.0.1'): Promise<Socket> {
  const queue: Datagram[] = []
  const waiters: ((datagram: Datagram) => void)[] = []
  const socket = await Bun.udpSocket({
    hostname: host,
    socket: {
      data(_socket, octets, port, from) {
        const datagram = { octets: new Uint8Array(octets), port, host: from }
        const waiter = waiters.shift()
        if (waiter) waiter(datagram)
        else queue.push(datagram)
      },
      // What ICMP said of an earlier datagram.
      error() {},
    },
  })
  return {
    host,
    port: socket.port,
    send: (octets, port, to = host) => {
      try {
        socket.send(Uint8Array.from(octets), port, to)
      } catch {
        // The same.
      }
    },
    next: () => {
      const first = queue.shift()
      return first ? Promise.resolve(first) : new Promise((resolve) => waiters.push(resolve))
    },
    get waiting() {
      return queue.length
    },
    [Symbol.dispose]: () => socket.close(),
  }
}

/** Waits for something that happens in the worker's thread. */
export async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await Bun.sleep(2)
}

/** The relay ports, in the order of the families. */
export async function allocate(client: Socket, port: number, family: 4 | 6 | 10 = 4): Promise<readonly number[]> {
  const { octets } = await ask(client, port, [0, command.allocate, family])
  const ports: number[] = []
  for (let at = 2; at < octets.length; at += 2) ports.push((octets[at] ?? 0) * 256 + (octets[at + 1] ?? 0))
  return ports
}

export async function ask(client: Socket, port: number, octets: readonly number[]): Promise<Datagram> {
  client.send(octets, port)
  return await client.next()
}

export const bindChannel = (client: Socket, port: number, channel: number, peer: Place): Promise<Datagram> =>
  ask(client, port, [0, command.channel, channel >> 8, channel & 255, ...placeOf(peer)])

export const permitPeer = (client: Socket, port: number, peer: Place): Promise<Datagram> =>
  ask(client, port, [0, command.permit, 0, 0, ...placeOf(peer)])

/** As the tiny server reads it: 20 octets. */
export function placeOf({ host, port }: Place): readonly number[] {
  const ip = parseIp(host)
  const words = ip?.family === 6 ? ip.words : [ip?.value ?? 0, 0, 0, 0]
  return [
    ip?.family ?? 0,
    0,
    port >> 8,
    port & 255,
    ...words.flatMap((w) => [w >>> 24, (w >>> 16) & 255, (w >>> 8) & 255, w & 255]),
  ]
}

export function channelData(channel: number, data: Uint8Array | readonly number[]): Uint8Array {
  return Uint8Array.from([channel >> 8, channel & 255, data.length >> 8, data.length & 255, ...data])
}
