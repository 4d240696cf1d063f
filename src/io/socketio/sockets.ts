/** The Socket.IO server of a front end: who may connect, numbering, sending, and the end of each connection. */
import { Server as SocketIoServer, type Socket as SocketIoSocket } from 'socket.io'
import { type ConnectionId, connectionId } from '../../core/ids.ts'
import type { Frame } from '../../core/mailbox.ts'
import { addressKey } from '../../lib/ip-range.ts'
import type { Asking } from '../admit-socket.ts'
import type { Traffic } from '../sockets.ts'
import { createEngine } from './engine.ts'
import { isEvent, PacketDecoder, PacketEncoder } from './packets.ts'

/** How long a connection may be there without having connected to the main namespace. */
const connectTimeout = 10_000
/** Bytes that may wait for one connection. */
const mostWaiting = 4_194_304
const serviceRestart = 1012

export interface SocketIoListener {
  opened(id: ConnectionId, arrival: { readonly address: string; readonly socket: string }): void
  text(id: ConnectionId, text: string): void
  closed(id: ConnectionId, undelivered: readonly Frame[]): void
  overflowed(id: ConnectionId): void
}

export interface SocketIoParts {
  readonly origins: readonly string[]
  readonly listener: SocketIoListener
  /** What is wrong with who connects, as the client is told; undefined lets him in. */
  readonly refusal: (token: unknown, address: string) => string | undefined
}

export interface SocketIoSockets extends Disposable {
  readonly traffic: Readonly<Traffic>
  /** How many connections there are of one address, as `addressKey` has it. */
  countOf(address: string): number
  /** Answers a request, or makes a WebSocket of it. */
  handle(asking: Asking): Promise<Response>
  /** A packet of Socket.IO for many; whoever is gone is passed over. */
  send(to: readonly ConnectionId[], frame: Frame): void
  /** For good: a client of Socket.IO does not come back by itself. */
  close(id: ConnectionId): void
  /** Clients come back by themselves. */
  closeAll(): void
  /** Resolves when the last connection is gone. */
  emptied(): Promise<void>
}

/** One connection of the engine, which Socket.IO and we see under different types. */
interface Connection {
  readonly transport: { close(): unknown }
  on(event: 'upgrade' | 'drain' | 'close', listener: () => void): unknown
  on(event: 'data', listener: (packet: unknown) => void): unknown
  write(packet: string): unknown
  close(): void
}

interface Open {
  readonly socket: SocketIoSocket
  readonly connection: Connection
  /** Characters that the transport has not taken yet: the next polling request fetches them. */
  waiting: number
  hasOverflowed: boolean
}

export function createSocketIo({ origins, listener, refusal }: SocketIoParts): SocketIoSockets {
  const traffic: Traffic = { bytesIn: 0, bytesOut: 0, messagesIn: 0, messagesOut: 0 }
  const sockets = new Map<ConnectionId, Open>()
  /** With the address that each comes from. */
  const connections = new Map<Connection, string>()
  const perAddress = new Map<string, number>()
  const numbers = new WeakMap<object, ConnectionId>()
  const addresses = new WeakMap<Request, string>()
  const owners = new WeakMap<object, Connection>()
  const waitingForEmpty: (() => void)[] = []
  let isClosing = false
  let serial = 0

  const engine = createEngine({
    origins,
    mostWaiting,
    traffic,
    overflowed(transport) {
      const owner = owners.get(transport)
      if (owner) overflowed(owner)
    },
    closeCode: () => (isClosing ? serviceRestart : 1000),
  })
  const server = new SocketIoServer({
    connectTimeout,
    serveClient: false,
    parser: { Encoder: PacketEncoder, Decoder: PacketDecoder },
  })
  server.bind(engine.server)

  engine.server.on('connection', (connection: Connection, request) => {
    const address = addresses.get(request) ?? ''
    connections.set(connection, address)
    perAddress.set(address, (perAddress.get(address) ?? 0) + 1)
    owners.set(connection.transport, connection)
    connection.on('upgrade', () => owners.set(connection.transport, connection))
    connection.on('data', (packet) => {
      if (isEvent(packet)) heard(connection, packet)
    })
    connection.on('close', () => gone(connection, address))
  })

  function heard(connection: Connection, packet: string): void {
    const id = numbers.get(connection)
    // Nobody says anything before he has connected.
    if (id === undefined || !sockets.has(id)) return connection.close()
    listener.text(id, packet)
  }

  function gone(connection: Connection, address: string): void {
    if (!connections.delete(connection)) return
    const others = (perAddress.get(address) ?? 0) - 1
    if (others > 0) perAddress.set(address, others)
    else perAddress.delete(address)
    if (connections.size === 0) for (const resolve of waitingForEmpty.splice(0)) resolve()
  }

  function overflowed(connection: Connection): void {
    const id = numbers.get(connection)
    const open = id === undefined ? undefined : sockets.get(id)
    if (id === undefined || !open) return connection.close()
    if (open.hasOverflowed) return
    open.hasOverflowed = true
    listener.overflowed(id)
  }

  function end(connection: Connection): void {
    connection.close()
    // It waits for the next polling request if there is something to be fetched; none may come.
    if (connections.has(connection)) connection.transport.close()
  }

  server.use((socket, next) => {
    const { token }: { readonly token?: unknown } = socket.handshake.auth
    const why = refusal(token, connections.get(socket.conn) ?? '')
    next(why === undefined ? undefined : new Error(why))
  })

  server.on('connection', (socket) => {
    const id = connectionId(++serial)
    const connection: Connection = socket.conn
    const open = { socket, connection, waiting: 0, hasOverflowed: false }
    sockets.set(id, open)
    numbers.set(connection, id)
    connection.on('drain', () => {
      open.waiting = 0
    })
    // Without a listener it would be thrown; the connection is being closed already.
    socket.on('error', () => undefined)
    socket.on('disconnect', () => {
      if (sockets.delete(id)) listener.closed(id, [])
    })
    listener.opened(id, { address: connections.get(connection) ?? '', socket: socket.id })
  })

  return {
    traffic,
    countOf: (address) => perAddress.get(address) ?? 0,
    handle({ request, server: bunServer, address }) {
      const key = addressKey(address)
      addresses.set(request, key)
      return engine.handle(request, bunServer, key)
    },
    send(to, { text }) {
      for (const id of to) {
        const open = sockets.get(id)
        if (!open || open.hasOverflowed) continue
        open.waiting += text.length
        open.connection.write(text)
        if (open.waiting > mostWaiting) overflowed(open.connection)
      }
    },
    close(id) {
      sockets.get(id)?.socket.disconnect(true)
    },
    closeAll() {
      isClosing = true
      for (const connection of [...connections.keys()]) end(connection)
    },
    emptied: () =>
      connections.size === 0 ? Promise.resolve() : new Promise((resolve) => waitingForEmpty.push(resolve)),
    [Symbol.dispose]() {
      for (const connection of [...connections.keys()]) end(connection)
    },
  }
}
