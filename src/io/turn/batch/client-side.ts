/** What comes to a listener: ChannelData goes straight to its relay socket, STUN to the machine. */

import { channelDataLength, channelHeaderLength, channelOf } from '../../../turn/codec/channel-data.ts'
import { kindOf } from '../../../turn/codec/demultiplex.ts'
import { towardsPeer } from '../../../turn/relaying.ts'
import type { TurnServer } from '../../../turn/server.ts'
import type { TurnSettings } from '../../../turn/settings.ts'
import { at, type Counters } from '../counters.ts'
import type { WorkerParts } from '../world.ts'
import { createClientKeys } from './client-keys.ts'
import { droppedFor } from './drops.ts'
import type { Inbox } from './inbox.ts'
import type { LocalAddresses } from './local-address.ts'
import type { Outbox } from './outbox.ts'
import type { Perform } from './perform.ts'
import type { Region } from './region.ts'
import type { SeenClient } from './seen-client.ts'
import { readName, scopeAt } from './socket-name.ts'
import type { OpenSocket } from './sockets.ts'

export interface ClientSideParts {
  readonly region: Region
  readonly inbox: Inbox
  readonly outbox: Outbox
  readonly localAddresses: LocalAddresses
  readonly server: TurnServer
  readonly settings: () => TurnSettings
  readonly counters: Counters
  readonly perform: Perform
  readonly note: WorkerParts['note']
  /** A bug of ours while one datagram was handled. */
  readonly broke: (fault: unknown) => void
}

export interface ClientSide {
  /** Handles what was received from this listener into these slots. */
  received(listener: OpenSocket, index: number, first: number, count: number, now: number): void
}

const neither = { fact: 'turn-ignored', transport: 'udp', why: 'neither STUN nor a channel' } as const

export function createClientSide(parts: ClientSideParts): ClientSide {
  const { region, inbox, outbox, localAddresses, server, settings, counters, perform, note, broke } = parts
  const { bytes } = region
  const { values } = counters
  const clientKeyAt = createClientKeys(region)

  function channelData(name: number, index: number, start: number, end: number, now: number): void {
    const length = channelDataLength(bytes, start, end)
    const allocation = length < 0 ? undefined : server.allocationOf(clientKeyAt(name, index))
    if (allocation === undefined) return droppedFor(values, 'no channel')
    const channel = towardsPeer(allocation, channelOf(bytes, start), length, now, settings().bytesPerSecond)
    if (typeof channel === 'string') return droppedFor(values, channel)
    const { relays } = allocation
    const relay = relays[0]?.family === channel.peer.ip.family ? relays[0] : relays[1]
    if (relay === undefined) return droppedFor(values, 'no channel')
    outbox.add(relay.socket, channel.peer, 0, undefined, -1, start + channelHeaderLength, length)
  }

  function stun(listener: OpenSocket, index: number, slot: number, start: number, end: number, now: number): void {
    const name = inbox.nameAt(slot)
    const client: SeenClient = {
      address: readName(region, name),
      listener: index,
      scope: scopeAt(region, name),
      local: localAddresses.of(slot, listener.family),
    }
    perform(server.received(bytes, start, end, client, now), now)
  }

  function datagram(listener: OpenSocket, index: number, slot: number, start: number, end: number, now: number): void {
    values[at.packetsFromClients] = (values[at.packetsFromClients] ?? 0) + 1
    values[at.bytesFromClients] = (values[at.bytesFromClients] ?? 0) + end - start
    try {
      const kind = kindOf(start === end ? undefined : bytes[start], settings().channels)
      if (kind === 'channel') channelData(inbox.nameAt(slot), index, start, end, now)
      else if (kind === 'stun') stun(listener, index, slot, start, end, now)
      else note(neither)
    } catch (fault) {
      broke(fault)
    }
  }

  return {
    received(listener, index, first, count, now) {
      for (let slot = first; slot < first + count; slot++) {
        const start = inbox.dataAt(slot)
        const end = start + inbox.lengthOf(slot)
        const segment = inbox.segmentOf(slot)
        if (segment === 0) datagram(listener, index, slot, start, end, now)
        else {
          for (let from = start; from < end; from += segment) {
            datagram(listener, index, slot, from, Math.min(from + segment, end), now)
          }
        }
      }
    },
  }
}
