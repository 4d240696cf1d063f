/** The connections of TCP and TLS clients: who may have one, how long without an allocation, and how we part. */
import type { Socket } from 'bun'
import { createDeadlines } from '../../../lib/deadline.ts'
import { formatIp, type TransportAddress } from '../../../lib/ip-address.ts'
import { createStreamFraming, type StreamFraming } from '../../../turn/codec/stream-framing.ts'
import { type Client, type ClientKey, clientKey } from '../../../turn/five-tuple.ts'
import { at } from '../counters.ts'
import { createOutboxes, type Outbox } from './outbox.ts'
import type { PipeEnd } from './pipe.ts'
import type { Shared } from './shared.ts'
import { createStrangers } from './strangers.ts'
import { createUnsentBound } from './unsent.ts'

/** How long (ms) a connection may last without an allocation, and how long a TLS handshake may take. */
export interface StreamLimits {
  readonly allocate: number
  readonly handshake: number
  /** For a client that we part from to take what is still for it. */
  readonly parting: number
}

/** turn.md 2.4; garbage has to be gone within 3 s. */
export const streamLimits: StreamLimits = { allocate: 15_000, handshake: 10_000, parting: 2_000 }

export type StreamTransport = 'tcp' | 'tls'
export type ClientSocket = Socket<Connection | undefined>

export interface Connection {
  readonly id: string
  readonly socket: ClientSocket
  readonly transport: StreamTransport
  readonly client: Client
  readonly key: ClientKey
  readonly since: number
  readonly framing: StreamFraming
  readonly outbox: Outbox
  isSecure: boolean
  phase: Phase
}

export type Phase =
  /** Without an allocation; `isNew` until it has had one. */
  | { readonly kind: 'stranger'; readonly isNew: boolean }
  | { readonly kind: 'allocated' }
  /** RFC 6062: a data connection. `end` is of its pipe; it is there before anything can be read. */
  | { readonly kind: 'joined'; readonly end: PipeEnd | undefined }
  | { readonly kind: 'parting' }

export type RefusalReason =
  | 'garbage'
  | 'no allocation in time'
  | 'too many without allocation'
  | 'tls handshake'
  | 'too slow'

export interface Connections {
  open(socket: ClientSocket, listener: number, transport: StreamTransport): void
  find(key: ClientKey): Connection | undefined
  /** The TLS handshake is over. */
  secured(connection: Connection, ok: boolean): void
  /** Another phase than `parting`. */
  become(connection: Connection, phase: Exclude<Phase, { readonly kind: 'parting' }>): void
  /** Says why, and parts. */
  refuse(connection: Connection, why: RefusalReason): void
  /** Says goodbye when all is written, and hangs up if that takes too long. */
  part(connection: Connection): void
  closed(connection: Connection): void
  nextDeadline(): number | undefined
  expired(now: number): void
  /** Parts from everybody; resolves when all are gone. */
  stop(): Promise<void>
}

const stranger: Phase = { kind: 'stranger', isNew: true }

export function createConnections(shared: Shared, limits: StreamLimits): Connections {
  const { server, inputs, addresses, now, note, counters } = shared
  const { values } = counters
  const byKey = new Map<ClientKey, Connection>()
  const deadlines = createDeadlines<Connection>()
  const strangers = createStrangers()
  const createOutbox = createOutboxes()
  const boundUnsent = createUnsentBound()
  let nextId = 0
  let allGone: (() => void) | undefined

  function told(transport: StreamTransport, why: RefusalReason, { ip }: TransportAddress): void {
    note({ fact: 'turn-connection-refused', transport, why, address: formatIp(ip) })
  }

  function due(connection: Connection, time: number): void {
    deadlines.set(connection.id, time, connection)
    inputs.rearm()
  }

  /** Every change of phase goes through here, so that strangers are counted right. */
  function enter(connection: Connection, phase: Phase): void {
    const { ip } = connection.client.address
    if (connection.phase.kind === 'stranger') strangers.remove(ip)
    if (phase.kind === 'stranger') strangers.add(ip)
    connection.phase = phase
  }

  function part(connection: Connection): void {
    const { phase, socket, outbox, key } = connection
    if (phase.kind === 'parting') return
    enter(connection, { kind: 'parting' })
    due(connection, now() + limits.parting)
    if (phase.kind === 'joined') phase.end?.ended()
    outbox.flush()
    if (outbox.waiting === 0) socket.end()
    inputs.put((time) => server.closed(key, time))
  }

  function refuse(connection: Connection, why: RefusalReason): void {
    if (connection.phase.kind === 'parting') return
    told(connection.transport, why, connection.client.address)
    part(connection)
  }

  function overdue(connection: Connection): void {
    const { socket, transport, isSecure, phase } = connection
    const isHandshaking = transport === 'tls' && !isSecure
    if (phase.kind !== 'parting') refuse(connection, isHandshaking ? 'tls handshake' : 'no allocation in time')
    else socket.terminate()
  }

  return {
    open(socket, listener, transport) {
      const known = addresses.known(socket.remoteAddress ?? '')
      if (!known || allGone) return socket.terminate()
      const client = { address: { ip: known.ip, port: socket.remotePort }, listener }
      const key = clientKey(client)
      // Two connections of one key are possible where we listen on several addresses at once; the first one has it.
      if (byKey.has(key) || !strangers.admit(known.ip)) {
        told(transport, 'too many without allocation', client.address)
        return socket.terminate()
      }
      const connection: Connection = {
        ...{ socket, transport, client, key, isSecure: false, phase: stranger },
        id: String(nextId++),
        since: now(),
        framing: createStreamFraming({ channels: shared.settings().channels }),
        outbox: createOutbox((bytes, start, length) => socket.write(bytes, start, length)),
      }
      socket.data = connection
      socket.setNoDelay(true)
      boundUnsent(socket)
      byKey.set(key, connection)
      values[at.clientConnections] = byKey.size
      due(connection, connection.since + (transport === 'tls' ? limits.handshake : limits.allocate))
    },

    find: (key) => byKey.get(key),

    secured(connection, ok) {
      if (!ok) return told(connection.transport, 'tls handshake', connection.client.address)
      connection.isSecure = true
      if (connection.phase.kind === 'stranger') due(connection, connection.since + limits.allocate)
    },

    become(connection, phase) {
      if (connection.phase.kind === 'parting') return
      enter(connection, phase)
      if (phase.kind === 'stranger') due(connection, now() + limits.allocate)
      else deadlines.cancel(connection.id)
    },

    refuse,
    part,

    closed(connection) {
      const { phase, key, id } = connection
      if (byKey.get(key) !== connection) return
      enter(connection, { kind: 'parting' })
      byKey.delete(key)
      deadlines.cancel(id)
      values[at.clientConnections] = byKey.size
      if (phase.kind === 'joined') phase.end?.ended()
      if (phase.kind !== 'parting') inputs.put((time) => server.closed(key, time))
      if (byKey.size === 0) allGone?.()
    },

    nextDeadline: () => deadlines.next(),
    expired(time) {
      for (let one = deadlines.takeDue(time); one !== undefined; one = deadlines.takeDue(time)) overdue(one)
    },

    stop() {
      const { promise, resolve } = Promise.withResolvers<void>()
      allGone = resolve
      if (byKey.size === 0) resolve()
      for (const connection of [...byKey.values()]) part(connection)
      return promise
    },
  }
}
