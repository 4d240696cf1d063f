/** The way of relayed data: whether and where it goes, decided without making anything (RFC 8656 sections 11 and 12). */
import type { Channel, OpenAllocation, Traffic } from './allocation.ts'
import type { IpKey, PeerKey } from './five-tuple.ts'
import { admitsBytes } from './rate.ts'

/** Why data is dropped. */
export const dropReasons = ['no channel', 'no permission', 'over the byte rate'] as const
export type DropReason = (typeof dropReasons)[number]

/** Where ChannelData of a client goes; counts it if it goes. `length` is that of the data, `now` and `bytesPerSecond` as everywhere. */
export function towardsPeer(
  allocation: OpenAllocation,
  channelNumber: number,
  length: number,
  now: number,
  bytesPerSecond: number,
): Channel | DropReason {
  const channel = allocation.peers.channels.get(channelNumber)
  if (channel === undefined || channel.expires <= now) return 'no channel'
  return count(allocation.toPeers, length, now, bytesPerSecond) ? channel : 'over the byte rate'
}

/** Says that data goes to the client, but in a Data indication instead of on a channel. */
export const asIndication = 0

/**
 * On which channel data from a peer goes to the client, or `asIndication`; counts it if it goes. The keys are those of
 * `five-tuple.ts`, so that whoever has raw socket addresses need not make objects of them.
 */
export function towardsClient(
  allocation: OpenAllocation,
  ip: IpKey,
  peer: PeerKey,
  length: number,
  now: number,
  bytesPerSecond: number,
): number | DropReason {
  const { permissions, channelsByPeer } = allocation.peers
  const permittedUntil = permissions.get(ip)
  if (permittedUntil === undefined || permittedUntil <= now) return 'no permission'
  if (!count(allocation.toClient, length, now, bytesPerSecond)) return 'over the byte rate'
  const channel = channelsByPeer.get(peer)
  return channel !== undefined && channel.expires > now ? channel.number : asIndication
}

/** Whether data of this length may go now; counts it if so. */
export function count(traffic: Traffic, length: number, now: number, bytesPerSecond: number): boolean {
  if (bytesPerSecond !== 0 && !admitsBytes(traffic, length, bytesPerSecond, now)) return false
  traffic.packets++
  traffic.bytes += length
  return true
}
