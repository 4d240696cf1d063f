/** Ends connections to peers from our side (RFC 6062). */
import type { OpenAllocation } from '../allocation.ts'
import type { PeerConnection } from './peer-connections.ts'
import type { Turn } from './turn.ts'

export function disconnect(turn: Turn, connection: PeerConnection): void {
  turn.connections.remove(connection)
  turn.act({ do: 'disconnect-peer', connection: connection.id })
}

/** Settings have changed: those that would be refused now are over. */
export function disconnectForbidden(turn: Turn): void {
  const { mayReach } = turn.rules
  for (const connection of [...turn.connections.all()]) {
    const { ip, port } = connection.peer
    const verdict = connection.isAskedFor ? mayReach(ip, port) : mayReach(ip)
    if (verdict !== 'allowed') disconnect(turn, connection)
  }
}

/** Those to peers of one family, of an allocation that gives it up. */
export function disconnectFamily(turn: Turn, allocation: OpenAllocation, family: 4 | 6): void {
  for (const connection of turn.connections.of(allocation)) {
    if (connection.peer.ip.family === family) disconnect(turn, connection)
  }
}
