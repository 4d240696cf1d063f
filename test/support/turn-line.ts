/** A raw connection to a TURN server for tests: octets out, whole messages in, over UDP, TCP or TLS. */
import { createSocket } from 'node:dgram'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { createStreamFraming } from '../../src/turn/codec/stream-framing.ts'

export type LineTransport = 'udp' | 'tcp' | 'tls'

export interface TurnLine extends Disposable {
  readonly transport: LineTransport
  readonly localPort: number
  /** Sends octets as they are: over UDP as one datagram, else as the next piece of the stream. */
  send(bytes: Uint8Array): void
  /** Each whole message or ChannelData from now on; what came before is handed over at once. */
  onFrame(take: (frame: Uint8Array) => void): void
  /** When the other side has closed the stream; never over UDP. */
  readonly closed: Promise<void>
  isClosed(): boolean
  /** Stops reading from the stream, so that what is sent here stays where it is. */
  pause(paused: boolean): void
  /** Octets that came, and datagrams or frames. */
  readonly got: { octets: number; frames: number }
}

export interface LinePlace {
  readonly host: string
  readonly port: number
}

export function openLine(transport: LineTransport, place: LinePlace, localAddress?: string): Promise<TurnLine> {
  return transport === 'udp' ? openDatagrams(place, localAddress) : openStream(transport, place)
}

/**
 * An allocation outlives its client by minutes, so no client may get the port of an earlier one: ports are taken in turn,
 * from below those that the system gives out.
 */
let lastPort = 10_000 + Math.floor(Math.random() * 8_000)

async function openDatagrams(place: LinePlace, localAddress?: string): Promise<TurnLine> {
  for (let attempt = 1; ; attempt++) {
    lastPort = lastPort < 19_999 ? lastPort + 1 : 10_000
    try {
      return await bindDatagrams(place, lastPort, localAddress)
    } catch (failure) {
      if (attempt === 20) throw failure
    }
  }
}

function bindDatagrams({ host, port }: LinePlace, localPort: number, localAddress?: string): Promise<TurnLine> {
  const six = host.includes(':')
  const socket = createSocket(six ? 'udp6' : 'udp4')
  const inbox = createInbox()
  socket.on('message', (message) => inbox.put(message, message.length))
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(localPort, localAddress ?? (six ? '::' : '0.0.0.0'), () => {
      socket.removeAllListeners('error')
      // A server that is gone answers with ICMP, which is no fault of the client.
      socket.on('error', () => {})
      let open = true
      resolve({
        transport: 'udp',
        localPort,
        send(bytes) {
          if (open) socket.send(bytes, port, host, () => {})
        },
        onFrame: inbox.onFrame,
        closed: new Promise(() => {}),
        isClosed: () => false,
        pause() {},
        got: inbox.got,
        [Symbol.dispose]() {
          if (open) socket.close()
          open = false
        },
      })
    })
  })
}

function openStream(transport: 'tcp' | 'tls', { host, port }: LinePlace): Promise<TurnLine> {
  return new Promise((resolve, reject) => {
    const inbox = createInbox()
    const framing = createStreamFraming({ channels: 'rfc5766' })
    let over = false
    const gone = Promise.withResolvers<void>()
    const opened = (): void => {
      socket.removeListener('error', reject)
      resolve({
        transport,
        localPort: socket.localPort ?? 0,
        send: (bytes) => void socket.write(bytes),
        onFrame: inbox.onFrame,
        closed: gone.promise,
        isClosed: () => over,
        pause: (paused) => void (paused ? socket.pause() : socket.resume()),
        got: inbox.got,
        [Symbol.dispose]: () => socket.destroy(),
      })
    }
    const socket: Socket =
      transport === 'tcp'
        ? connectTcp({ host, port, noDelay: true }, opened)
        : connectTls({ host, port, rejectUnauthorized: false }, opened)
    socket.once('error', reject)
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      framing.push(chunk, (bytes, start, end) => {
        inbox.put(bytes.slice(start, end), end - start)
      })
    })
    socket.once('close', () => {
      over = true
      gone.resolve()
    })
  })
}

/** Keeps what came until somebody wants it. */
function createInbox() {
  const kept: Uint8Array[] = []
  let taker: ((frame: Uint8Array) => void) | undefined
  const got = { octets: 0, frames: 0 }
  return {
    got,
    put(frame: Uint8Array, octets: number): void {
      got.octets += octets
      got.frames++
      if (taker) taker(frame)
      // A flood is counted, not kept.
      else if (kept.length < 1000) kept.push(frame)
    },
    onFrame(take: (frame: Uint8Array) => void): void {
      taker = take
      for (const frame of kept.splice(0)) take(frame)
    },
  }
}
