/** One allocation: who has it, its relay ports, whom it may talk to, and its channels (SPEC Q12–Q16). */

import type { IpAddress, TransportAddress } from '../lib/ip-address.ts'
import type { Sender } from './authenticate.ts'
import { type Client, type ClientKey, type IpKey, ipKey, ipOfKey, type PeerKey, peerKey } from './five-tuple.ts'
import type { Pace } from './rate.ts'

/** Seconds, as LIFETIME has them. */
export const defaultLifetime = 600
export const longestLifetime = 3600
/** RFC 8656 section 9: 300 s. In ms, like the two below. */
export const permissionLifetime = 300_000
/** RFC 8656 section 12: 600 s. */
export const channelLifetime = 600_000
/** How long after its end a channel number stays with its peer, and a peer with its number (section 12.1). */
export const channelQuarantine = 300_000
export const mostPermissions = 64
export const mostChannels = 64

/** What stands from the request on. */
interface Asked {
  readonly clientKey: ClientKey
  readonly client: Client
  readonly sender: Sender
  /** How peers are reached; `tcp` is RFC 6062. */
  readonly protocol: 'udp' | 'tcp'
  /** Of the Allocate request: the same one, repeated, gets the same answer. */
  readonly transaction: string
}

/** Between the request and the sockets that it needs. */
export interface PendingAllocation extends Asked {
  readonly phase: 'binding'
}

export interface Relay {
  readonly family: 4 | 6
  readonly port: number
  /** The number by which the world knows its socket. */
  readonly socket: number
}

/** What the answer to Allocate said besides the relay addresses. */
export interface Granted {
  /** Seconds. */
  readonly lifetime: number
  /** RESERVATION-TOKEN, for the port above an even one. */
  readonly token: Uint8Array | undefined
  /** Of two families asked for, the one that could not be had. */
  readonly lacking: { readonly family: 4 | 6; readonly code: 440 | 508 } | undefined
}

export interface OpenAllocation extends Asked {
  readonly phase: 'open'
  /** Its name in logs. */
  readonly id: string
  /** One, or one of each family; `Allocations` takes one away when its client gives up a family. */
  relays: readonly Relay[]
  /** ms. */
  readonly since: number
  readonly granted: Granted
  readonly peers: Peers
  readonly toPeers: Traffic
  readonly toClient: Traffic
}

export type Allocation = PendingAllocation | OpenAllocation

/** What went one way, and how soon more may. */
export interface Traffic extends Pace {
  packets: number
  bytes: number
}

export interface Channel {
  readonly number: number
  readonly peer: TransportAddress
  /** ms. */
  expires: number
}

/** Only the functions below change it. */
export interface Peers {
  /** Until when (ms) data may go to and come from an address. */
  readonly permissions: Map<IpKey, number>
  readonly channels: Map<number, Channel>
  readonly channelsByPeer: Map<PeerKey, Channel>
}

export function openAllocation(
  { clientKey, client, sender, protocol, transaction }: PendingAllocation,
  { id, relays, since, granted }: Pick<OpenAllocation, 'id' | 'relays' | 'since' | 'granted'>,
): OpenAllocation {
  return {
    phase: 'open',
    clientKey,
    client,
    sender,
    protocol,
    transaction,
    id,
    relays,
    since,
    granted,
    peers: { permissions: new Map(), channels: new Map(), channelsByPeer: new Map() },
    toPeers: { packets: 0, bytes: 0, paidOff: 0 },
    toClient: { packets: 0, bytes: 0, paidOff: 0 },
  }
}

/** Seconds granted for what LIFETIME asked (RFC 8656 section 7.2); 0 in a Refresh deletes and does not come here. */
export function grantedLifetime(asked: number | undefined): number {
  return Math.min(Math.max(asked ?? 0, defaultLifetime), longestLifetime)
}

/** Installs or prolongs permissions for all of them, or, if there is no room for all, for none. */
export function permit({ permissions }: Peers, addresses: readonly IpAddress[], now: number): 'ok' | 'full' {
  const keys = new Set(addresses.map(ipKey))
  if (permissions.size + keys.size > mostPermissions) dropEnded(permissions, now)
  let added = 0
  for (const key of keys) if (!permissions.has(key)) added++
  if (permissions.size + added > mostPermissions) return 'full'
  for (const key of keys) permissions.set(key, now + permissionLifetime)
  return 'ok'
}

export function isPermitted({ permissions }: Peers, address: IpAddress, now: number): boolean {
  return (permissions.get(ipKey(address)) ?? now) > now
}

/** Binds, or prolongs, and permits the peer's address; a `conflict` is a number or peer that belongs to another. */
export function bindChannel(
  peers: Peers,
  number: number,
  peer: TransportAddress,
  now: number,
): 'ok' | 'conflict' | 'full' {
  const { channels, channelsByPeer } = peers
  const key = peerKey(peer.ip, peer.port)
  dropForgotten(peers, channels.get(number), now)
  dropForgotten(peers, channelsByPeer.get(key), now)
  const channel = channels.get(number)
  if (channel !== channelsByPeer.get(key)) return 'conflict'
  if (!channel && channels.size >= mostChannels) {
    for (const one of channels.values()) dropForgotten(peers, one, now)
    if (channels.size >= mostChannels) return 'full'
  }
  if (permit(peers, [peer.ip], now) === 'full') return 'full'
  const expires = now + channelLifetime
  if (channel) channel.expires = expires
  else {
    const added = { number, peer, expires }
    channels.set(number, added)
    channelsByPeer.set(key, added)
  }
  return 'ok'
}

/** Whom data on this channel is for. */
export function peerOfChannel({ channels }: Peers, number: number, now: number): TransportAddress | undefined {
  const channel = channels.get(number)
  return channel && channel.expires > now ? channel.peer : undefined
}

/** On which channel data from this peer goes to the client. */
export function channelOfPeer(
  { channelsByPeer }: Peers,
  { ip, port }: TransportAddress,
  now: number,
): number | undefined {
  const channel = channelsByPeer.get(peerKey(ip, port))
  return channel && channel.expires > now ? channel.number : undefined
}

/** Takes away the permissions (asked about without a port) and channels for which `isGone` says so. */
export function withdraw(
  { permissions, channels, channelsByPeer }: Peers,
  isGone: (ip: IpAddress, port?: number) => boolean,
): void {
  for (const key of permissions.keys()) if (isGone(ipOfKey(key))) permissions.delete(key)
  for (const { number, peer } of channels.values()) {
    if (!isGone(peer.ip, peer.port)) continue
    channels.delete(number)
    channelsByPeer.delete(peerKey(peer.ip, peer.port))
  }
}

function dropEnded(permissions: Map<IpKey, number>, now: number): void {
  for (const [key, expires] of permissions) if (expires <= now) permissions.delete(key)
}

function dropForgotten({ channels, channelsByPeer }: Peers, channel: Channel | undefined, now: number): void {
  if (!channel || channel.expires + channelQuarantine > now) return
  channels.delete(channel.number)
  channelsByPeer.delete(peerKey(channel.peer.ip, channel.peer.port))
}
