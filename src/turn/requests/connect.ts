/** Connect: a TCP connection to a peer (RFC 6062 section 5.2), and what becomes of it; those that peers open too (section 5.3). */
import { type TransportAddress, unmapped } from '../../lib/ip-address.ts'
import { isPermitted, type OpenAllocation } from '../allocation.ts'
import { kept } from './answers.ts'
import { bindTime } from './peer-connections.ts'
import { peerRefusal } from './peers.ts'
import { answerRefused } from './refuse.ts'
import { type Outcome, ownAllocation, refused, type Turn, type TurnRequest } from './turn.ts'

export function connect(turn: Turn, request: TurnRequest): Outcome {
  if (!turn.rules.settings.tcpRelay) return refused(400)
  const allocation = ownAllocation(request)
  if ('outcome' in allocation) return allocation
  if (allocation.protocol !== 'tcp') return refused(437)

  const [given, ...more] = request.message.all('xorPeerAddress')
  if (!given || more.length > 0) return refused(400)
  const code = peerRefusal(turn, allocation, given, 'port')
  if (code) return refused(code)

  const peer = { ip: unmapped(given.ip), port: given.port }
  const answerTo = kept(request)
  const state = { phase: 'connecting', answerTo } as const
  const added = turn.connections.add({ allocation, peer, isAskedFor: true, state })
  if (typeof added === 'string') return refused(added === 'exists' ? 446 : 508)
  turn.act({ do: 'connect-peer', connection: added.id, allocation, peer })
  return { outcome: 'later' }
}

export function peerConnected(turn: Turn, id: number, now: number): void {
  const connection = turn.connections.find(id)
  if (connection?.state.phase !== 'connecting') return
  const { answerTo } = connection.state
  turn.connections.wait(connection, now + bindTime)
  turn.act(turn.answers.success(answerTo, (writer) => writer.put('connectionId', id)))
}

/** It could not be opened, or is over. */
export function peerGone(turn: Turn, id: number): void {
  const connection = turn.connections.find(id)
  if (!connection) return
  turn.connections.remove(connection)
  const { state } = connection
  if (state.phase === 'connecting') answerRefused(turn, state.answerTo, 'connect', refused(447))
  if (state.phase === 'joined') turn.act({ do: 'disconnect-peer', connection: id })
}

/** A peer may open a connection if data from it may pass; the client is told, and has to come and take it. */
export function peerArrived(
  turn: Turn,
  allocation: OpenAllocation,
  { ip: given, port }: TransportAddress,
  now: number,
): number | undefined {
  const peer = { ip: unmapped(given), port }
  if (turn.allocations.byClient(allocation.clientKey) !== allocation || allocation.protocol !== 'tcp') return undefined
  if (!isPermitted(allocation.peers, peer.ip, now)) return undefined
  const added = turn.connections.add({ allocation, peer, isAskedFor: false, state: { phase: 'waiting' } })
  if (typeof added === 'string') return undefined
  const { id } = added
  turn.connections.wait(added, now + bindTime)
  turn.act(
    turn.answers.indication('connectionAttempt', allocation.client, (writer) =>
      writer.put('connectionId', id).put('xorPeerAddress', peer),
    ),
  )
  return id
}
