/** TCP connections of allocations to their peers (RFC 6062): by number, by allocation, by the client's data connection, by when they must be taken. */
import { createDeadlines } from '../../lib/deadline.ts'
import type { TransportAddress } from '../../lib/ip-address.ts'
import type { OpenAllocation } from '../allocation.ts'
import { type ClientKey, type PeerKey, peerKey } from '../five-tuple.ts'
import type { AnswerTo } from './answers.ts'

export interface PeerConnection {
  /** CONNECTION-ID. */
  readonly id: number
  readonly allocation: OpenAllocation
  readonly peer: TransportAddress
  /** Whether the client asked for it, so that the port of the peer has been judged too. */
  readonly isAskedFor: boolean
  state: PeerConnectionState
}

export type PeerConnectionState =
  /** The peer has not answered yet; this is the Connect request. */
  | { readonly phase: 'connecting'; readonly answerTo: AnswerTo }
  /** For ConnectionBind. */
  | { readonly phase: 'waiting' }
  | { readonly phase: 'joined'; readonly client: ClientKey }

export interface PeerConnections {
  find(id: number): PeerConnection | undefined
  ofClient(client: ClientKey): PeerConnection | undefined
  of(allocation: OpenAllocation): readonly PeerConnection[]
  /** RFC 6062 section 5.2: an allocation has one connection to a peer. */
  add(connection: Omit<PeerConnection, 'id'>): PeerConnection | 'exists' | 'full'
  /** Until then (ms) it must be taken by ConnectionBind. */
  wait(connection: PeerConnection, until: number): void
  join(connection: PeerConnection, client: ClientKey): void
  remove(connection: PeerConnection): void
  /** Removes and returns one that nobody has taken in time. */
  takeExpired(now: number): PeerConnection | undefined
  nextDeadline(): number | undefined
  all(): Iterable<PeerConnection>
}

/** RFC 6062 sections 5.2 and 5.3: at least 30 s. */
export const bindTime = 30_000
export const mostConnections = 64

/** `newNumber`: 32 bits that nobody can foresee. */
export function createPeerConnections(newNumber: () => number): PeerConnections {
  const byId = new Map<number, PeerConnection>()
  const byAllocation = new Map<OpenAllocation, Map<PeerKey, PeerConnection>>()
  const byClient = new Map<ClientKey, PeerConnection>()
  const deadlines = createDeadlines<PeerConnection>()

  function freeNumber(): number {
    let id = newNumber()
    while (id === 0 || byId.has(id)) id = newNumber()
    return id
  }

  function remove(connection: PeerConnection): void {
    const { id, allocation, peer, state } = connection
    if (!byId.delete(id)) return
    const siblings = byAllocation.get(allocation)
    siblings?.delete(peerKey(peer.ip, peer.port))
    if (siblings?.size === 0) byAllocation.delete(allocation)
    if (state.phase === 'joined') byClient.delete(state.client)
    deadlines.cancel(String(id))
  }

  return {
    find: (id) => byId.get(id),
    ofClient: (client) => byClient.get(client),
    of: (allocation) => [...(byAllocation.get(allocation)?.values() ?? [])],
    add(made) {
      const { allocation, peer } = made
      const siblings = byAllocation.get(allocation) ?? new Map<PeerKey, PeerConnection>()
      const key = peerKey(peer.ip, peer.port)
      if (siblings.has(key)) return 'exists'
      if (siblings.size >= mostConnections) return 'full'
      const connection = { id: freeNumber(), ...made }
      byId.set(connection.id, connection)
      byAllocation.set(allocation, siblings.set(key, connection))
      return connection
    },
    wait(connection, until) {
      connection.state = { phase: 'waiting' }
      deadlines.set(String(connection.id), until, connection)
    },
    join(connection, client) {
      deadlines.cancel(String(connection.id))
      connection.state = { phase: 'joined', client }
      byClient.set(client, connection)
    },
    remove,
    takeExpired(now) {
      const connection = deadlines.takeDue(now)
      if (connection) remove(connection)
      return connection
    },
    nextDeadline: () => deadlines.next(),
    all: () => byId.values(),
  }
}
