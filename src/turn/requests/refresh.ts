/** Refresh: prolongs an allocation, or ends it (RFC 8656 section 8.2). */

import { unmapped } from '../../lib/ip-address.ts'
import { grantedLifetime, type OpenAllocation, withdraw } from '../allocation.ts'
import { addressFamilies } from '../codec/address.ts'
import { disconnectFamily } from './disconnect.ts'
import { closeRelay, endAllocation } from './end.ts'
import { relayFor } from './peers.ts'
import { granted, type Outcome, ownAllocation, refused, type Turn, type TurnRequest } from './turn.ts'

export function refresh(turn: Turn, request: TurnRequest): Outcome {
  const { message, now } = request
  const allocation = ownAllocation(request)
  if ('outcome' in allocation) return allocation

  const asked = message.get('requestedAddressFamily')
  const family = asked === addressFamilies[4] ? 4 : asked === addressFamilies[6] ? 6 : undefined
  if (asked !== undefined && (family === undefined || !relayFor(allocation, family))) return refused(443)

  const wanted = message.get('lifetime')
  if (wanted !== 0) {
    const lifetime = grantedLifetime(wanted)
    turn.allocations.prolong(allocation, now + lifetime * 1000)
    return granted((writer) => writer.put('lifetime', lifetime))
  }
  if (family !== undefined && allocation.relays.length > 1) giveUp(turn, allocation, family, now)
  else endAllocation(turn, allocation, 'deleted by its client', now)
  return granted((writer) => writer.put('lifetime', 0))
}

/** One family of two; the other stays as it is. */
function giveUp(turn: Turn, allocation: OpenAllocation, family: 4 | 6, now: number): void {
  const relay = relayFor(allocation, family)
  if (!relay) return
  turn.allocations.removeRelay(allocation, relay)
  withdraw(allocation.peers, (ip) => unmapped(ip).family === family)
  disconnectFamily(turn, allocation, family)
  closeRelay(turn, relay, now)
}
