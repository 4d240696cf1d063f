/** Whether an allocation may reach a peer: of a family that it has, and let in by the peer policy (SPEC P1–P9). */
import { formatIp, formatTransportAddress, type TransportAddress, unmapped } from '../../lib/ip-address.ts'
import type { OpenAllocation, Relay } from '../allocation.ts'
import type { Turn } from './turn.ts'

/** The relay from which peers of this family are reached. */
export function relayFor({ relays }: OpenAllocation, family: 4 | 6): Relay | undefined {
  for (const relay of relays) if (relay.family === family) return relay
  return undefined
}

/**
 * 443 or 403, or undefined if it may. `address` is for permissions, which open an address, not a port.
 * IPv4 in IPv6 clothes is judged, and reached, as what it is.
 */
export function peerRefusal(
  turn: Turn,
  allocation: OpenAllocation,
  { ip, port }: TransportAddress,
  scope: 'address' | 'port',
): 403 | 443 | undefined {
  if (!relayFor(allocation, ip.family)) return 443
  const verdict = scope === 'address' ? turn.rules.mayReach(ip) : turn.rules.mayReach(ip, port)
  if (verdict !== 'allowed') {
    const peer = scope === 'address' ? formatIp(ip) : formatTransportAddress({ ip, port })
    turn.note({ fact: 'turn-peer-refused', allocation: allocation.id, peer, why: verdict })
    return 403
  }
  return relayFor(allocation, unmapped(ip).family) ? undefined : 443
}
