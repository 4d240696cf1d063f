/** ConnectionBind: a connection of the client's for one to a peer, in which nothing but data passes from then on (RFC 6062 section 5.4). */
import { granted, type Outcome, refused, type Turn, type TurnRequest } from './turn.ts'

export function connectionBind(turn: Turn, request: TurnRequest): Outcome {
  const { client, clientKey, message, transport, sender, allocation } = request
  if (!turn.rules.settings.tcpRelay || transport === 'udp') return refused(400)
  const id = message.get('connectionId')
  // A connection that has an allocation is where requests are made; data needs one of its own.
  if (id === undefined || allocation || turn.connections.ofClient(clientKey)) return refused(400)
  const connection = turn.connections.find(id)
  if (connection?.state.phase !== 'waiting') return refused(400)
  if (connection.allocation.sender.username !== sender.username) return refused(441)
  turn.connections.join(connection, clientKey)
  return { ...granted((writer) => writer.put('connectionId', id)), next: { do: 'join', client, connection: id } }
}
