/** What the first octet of a packet tells about its kind (RFC 7983 with RFC 9443): several protocols share a port. */
import type { ChannelRange } from './channel-data.ts'

export type PacketKind = 'stun' | 'zrtp' | 'dtls' | 'channel' | 'quic' | 'rtp' | 'unknown'

/** `firstOctet` may be undefined: an empty packet is of no kind. */
export function kindOf(firstOctet: number | undefined, channels: ChannelRange = 'rfc8656'): PacketKind {
  if (firstOctet === undefined) return 'unknown'
  if (firstOctet < 64) {
    if (firstOctet <= 3) return 'stun'
    if (firstOctet >= 20) return 'dtls'
    return firstOctet >= 16 ? 'zrtp' : 'unknown'
  }
  if (firstOctet < 80) return 'channel'
  if (firstOctet < 128) return channels === 'rfc5766' ? 'channel' : 'quic'
  return firstOctet < 192 ? 'rtp' : 'quic'
}
