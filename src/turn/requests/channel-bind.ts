/** ChannelBind: a number for a peer, so that data needs four octets around it instead of 36 (RFC 8656 section 12.2; SPEC Q15, Q16). */
import { unmapped } from '../../lib/ip-address.ts'
import { bindChannel } from '../allocation.ts'
import { isChannelNumber } from '../codec/channel-data.ts'
import { peerRefusal } from './peers.ts'
import { granted, type Outcome, ownAllocation, refused, type Turn, type TurnRequest } from './turn.ts'

export function channelBind(turn: Turn, request: TurnRequest): Outcome {
  const { message, now } = request
  const allocation = ownAllocation(request)
  if ('outcome' in allocation) return allocation
  // RFC 6062 section 3: data of TCP peers has connections of its own.
  if (allocation.protocol === 'tcp') return refused(400)

  const number = message.get('channelNumber')
  const [peer, ...more] = message.all('xorPeerAddress')
  if (number === undefined || !peer || more.length > 0) return refused(400)
  if (!isChannelNumber(number, turn.rules.settings.channels)) return refused(400)

  const code = peerRefusal(turn, allocation, peer, 'port')
  if (code) return refused(code)

  const bound = bindChannel(allocation.peers, number, { ip: unmapped(peer.ip), port: peer.port }, now)
  if (bound === 'conflict') return refused(400)
  return bound === 'full' ? refused(508) : granted()
}
