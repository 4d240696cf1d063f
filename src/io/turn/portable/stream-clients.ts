/** Clients over TCP and TLS: cuts their streams into frames, bounds what each may cost, and ends those who show nothing. */
import type { Socket, SocketHandler } from 'bun'
import { createDeadlines } from '../../../lib/deadline.ts'
import { formatIp, type TransportAddress } from '../../../lib/ip-address.ts'
import { channelHeaderLength } from '../../../turn/codec/channel-data.ts'
import { createStreamFraming, type StreamFraming } from '../../../turn/codec/stream-framing.ts'
import { type Client, type ClientKey, clientKey } from '../../../turn/five-tuple.ts'
import { asIndication } from '../../../turn/relaying.ts'
import { at } from '../counters.ts'
import type { ClientSide } from './client-side.ts'
import { createIndications } from './indications.ts'
import { createOutboxes, type Outbox } from './outbox.ts'
import type { PipeEnd, RawStream } from './pipe.ts'
import type { FromClient, Shared } from './shared.ts'
import { createStrangers } from './strangers.ts'

/** How long (ms) a connection may last without an allocation, and how long a TLS handshake may take. */
export interface StreamLimits {
  readonly allocate: number
  readonly handshake: number
  /** For a client that we part from to take what is still for it. */
  readonly parting: number
}

/** turn.md 2.4; garbage has to be gone within 3 s. */
export const streamLimits: StreamLimits = { allocate: 15_000, handshake: 10_000, parting: 2_000 }

export interface StreamClients extends ClientSide {
  handlers(listener: number, transport: 'tcp' | 'tls'): SocketHandler<Connection | undefined>
  /**
   * RFC 6062: from now on the client's connection carries no frames. `attach` says where what it sends goes. Undefined
   * if the connection is gone.
   */
  leaveFrames(client: Client): { readonly stream: RawStream; attach(end: PipeEnd): void } | undefined
  nextDeadline(): number | undefined
  expired(now: number): void
  /** Parts from everybody; resolves when all are gone. */
  stop(): Promise<void>
}

export interface Connection {
  readonly id: string
  readonly socket: Socket<Connection | undefined>
  readonly transport: 'tcp' | 'tls'
  readonly client: Client
  readonly key: ClientKey
  readonly since: number
  readonly framing: StreamFraming
  readonly outbox: Outbox
  isSecure: boolean
  phase: Phase
}

type Phase =
  /** Without an allocation. */
  | { readonly kind: 'stranger' }
  | { readonly kind: 'allocated' }
  /** RFC 6062: a data connection, whose pipe comes at the end of the input that joins it. */
  | { readonly kind: 'joined'; readonly end: PipeEnd | undefined }
  | { readonly kind: 'parting' }

type RefusalReason = 'garbage' | 'no allocation in time' | 'too many without allocation' | 'tls handshake' | 'too slow'

export function createStreamClients(
  shared: Shared,
  fromClient: FromClient,
  limits: StreamLimits = streamLimits,
): StreamClients {
  const { server, inputs, tick, addresses, now } = shared
  const { values } = shared.counters
  const connections = new Map<ClientKey, Connection>()
  const deadlines = createDeadlines<Connection>()
  const strangers = createStrangers()
  const createOutbox = createOutboxes()
  const indications = createIndications(server)
  let nextId = 0
  let gone: (() => void) | undefined

  const count = (counter: number, by = 1): void => {
    values[counter] = (values[counter] ?? 0) + by
  }

  function refused(transport: 'tcp' | 'tls', why: RefusalReason, { ip }: TransportAddress): void {
    shared.note({ fact: 'turn-connection-refused', transport, why, address: formatIp(ip) })
  }

  function open(socket: Socket<Connection | undefined>, listener: number, transport: 'tcp' | 'tls'): void {
    const known = addresses.known(socket.remoteAddress ?? '')
    if (!known || gone) return socket.terminate()
    const client = { address: { ip: known.ip, port: socket.remotePort }, listener }
    const key = clientKey(client)
    // Two connections of one key are possible where we listen on several addresses at once; the first one has it.
    if (connections.has(key) || !strangers.admit(known.ip)) {
      refused(transport, 'too many without allocation', client.address)
      return socket.terminate()
    }
    const id = String(nextId++)
    const outbox = createOutbox((bytes, start, length) => socket.write(bytes, start, length))
    const framing = createStreamFraming({ channels: shared.settings().channels })
    const phase = { kind: 'stranger' } as const
    const since = now()
    const connection = { id, socket, transport, client, key, since, framing, outbox, isSecure: false, phase }
    socket.data = connection
    connections.set(key, connection)
    socket.setNoDelay(true)
    deadlines.set(id, since + (transport === 'tls' ? limits.handshake : limits.allocate), connection)
    inputs.rearm()
    count(at.clientConnections)
  }

  function secured(connection: Connection, ok: boolean): void {
    if (!ok) return
    connection.isSecure = true
    if (connection.phase.kind === 'stranger')
      deadlines.set(connection.id, connection.since + limits.allocate, connection)
    inputs.rearm()
  }

  function received(connection: Connection, bytes: Uint8Array): void {
    const { phase } = connection
    if (phase.kind === 'parting') return
    if (phase.kind === 'joined') return phase.end?.received(bytes)
    const rest = connection.framing.push(bytes, (frame, start, end) => {
      take(connection, frame, start, end, frame !== bytes)
      return isFramed(connection) ? undefined : 'leave'
    })
    if (typeof rest === 'string') {
      if (!isFramed(connection)) return
      refused(connection.transport, 'garbage', connection.client.address)
      part(connection)
    } else if (rest !== undefined) {
      const after = connection.phase
      if (after.kind === 'joined') after.end?.received(bytes.subarray(rest))
    }
  }

  function take(connection: Connection, frame: Uint8Array, start: number, end: number, isLent: boolean): void {
    count(at.packetsFromClients)
    count(at.bytesFromClients, end - start)
    if ((frame[start] ?? 0) <= 3) {
      inputs.received(frame, start, end, connection.client, () => part(connection))
      return
    }
    fromClient(connection.key, frame, start, end, isLent)
  }

  /** Says goodbye, and hangs up if that takes too long. */
  function part(connection: Connection): void {
    const { phase, socket, outbox, id, key } = connection
    if (phase.kind === 'parting') return
    if (phase.kind === 'stranger') strangers.remove(connection.client.address.ip)
    connection.phase = { kind: 'parting' }
    if (phase.kind === 'joined') phase.end?.ended()
    deadlines.set(id, now() + limits.parting, connection)
    inputs.rearm()
    outbox.flush()
    if (outbox.waiting === 0) socket.end()
    inputs.put((time) => server.closed(key, time))
  }

  function closed(connection: Connection): void {
    const { phase, key, id, client } = connection
    if (connections.get(key) !== connection) return
    if (phase.kind === 'stranger') strangers.remove(client.address.ip)
    connection.phase = { kind: 'parting' }
    connections.delete(key)
    deadlines.cancel(id)
    count(at.clientConnections, -1)
    if (phase.kind === 'joined') phase.end?.ended()
    if (phase.kind !== 'parting') inputs.put((time) => server.closed(key, time))
    if (connections.size === 0) gone?.()
  }

  function drained({ socket, outbox, phase }: Connection): void {
    outbox.flush()
    if (outbox.waiting > 0) return
    if (phase.kind === 'parting') socket.end()
    else if (phase.kind === 'joined') phase.end?.drained()
  }

  /** Calls of a socket's handlers that have a connection, and throw nothing. */
  function guarded<Rest extends readonly unknown[]>(
    handle: (connection: Connection, ...rest: Rest) => void,
  ): (socket: Socket<Connection | undefined>, ...rest: Rest) => void {
    return ({ data: connection }, ...rest) => {
      if (!connection) return
      try {
        handle(connection, ...rest)
      } catch (error) {
        inputs.broke(error)
        connection.socket.terminate()
      }
    }
  }

  return {
    handlers: (listener, transport) => ({
      open(socket) {
        try {
          open(socket, listener, transport)
        } catch (error) {
          inputs.broke(error)
          socket.terminate()
        }
      },
      handshake: guarded(secured),
      data: guarded(received),
      drain: guarded(drained),
      close: guarded(closed),
      // A TLS fault; the socket closes by itself.
      error() {},
    }),

    answer(to, message) {
      const connection = connections.get(clientKey(to))
      if (!connection || connection.phase.kind === 'parting') return
      if (!connection.outbox.answer(message)) {
        refused(connection.transport, 'too slow', to.address)
        return part(connection)
      }
      count(at.packetsToClients)
      count(at.bytesToClients, message.length)
      tick.flushLater(connection.outbox)
    },

    relay(allocation, channel, data, ip, port) {
      const connection = connections.get(allocation.clientKey)
      if (connection?.phase.kind !== 'allocated') return
      const { outbox } = connection
      let isTaken: boolean
      let length = channelHeaderLength + data.length
      if (channel === asIndication) {
        const { bytes, start, end } = indications.wrap(data, { ip, port })
        length = end - start
        isTaken = outbox.indication(bytes, start, end)
      } else isTaken = outbox.channelData(channel, data, 0, data.length)
      if (!isTaken) return count(at.droppedSlowClient)
      count(at.packetsToClients)
      count(at.bytesToClients, length)
      tick.flushLater(outbox)
    },

    opened({ clientKey: key }) {
      const connection = connections.get(key)
      if (connection?.phase.kind !== 'stranger') return
      connection.phase = { kind: 'allocated' }
      strangers.remove(connection.client.address.ip)
      deadlines.cancel(connection.id)
    },

    ended({ clientKey: key }) {
      const connection = connections.get(key)
      if (connection?.phase.kind !== 'allocated') return
      connection.phase = { kind: 'stranger' }
      strangers.add(connection.client.address.ip)
      deadlines.set(connection.id, now() + limits.allocate, connection)
    },

    close(client) {
      const connection = connections.get(clientKey(client))
      if (connection) part(connection)
    },

    leaveFrames(client) {
      const connection = connections.get(clientKey(client))
      if (!connection || !isFramed(connection)) return undefined
      const { socket, outbox } = connection
      if (connection.phase.kind === 'stranger') strangers.remove(client.address.ip)
      deadlines.cancel(connection.id)
      connection.phase = { kind: 'joined', end: undefined }
      const stream: RawStream = {
        write(bytes, start, length) {
          outbox.flush()
          return outbox.waiting > 0 ? 0 : socket.write(bytes, start, length)
        },
        pause: () => void socket.pause(),
        resume: () => void socket.resume(),
        end: () => part(connection),
      }
      return {
        stream,
        attach(end) {
          if (connection.phase.kind === 'joined') connection.phase = { kind: 'joined', end }
          else end.ended()
        },
      }
    },

    nextDeadline: () => deadlines.next(),

    expired(time) {
      for (let one = deadlines.takeDue(time); one !== undefined; one = deadlines.takeDue(time)) {
        const { transport, isSecure, client } = one
        const isHandshaking = transport === 'tls' && !isSecure
        if (one.phase.kind === 'parting') one.socket.terminate()
        else {
          refused(transport, isHandshaking ? 'tls handshake' : 'no allocation in time', client.address)
          if (isHandshaking) one.socket.terminate()
          else part(one)
        }
      }
    },

    stop() {
      const { promise, resolve } = Promise.withResolvers<void>()
      gone = resolve
      if (connections.size === 0) resolve()
      for (const connection of [...connections.values()]) part(connection)
      return promise
    },
  }
}

/** Whether frames are read from it; asked by a function of its own, because calls in between change it. */
const isFramed = ({ phase }: Connection): boolean => phase.kind === 'stranger' || phase.kind === 'allocated'
