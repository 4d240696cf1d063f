/** A stand-in for the TURN machine: whoever sends it an octet gets what he asks for, so that tests see sockets and nothing else. */
import type { TransportAddress } from '../../../../src/lib/ip-address.ts'
import type { TurnAction } from '../../../../src/turn/action.ts'
import { bindChannel, type OpenAllocation, openAllocation, permit } from '../../../../src/turn/allocation.ts'
import { type Client, type ClientKey, clientKey } from '../../../../src/turn/five-tuple.ts'
import type { TurnParts, TurnServer } from '../../../../src/turn/server.ts'

/** The second octet of a request; the first is 0. What follows is in `tiny-client.ts`. */
export const command = {
  allocate: 1,
  channel: 2,
  permit: 3,
  end: 4,
  send: 5,
  echo: 6,
  throw: 7,
  icmp: 9,
  data: 23,
} as const

interface Asked {
  readonly client: Client
  readonly families: readonly (4 | 6)[]
  readonly bound: { family: 4 | 6; port: number; socket: number }[]
}

export function createTinyServer(parts: TurnParts): TurnServer {
  const allocations = new Map<ClientKey, OpenAllocation>()
  const asked = new Map<ClientKey, Asked>()
  const scratch = new Uint8Array(2048)
  let draining = false

  function answer(to: Client, ...octets: readonly number[]): TurnAction {
    scratch.set(octets)
    return { do: 'answer', to, message: scratch.subarray(0, octets.length) }
  }

  function bindRelay(client: ClientKey, family: 4 | 6): TurnAction {
    const port = parts.ledger.ports[family].take('any', 0) ?? 0
    return { do: 'bind-relay', for: client, family, port, protocol: 'udp' }
  }

  function end(allocation: OpenAllocation): readonly TurnAction[] {
    allocations.delete(allocation.clientKey)
    return allocation.relays.map((relay) => {
      parts.ledger.ports[relay.family].release(relay.port, 0)
      return { do: 'close-relay', relay } as const
    })
  }

  function opened({ client, bound }: Asked): readonly TurnAction[] {
    const key = clientKey(client)
    asked.delete(key)
    const allocation = openAllocation(
      {
        ...{ phase: 'binding', clientKey: key, client, protocol: 'udp', transaction: '' },
        sender: { username: 'u', user: 'u', key: new Uint8Array(16) },
      },
      { id: 'a', relays: bound, since: 0, granted: { lifetime: 600, token: undefined, lacking: undefined } },
    )
    allocations.set(key, allocation)
    const ports = bound.flatMap(({ port }) => [port >> 8, port & 255])
    return [{ do: 'open', allocation }, answer(client, 1, command.allocate, ...ports)]
  }

  function received(
    bytes: Uint8Array,
    start: number,
    end_: number,
    client: Client,
    now: number,
  ): readonly TurnAction[] {
    const octet = (index: number) => bytes[start + index] ?? 0
    const key = clientKey(client)
    const allocation = allocations.get(key)
    const peer = peerAt(bytes, start + 4)
    switch (octet(1)) {
      case command.allocate: {
        if (draining) return []
        const families = octet(2) === 10 ? ([4, 6] as const) : [octet(2) === 6 ? (6 as const) : (4 as const)]
        asked.set(key, { client, families, bound: [] })
        return families.map((family) => bindRelay(key, family))
      }
      case command.channel:
        if (allocation) bindChannel(allocation.peers, octet(2) * 256 + octet(3), peer, now)
        return [answer(client, 1, command.channel)]
      case command.permit:
        if (allocation) permit(allocation.peers, [peer.ip], now)
        return [answer(client, 1, command.permit)]
      case command.end:
        return [...(allocation ? end(allocation) : []), answer(client, 1, command.end)]
      case command.send: {
        const from = allocation?.relays.find(({ family }) => family === peer.ip.family)
        if (!from) return []
        return [{ do: 'send-to-peer', from, to: peer, start: start + 24, end: end_, dontFragment: octet(2) === 1 }]
      }
      case command.echo:
        return [answer(client, ...bytes.subarray(start, end_))]
      case command.throw:
        throw new Error('a bug for a test')
      default:
        return [{ do: 'note', fact: { fact: 'turn-ignored', transport: 'udp', why: 'malformed' } }]
    }
  }

  return {
    received,
    relayBound(client, family, port, socket) {
      const one = asked.get(client)
      if (!one) return []
      one.bound.push({ family, port, socket })
      return one.bound.length === one.families.length ? opened(one) : []
    },
    /** Somebody else on this machine has the port: another one then. */
    relayFailed(client, family, port, error) {
      const note = { do: 'note', fact: { fact: 'turn-bind-failed', family, port, error } } as const
      if (error.includes('EADDRINUSE')) return [note, bindRelay(client, family)]
      const one = asked.get(client)
      asked.delete(client)
      return one ? [note, answer(one.client, 1, 0)] : []
    },
    hookAnswered: () => [],
    peerConnected: () => [],
    peerFailed: () => [],
    peerArrived: () => ({ connection: undefined, actions: [] }),
    peerClosed: () => [],
    closed: () => [],
    icmpReceived: (allocation, peer, { type, code, data }) => [
      answer(allocation.client, 1, command.icmp, type, code, peer.port >> 8, peer.port & 255, data >> 8, data & 255),
    ],
    expired: () => [],
    nextDeadline: () => undefined,
    allocationOf: (client) => allocations.get(client),
    wrapData(bytes, start, end_, peer) {
      bytes.set([1, command.data, peer.port >> 8, peer.port & 255], start - 4)
      bytes.fill(0, end_, start + ((end_ - start + 3) & ~3))
      return start - 4
    },
    reload: () => [],
    drain() {
      draining = true
    },
    endAll: () => [...allocations.values()].flatMap(end),
    get size() {
      return allocations.size
    },
  }
}

/** Family, a free octet, port, and 4 or 16 octets of address. */
function peerAt(bytes: Uint8Array, start: number): TransportAddress {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start)
  if (bytes.length < start + 20) return { ip: { family: 4, value: 0 }, port: 0 }
  const port = view.getUint16(2)
  return view.getUint8(0) === 6
    ? { ip: { family: 6, words: [view.getUint32(4), view.getUint32(8), view.getUint32(12), view.getUint32(16)] }, port }
    : { ip: { family: 4, value: view.getUint32(4) }, port }
}
