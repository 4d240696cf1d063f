/** The WebSockets of this process: numbering, sending without ever waiting, pings, and the end of each. */
import type { Server } from 'bun'
import { type ConnectionId, connectionId } from '../core/ids.ts'
import type { Frame, MailboxLimits } from '../core/mailbox.ts'
import { now } from './clock.ts'
import { type Handlers, newSocketData, type Refusal, type Socket, type SocketData } from './socket-data.ts'

/** All in ms. */
export interface Pulse {
  readonly pingEvery: number
  /** A peer that has not been heard of for so long is gone. */
  readonly silenceLimit: number
  readonly sweepEvery: number
}

/** Load balancers cut connections that are silent for 60 s; a ping well within that keeps them. */
const standardPulse: Pulse = { pingEvery: 25_000, silenceLimit: 60_000, sweepEvery: 1_000 }
/** Only large frames are worth the time that compression takes from everybody else. */
const compressFrom = 4_096
export const maxMessageLength = 65_536
const messageTooLong = 1009

/** What sockets tell the front end's runner. */
export interface Listener<A> {
  opened(id: ConnectionId, arrival: A): void
  text(id: ConnectionId, text: string): void
  binary(id: ConnectionId): void
  closed(id: ConnectionId, undelivered: readonly Frame[]): void
  overflowed(id: ConnectionId): void
}

export interface Traffic {
  bytesIn: number
  bytesOut: number
  messagesIn: number
  messagesOut: number
}

/** What every front end knows of who connects. */
export interface Arrival {
  /** As `addressKey` has it. */
  readonly address: string
}

export interface Admission {
  /** For the answer to the upgrade. */
  readonly headers?: Headers
  readonly refusal?: Refusal | undefined
}

export interface SocketOptions {
  readonly pulse?: Pulse
  /** In octets; a longer message costs the connection (1009). */
  readonly longestMessage?: number
  /** Binary messages are UTF-8 text instead of a mistake. */
  readonly readsBinary?: boolean
  /**
   * Frames of one turn of the event loop leave each socket together: several rounds of a room in one write. Pays where
   * a turn has many for each socket; where it has one, as with Talk, a message costs a fifth more CPU.
   */
  readonly batches?: boolean
  /** How a peer is closed that has not been heard of; without it, the connection is simply cut. */
  readonly silence?: { readonly code: number; readonly reason: string }
}

/** The sockets of one front end. */
export interface Sockets<A extends Arrival> {
  readonly traffic: Readonly<Traffic>
  readonly size: number
  /** How many there are of one address. */
  countOf(address: string): number
  /** Makes a WebSocket of a request; false if it is none that asks for it. */
  admit(server: Server<SocketData>, request: Request, arrival: A, admission?: Admission): boolean
  /** One frame for many; whoever is gone is passed over. */
  send(to: readonly ConnectionId[], frame: Frame): void
  close(id: ConnectionId, code: number, reason: string): void
  closeAll(code: number, reason: string): void
  /** Resolves when the last socket is gone. */
  emptied(): Promise<void>
  [Symbol.dispose](): void
}

export function createSockets<A extends Arrival>(
  limits: MailboxLimits,
  listener: Listener<A>,
  onRoundTrip: (ms: number) => void,
  {
    pulse = standardPulse,
    longestMessage = maxMessageLength,
    readsBinary = false,
    batches = false,
    silence,
  }: SocketOptions = {},
): Sockets<A> {
  const { pingEvery, silenceLimit, sweepEvery } = pulse
  const sockets = new Map<ConnectionId, Socket>()
  const traffic: Traffic = { bytesIn: 0, bytesOut: 0, messagesIn: 0, messagesOut: 0 }
  const perAddress = new Map<string, number>()
  const waitingForEmpty: (() => void)[] = []
  let serial = 0

  /** Hands a frame to the socket; false if its buffer is full now (the frame is in it, but not all of it has left). */
  function write(socket: Socket, frame: Frame): boolean {
    const { text } = frame
    const written = socket.send(text, text.length >= compressFrom)
    traffic.messagesOut++
    traffic.bytesOut += written > 0 ? written : text.length
    if (written > 0) return true
    socket.data.stuck = frame
    return false
  }

  function enqueue(socket: Socket, frame: Frame): void {
    const { data } = socket
    if (data.hasOverflowed) return
    if (frame.kind === 'chat-refresh' && data.waiting.some(({ kind }) => kind === 'chat-refresh')) return
    data.waiting.push(frame)
    data.waitingBytes += Buffer.byteLength(frame.text)
    if (data.waiting.length > limits.messages || data.waitingBytes > limits.bytes) {
      // What waits is not handed on: the session ends with it.
      data.waiting = []
      data.hasOverflowed = true
      listener.overflowed(data.id)
    }
  }

  function sweep(): void {
    const time = now()
    for (const socket of sockets.values()) {
      const { data } = socket
      if (time - data.lastHeard > silenceLimit) {
        if (silence) socket.close(silence.code, silence.reason)
        else socket.terminate()
      } else if (time >= data.pingDue) {
        data.pingDue = time + pingEvery
        // The payload comes back with the pong and tells the round trip.
        socket.ping(String(time))
      }
    }
  }
  const sweeper = setInterval(sweep, sweepEvery)

  /** Sockets with frames of this turn. */
  let batched: Socket[] = []

  function put(socket: Socket, frame: Frame): void {
    const { batch } = socket.data
    if (batch.push(frame) > 1) return
    if (batched.push(socket) === 1) setImmediate(flushAll)
  }

  function flushAll(): void {
    const sockets = batched
    batched = []
    for (const socket of sockets) flush(socket)
  }

  function flush(socket: Socket): void {
    const { data } = socket
    const { batch } = data
    if (batch.length === 0) return
    data.batch = []
    const [first] = batch
    if (batch.length === 1 && first) hand(socket, data, first)
    else {
      socket.cork(() => {
        for (const frame of batch) hand(socket, data, frame)
      })
    }
  }

  /** `data` is the socket's own: to ask the socket for it costs as much as the rest of this. */
  function hand(socket: Socket, data: SocketData, frame: Frame): void {
    if (data.stuck) enqueue(socket, frame)
    else write(socket, frame)
  }

  const home: Handlers = {
    open(socket) {
      const { data } = socket
      if (data.refusal) return socket.close(data.refusal.code, data.refusal.reason)
      const time = now()
      data.id = connectionId(++serial)
      perAddress.set(data.address, (perAddress.get(data.address) ?? 0) + 1)
      data.lastHeard = time
      // Spread, so that a storm of connections does not become a storm of pings every 25 seconds.
      data.pingDue = time + pingEvery - (serial % 10) * sweepEvery
      sockets.set(data.id, socket)
      socket.ping(String(time))
      data.announce(data.id)
    },
    message(socket, message) {
      socket.data.lastHeard = now()
      traffic.messagesIn++
      traffic.bytesIn += message.length
      if (isLonger(message, longestMessage)) return socket.close(messageTooLong, 'message too long')
      if (typeof message === 'string') listener.text(socket.data.id, message)
      else if (readsBinary) listener.text(socket.data.id, Buffer.from(message).toString())
      else listener.binary(socket.data.id)
    },
    drain(socket) {
      const { data } = socket
      data.stuck = undefined
      let sent = 0
      for (const frame of data.waiting) {
        sent++
        data.waitingBytes -= Buffer.byteLength(frame.text)
        if (!write(socket, frame)) break
      }
      data.waiting.splice(0, sent)
    },
    close(socket) {
      const { data } = socket
      if (!sockets.delete(data.id)) return
      const others = (perAddress.get(data.address) ?? 0) - 1
      if (others > 0) perAddress.set(data.address, others)
      else perAddress.delete(data.address)
      const queued = data.stuck ? [data.stuck, ...data.waiting] : data.waiting
      const undelivered = data.batch.length > 0 ? [...queued, ...data.batch] : queued
      data.waiting = []
      data.batch = []
      listener.closed(data.id, undelivered)
      if (sockets.size === 0) for (const resolve of waitingForEmpty.splice(0)) resolve()
    },
    pong(socket, payload) {
      const time = now()
      socket.data.lastHeard = time
      const sent = Number(Buffer.from(payload).toString())
      // Whatever else a peer makes up says nothing about the way to it.
      if (sent <= time && time - sent <= silenceLimit) onRoundTrip(time - sent)
    },
    ping(socket) {
      socket.data.lastHeard = now()
    },
  }

  return {
    traffic,
    get size() {
      return sockets.size
    },
    countOf: (address) => perAddress.get(address) ?? 0,
    admit(server, request, arrival, { headers, refusal } = {}) {
      const announce = (id: ConnectionId): void => listener.opened(id, arrival)
      const data = newSocketData({ home, address: arrival.address, announce, refusal })
      return server.upgrade(request, headers ? { data, headers } : { data })
    },
    send(to, frame) {
      for (const id of to) {
        const socket = sockets.get(id)
        if (!socket) continue
        if (batches) put(socket, frame)
        else hand(socket, socket.data, frame)
      }
    },
    close(id, code, reason) {
      const socket = sockets.get(id)
      if (!socket) return
      // What was said before the end is heard before it.
      flush(socket)
      socket.close(code, reason)
    },
    closeAll(code, reason) {
      for (const socket of [...sockets.values()]) {
        flush(socket)
        socket.close(code, reason)
      }
    },
    emptied: () => (sockets.size === 0 ? Promise.resolve() : new Promise((resolve) => waitingForEmpty.push(resolve))),
    [Symbol.dispose]() {
      clearInterval(sweeper)
    },
  }
}

/** A text is measured only if it may be too long: a character has at most three octets for each of its code units. */
function isLonger(message: string | Uint8Array, limit: number): boolean {
  if (message.length > limit) return true
  return typeof message === 'string' && message.length * 3 > limit && Buffer.byteLength(message) > limit
}
