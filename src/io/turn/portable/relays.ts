/** The relay sockets: binds them, gives them to allocations, and carries data both ways. */
import type { IpAddress, TransportAddress } from '../../../lib/ip-address.ts'
import type { TurnAction } from '../../../turn/action.ts'
import type { OpenAllocation, Relay } from '../../../turn/allocation.ts'
import { channelDataLength, channelHeaderLength, channelOf } from '../../../turn/codec/channel-data.ts'
import { peerKey } from '../../../turn/five-tuple.ts'
import { type DropReason, towardsClient, towardsPeer } from '../../../turn/relaying.ts'
import { at } from '../counters.ts'
import { bindDatagrams } from './datagrams.ts'
import type { FromClient, Shared } from './shared.ts'

export interface Relays {
  bind(action: Extract<TurnAction, { readonly do: 'bind-relay' }>): void
  /** What arrives on the allocation's relay sockets is its own from now on. */
  opened(allocation: OpenAllocation): void
  /** Answers the allocation if this was the last of its sockets. */
  close(relay: Relay): OpenAllocation | undefined
  readonly fromClient: FromClient
  /** The octets must stay as they are until the end of this turn. */
  sendToPeer(from: Relay, to: TransportAddress, data: Uint8Array): void
  /** Closes whatever is left. */
  stop(): void
}

/** A socket, and whose it is once it is somebody's. */
export interface RelayHolder {
  allocation: OpenAllocation | undefined
}

export interface RelaySocket {
  send(bytes: Uint8Array, port: number, address: string): void
  close(): void
}

export interface RelaysParts {
  /** Data for a client. */
  readonly relay: (allocation: OpenAllocation, channel: number, data: Uint8Array, ip: IpAddress, port: number) => void
  /** A relay socket of RFC 6062. Throws if the address cannot be had. */
  readonly listenTcp: (host: string, port: number, holder: RelayHolder) => RelaySocket
}

const dropCounters = {
  'no channel': at.droppedNoChannel,
  'no permission': at.droppedNoPermission,
  'over the byte rate': at.droppedOverByteRate,
} as const satisfies Record<DropReason, number>

export function createRelays(shared: Shared, { relay, listenTcp }: RelaysParts): Relays {
  const { server, inputs, addresses, now, settings } = shared
  const { values } = shared.counters
  const sockets = new Map<number, { readonly socket: RelaySocket; readonly holder: RelayHolder }>()
  /** How many sockets each has. */
  const socketsOf = new Map<OpenAllocation, number>()
  let nextNumber = 1
  let isStopped = false

  const count = (counter: number, by = 1): void => {
    values[counter] = (values[counter] ?? 0) + by
  }

  async function bind(action: Extract<TurnAction, { readonly do: 'bind-relay' }>): Promise<void> {
    const { for: client, family, port, protocol } = action
    try {
      const place = settings().relays[family]
      if (!place) throw new Error('no relay address of this family')
      const host = addresses.text(place.bound)
      const holder: RelayHolder = { allocation: undefined }
      const received = (bytes: Uint8Array, from: number, address: string) => fromPeer(holder, bytes, from, address)
      const socket =
        protocol === 'udp'
          ? await bindDatagrams({ ...shared, host, port, received, broke: inputs.broke })
          : listenTcp(host, port, holder)
      if (isStopped) return socket.close()
      const number = nextNumber++
      sockets.set(number, { socket, holder })
      inputs.put((time) => server.relayBound(client, family, port, number, time))
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      inputs.put((time) => server.relayFailed(client, family, port, text, time))
    }
  }

  function fromPeer({ allocation }: RelayHolder, data: Uint8Array, port: number, address: string): void {
    const known = addresses.known(address)
    if (!allocation || !known) return
    count(at.packetsFromPeers)
    count(at.bytesFromPeers, data.length)
    const key = peerKey(known.ip, port)
    const channel = towardsClient(allocation, known.key, key, data.length, now(), settings().bytesPerSecond)
    if (typeof channel === 'string') count(dropCounters[channel])
    else relay(allocation, channel, data, known.ip, port)
  }

  function sendToPeer(from: Relay, { ip, port }: TransportAddress, data: Uint8Array): void {
    const found = sockets.get(from.socket)
    if (!found) return
    count(at.packetsToPeers)
    count(at.bytesToPeers, data.length)
    found.socket.send(data, port, addresses.text(ip))
  }

  return {
    bind: (action) => void bind(action),

    opened(allocation) {
      socketsOf.set(allocation, allocation.relays.length)
      for (const { socket } of allocation.relays) {
        const found = sockets.get(socket)
        if (found) found.holder.allocation = allocation
      }
    },

    close({ socket: number }) {
      const found = sockets.get(number)
      if (!found) return undefined
      sockets.delete(number)
      found.socket.close()
      const { allocation } = found.holder
      found.holder.allocation = undefined
      const left = allocation ? (socketsOf.get(allocation) ?? 0) - 1 : 0
      if (!allocation || left > 0) {
        if (allocation) socketsOf.set(allocation, left)
        return undefined
      }
      socketsOf.delete(allocation)
      return allocation
    },

    fromClient(key, bytes, start, end, isLent) {
      const allocation = server.allocationOf(key)
      const length = channelDataLength(bytes, start, end)
      if (!allocation || length < 0) return count(at.droppedNoChannel)
      const channel = towardsPeer(allocation, channelOf(bytes, start), length, now(), settings().bytesPerSecond)
      if (typeof channel === 'string') return count(dropCounters[channel])
      const { peer } = channel
      const from = allocation.relays.find(({ family }) => family === peer.ip.family)
      if (!from) return
      const dataStart = start + channelHeaderLength
      // What is sent at the end of the turn must not be overwritten by then.
      const data = isLent
        ? bytes.slice(dataStart, dataStart + length)
        : new Uint8Array(bytes.buffer, bytes.byteOffset + dataStart, length)
      sendToPeer(from, peer, data)
    },

    sendToPeer,

    stop() {
      isStopped = true
      for (const { socket } of sockets.values()) socket.close()
      sockets.clear()
    },
  }
}
