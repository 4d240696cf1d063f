/** Clients over TCP and TLS: cuts their streams into frames for the machine and the relays, and writes what is for them. */
import type { SocketHandler } from 'bun'
import { channelHeaderLength } from '../../../turn/codec/channel-data.ts'
import { type Client, clientKey } from '../../../turn/five-tuple.ts'
import { asIndication } from '../../../turn/relaying.ts'
import { at } from '../counters.ts'
import type { ClientSide } from './client-side.ts'
import {
  type ClientSocket,
  type Connection,
  type Connections,
  createConnections,
  type StreamLimits,
  type StreamTransport,
  streamLimits,
} from './connections.ts'
import { createIndications } from './indications.ts'
import type { PipeEnd, RawStream } from './pipe.ts'
import type { FromClient, Shared } from './shared.ts'

export interface StreamClients extends ClientSide, Pick<Connections, 'nextDeadline' | 'expired' | 'stop'> {
  /** For the sockets of a listener. */
  handlers(listener: number, transport: StreamTransport): SocketHandler<Connection | undefined>
  /**
   * RFC 6062: from now on the client's connection carries no frames. `attach` says where what it sends goes. Undefined
   * if the connection is gone.
   */
  leaveFrames(client: Client): LeftStream | undefined
}

export interface LeftStream {
  readonly stream: RawStream
  attach(end: PipeEnd): void
}

export function createStreamClients(
  shared: Shared,
  fromClient: FromClient,
  limits: StreamLimits = streamLimits,
): StreamClients {
  const { server, inputs, tick } = shared
  const { values } = shared.counters
  const connections = createConnections(shared, limits)
  const indications = createIndications(server)

  function received(connection: Connection, bytes: Uint8Array): void {
    const { phase } = connection
    if (phase.kind === 'parting') return
    if (phase.kind === 'joined') return phase.end?.received(bytes)
    const { framing } = connection
    const rest = framing.push(bytes, (frame, start, end) => {
      take(connection, frame, start, end, frame !== bytes)
      return isFramed(connection) ? undefined : 'leave'
    })
    if (typeof rest === 'string' || !isPlausible(connection, framing.begun())) connections.refuse(connection, 'garbage')
    else if (rest !== undefined) goOnRaw(connection, bytes.subarray(rest))
  }

  /** What came behind the frame that made it a data connection belongs to the peer. */
  function goOnRaw({ phase }: Connection, bytes: Uint8Array): void {
    if (phase.kind === 'joined') phase.end?.received(bytes)
  }

  function take(connection: Connection, frame: Uint8Array, start: number, end: number, isLent: boolean): void {
    values[at.packetsFromClients] = (values[at.packetsFromClients] ?? 0) + 1
    values[at.bytesFromClients] = (values[at.bytesFromClients] ?? 0) + end - start
    if (!isPlausible(connection, frame[start])) connections.refuse(connection, 'garbage')
    else if ((frame[start] ?? 0) > 3) fromClient(connection.key, frame, start, end, isLent)
    else inputs.received(frame, start, end, connection.client, () => connections.part(connection))
  }

  function drained({ socket, outbox, phase }: Connection): void {
    outbox.flush()
    if (outbox.waiting > 0) return
    if (phase.kind === 'parting') socket.end()
    else if (phase.kind === 'joined') phase.end?.drained()
  }

  function sent({ outbox }: Connection, length: number): void {
    values[at.packetsToClients] = (values[at.packetsToClients] ?? 0) + 1
    values[at.bytesToClients] = (values[at.bytesToClients] ?? 0) + length
    tick.flushLater(outbox)
  }

  /** A bug in what one connection brings about ends that connection and nothing else. */
  function guarded<Rest extends readonly unknown[]>(
    handle: (connection: Connection, ...rest: Rest) => void,
  ): (socket: ClientSocket, ...rest: Rest) => void {
    return (socket, ...rest) => {
      try {
        if (socket.data) handle(socket.data, ...rest)
      } catch (error) {
        inputs.broke(error)
        socket.terminate()
      }
    }
  }

  return {
    nextDeadline: connections.nextDeadline,
    expired: connections.expired,
    stop: connections.stop,

    handlers: (listener, transport) => ({
      open(socket) {
        try {
          connections.open(socket, listener, transport)
        } catch (error) {
          inputs.broke(error)
          socket.terminate()
        }
      },
      handshake: guarded(connections.secured),
      data: guarded(received),
      drain: guarded(drained),
      close: guarded(connections.closed),
      // A TLS fault; the socket closes by itself.
      error() {},
    }),

    answer(to, message) {
      const connection = connections.find(clientKey(to))
      if (!connection || connection.phase.kind === 'parting') return
      if (connection.outbox.answer(message)) sent(connection, message.length)
      else connections.refuse(connection, 'too slow')
    },

    relay(allocation, channel, data, ip, port) {
      const connection = connections.find(allocation.clientKey)
      if (connection?.phase.kind !== 'allocated') return
      const { outbox } = connection
      let length = channelHeaderLength + data.length
      let isTaken: boolean
      if (channel === asIndication) {
        const { bytes, start, end } = indications.wrap(data, { ip, port })
        length = end - start
        isTaken = outbox.indication(bytes, start, end)
      } else isTaken = outbox.channelData(channel, data)
      if (isTaken) sent(connection, length)
      else values[at.droppedSlowClient] = (values[at.droppedSlowClient] ?? 0) + 1
    },

    opened({ clientKey: key }) {
      const connection = connections.find(key)
      if (connection?.phase.kind === 'stranger') connections.become(connection, { kind: 'allocated' })
    },

    ended({ clientKey: key }) {
      const connection = connections.find(key)
      if (connection?.phase.kind === 'allocated') connections.become(connection, { kind: 'stranger', isNew: false })
    },

    close(client) {
      const connection = connections.find(clientKey(client))
      if (connection) connections.part(connection)
    },

    leaveFrames(client) {
      const connection = connections.find(clientKey(client))
      if (!connection || !isFramed(connection)) return undefined
      connections.become(connection, { kind: 'joined', end: undefined })
      return {
        stream: rawStream(connection, connections),
        attach(end) {
          if (connection.phase.kind === 'joined') connections.become(connection, { kind: 'joined', end })
          else end.ended()
        },
      }
    },
  }
}

/** Whether frames are read from it; asked by a function of its own, because calls in between change it. */
const isFramed = ({ phase }: Connection): boolean => phase.kind === 'stranger' || phase.kind === 'allocated'

/** Nobody has a channel who has never had an allocation; the first letters of HTTP look like one of some 20 kB. */
function isPlausible({ phase }: Connection, firstOctet = 0): boolean {
  return firstOctet <= 3 || phase.kind !== 'stranger' || !phase.isNew
}

/** A connection without frames. What was in its outbox goes first. */
function rawStream(connection: Connection, connections: Connections): RawStream {
  const { socket, outbox } = connection
  return {
    write(bytes, start, length) {
      outbox.flush()
      return outbox.waiting > 0 ? 0 : socket.write(bytes, start, length)
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => connections.part(connection),
  }
}
