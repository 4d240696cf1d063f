/** Send: data for a peer in an indication, which is never answered (RFC 8656 section 11.2). */
import { unmapped } from '../../lib/ip-address.ts'
import { isPermitted, type OpenAllocation } from '../allocation.ts'
import type { StunMessage } from '../codec/message.ts'
import type { IgnoredReason } from '../facts.ts'
import { count } from '../relaying.ts'
import { relayFor } from './peers.ts'
import type { Turn } from './turn.ts'

/** Why it is dropped; undefined if it goes. */
export function send(
  turn: Turn,
  message: StunMessage,
  allocation: OpenAllocation | undefined,
  now: number,
): IgnoredReason | undefined {
  if (allocation?.protocol !== 'udp') return 'no allocation'
  const peer = message.get('xorPeerAddress')
  const data = message.span('data')
  const dontFragment = message.span('dontFragment') !== undefined
  if (!peer || !data || message.malformed !== undefined || message.unknown.length > 0) return 'malformed'
  if (dontFragment && !turn.capabilities.dontFragment) return 'malformed'

  if (!isPermitted(allocation.peers, peer.ip, now)) return 'no permission'
  // A permission is for an address: whether this port of it may be reached is asked here.
  if (turn.rules.mayReach(peer.ip, peer.port) !== 'allowed') return 'peer not allowed'
  const ip = unmapped(peer.ip)
  const from = relayFor(allocation, ip.family)
  if (!from) return 'no permission'
  const { bytesPerSecond } = turn.rules.settings
  if (!count(allocation.toPeers, data.end - data.start, now, bytesPerSecond)) return 'over the byte rate'
  turn.act({ do: 'send-to-peer', from, to: { ip, port: peer.port }, start: data.start, end: data.end, dontFragment })
  return undefined
}
