/** CreatePermission: lets data pass between an allocation and addresses (RFC 8656 section 10.2; SPEC Q13, Q14). */
import { permit } from '../allocation.ts'
import { peerRefusal } from './peers.ts'
import { granted, type Outcome, ownAllocation, refused, type Turn, type TurnRequest } from './turn.ts'

export function createPermission(turn: Turn, request: TurnRequest): Outcome {
  const allocation = ownAllocation(request)
  if ('outcome' in allocation) return allocation
  const peers = request.message.all('xorPeerAddress')
  if (peers.length === 0) return refused(400)
  // Each on its own: one that is allowed does not carry another along. And none is installed unless all can be.
  for (const peer of peers) {
    const code = peerRefusal(turn, allocation, peer, 'address')
    if (code) return refused(code)
  }
  const addresses = peers.map(({ ip }) => ip)
  return permit(allocation.peers, addresses, request.now) === 'ok' ? granted() : refused(508)
}
