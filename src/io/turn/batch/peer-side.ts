/** What comes to a relay socket: data for its client, on a channel or in a Data indication, and what ICMP says. */
import { channelHeaderLength, writeChannelHeader } from '../../../turn/codec/channel-data.ts'
import { padded } from '../../../turn/codec/octets.ts'
import { asIndication, towardsClient } from '../../../turn/relaying.ts'
import { indicationHeadroom, type TurnServer } from '../../../turn/server.ts'
import type { TurnSettings } from '../../../turn/settings.ts'
import { at, type Counters } from '../counters.ts'
import { droppedFor } from './drops.ts'
import type { IcmpErrors } from './icmp-errors.ts'
import type { Inbox } from './inbox.ts'
import type { Outbox } from './outbox.ts'
import type { Perform } from './perform.ts'
import type { Region } from './region.ts'
import type { RelayOwner, RelaySocket } from './relay-sockets.ts'
import { readName, rememberPeer } from './socket-name.ts'

export interface PeerSideParts {
  readonly region: Region
  readonly inbox: Inbox
  readonly outbox: Outbox
  readonly icmpErrors: IcmpErrors
  readonly server: TurnServer
  readonly settings: () => TurnSettings
  readonly counters: Counters
  readonly perform: Perform
  /** A bug of ours while one datagram was handled. */
  readonly broke: (fault: unknown) => void
}

export interface PeerSide {
  /** Handles what was received from this socket into these slots. */
  received(relay: RelaySocket, first: number, count: number, now: number): void
  /** Tells the machine what is in the error queue of this socket. */
  failed(relay: RelaySocket, now: number): void
}

export function createPeerSide(parts: PeerSideParts): PeerSide {
  const { region, inbox, outbox, icmpErrors, server, settings, counters, perform, broke } = parts
  const { bytes } = region
  const { values } = counters

  /** Copied, because what is written in front and behind may be another datagram of the same slot. */
  function indication({ client, listenerFd }: RelayOwner, name: number, start: number, end: number): void {
    const room = outbox.scratch(indicationHeadroom + padded(end - start))
    if (room === undefined) return
    const from = room + indicationHeadroom
    bytes.copyWithin(from, start, end)
    const message = server.wrapData(bytes, from, from + end - start, readName(region, name))
    outbox.add(
      listenerFd,
      client.address,
      client.scope,
      client.local,
      -1,
      message,
      from + padded(end - start) - message,
    )
  }

  /** `alone`: nobody else's data is in the octets in front. */
  function onChannel(owner: RelayOwner, channel: number, start: number, length: number, alone: boolean): void {
    const { client, listenerFd } = owner
    if (alone) {
      const from = start - channelHeaderLength
      writeChannelHeader(bytes, from, channel, length)
      return outbox.add(listenerFd, client.address, client.scope, client.local, -1, from, length + channelHeaderLength)
    }
    const head = outbox.scratch(channelHeaderLength)
    if (head === undefined) return
    writeChannelHeader(bytes, head, channel, length)
    outbox.add(listenerFd, client.address, client.scope, client.local, head, start, length)
  }

  function datagram(relay: RelaySocket, name: number, start: number, end: number, alone: boolean, now: number): void {
    values[at.packetsFromPeers] = (values[at.packetsFromPeers] ?? 0) + 1
    values[at.bytesFromPeers] = (values[at.bytesFromPeers] ?? 0) + end - start
    const { owner, lastPeer } = relay
    if (owner === undefined) return droppedFor(values, 'no permission')
    const { ip, peer } = lastPeer
    const way = towardsClient(owner.allocation, ip, peer, end - start, now, settings().bytesPerSecond)
    if (typeof way === 'string') return droppedFor(values, way)
    if (way === asIndication) indication(owner, name, start, end)
    else onChannel(owner, way, start, end - start, alone)
  }

  return {
    received(relay, first, count, now) {
      for (let slot = first; slot < first + count; slot++) {
        const name = inbox.nameAt(slot)
        const start = inbox.dataAt(slot)
        const end = start + inbox.lengthOf(slot)
        const segment = inbox.segmentOf(slot)
        try {
          rememberPeer(relay.lastPeer, region, name)
          if (segment === 0) datagram(relay, name, start, end, true, now)
          else {
            for (let from = start; from < end; from += segment) {
              datagram(relay, name, from, Math.min(from + segment, end), false, now)
            }
          }
        } catch (fault) {
          broke(fault)
        }
      }
    },
    failed(relay, now) {
      for (const { peer, type, code, data } of icmpErrors.of(relay.fd)) {
        const allocation = relay.owner?.allocation
        if (allocation === undefined) continue
        try {
          perform(server.icmpReceived(allocation, peer, { type, code, data }, now), now)
        } catch (fault) {
          broke(fault)
        }
      }
    },
  }
}
