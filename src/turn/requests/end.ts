/** The end of an allocation, whoever brings it about: nothing of it stays, and all there is to know of it is told once. */
import { formatTransportAddress } from '../../lib/ip-address.ts'
import type { OpenAllocation, Relay } from '../allocation.ts'
import type { AllocationEnd } from '../facts.ts'
import { disconnect } from './disconnect.ts'
import type { Turn } from './turn.ts'

/** A client on a stream is told so by its end; else it goes on for minutes before it notices. */
const endedByUs: ReadonlySet<AllocationEnd> = new Set(['ended by an administrator', 'stopped'])

/** Safe to call for one that `Allocations` has given back as expired. */
export function endAllocation(turn: Turn, allocation: OpenAllocation, why: AllocationEnd, now: number): void {
  const { id, clientKey, client, sender, relays, since, toPeers, toClient } = allocation
  const transport = turn.transports[client.listener] ?? 'udp'
  turn.allocations.remove(clientKey)
  for (const connection of turn.connections.of(allocation)) disconnect(turn, connection)
  for (const relay of relays) closeRelay(turn, relay, now)
  if (transport !== 'udp' && endedByUs.has(why)) turn.act({ do: 'close-client', client })
  turn.ledger.quotas.release({ user: sender.user, source: client.address.ip })
  turn.note({
    fact: 'turn-ended',
    allocation: id,
    transport,
    user: sender.user,
    address: formatTransportAddress(client.address),
    why,
    seconds: Math.round((now - since) / 1000),
    packetsToPeers: toPeers.packets,
    bytesToPeers: toPeers.bytes,
    packetsToClient: toClient.packets,
    bytesToClient: toClient.bytes,
  })
}

export function closeRelay(turn: Turn, relay: Relay, now: number): void {
  turn.act({ do: 'close-relay', relay })
  turn.ledger.ports[relay.family].release(relay.port, now)
}
