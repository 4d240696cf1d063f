/** All allocations, by client, by relay port and by when they end: the only place that writes those maps (SPEC Q17, Q18). */
import { createDeadlines } from '../lib/deadline.ts'
import type { Allocation, OpenAllocation, PendingAllocation, Relay } from './allocation.ts'
import type { ClientKey } from './five-tuple.ts'

export interface Allocations {
  byClient(client: ClientKey): Allocation | undefined
  byPort(family: 4 | 6, port: number): OpenAllocation | undefined
  /** Takes the client's place while sockets are being bound. False if it has one already. */
  hold(pending: PendingAllocation): boolean
  /** In place of what was held for the client. Throws when a port belongs to another or nothing was held: a bug. */
  add(allocation: OpenAllocation, until: number): void
  /** Sets another end (ms). */
  prolong(allocation: OpenAllocation, until: number): void
  /** The client's allocation, held or open, which is gone then; its ports are the caller's to release. */
  remove(client: ClientKey): Allocation | undefined
  /** Takes one of its relays away; its port is the caller's to release. */
  removeRelay(allocation: OpenAllocation, relay: Relay): void
  /** Removes and returns one whose end has come. */
  takeExpired(now: number): OpenAllocation | undefined
  /** When the next one ends (ms). */
  nextDeadline(): number | undefined
  /** Those that are open; do not change them while looking. */
  all(): Iterable<OpenAllocation>
  /** Open and held ones. */
  readonly size: number
}

export function createAllocations(): Allocations {
  const clients = new Map<ClientKey, Allocation>()
  const ports = new Map<number, OpenAllocation>()
  const ends = createDeadlines<OpenAllocation>()

  function remove(client: ClientKey): Allocation | undefined {
    const allocation = clients.get(client)
    clients.delete(client)
    if (allocation?.phase === 'open') {
      ends.cancel(allocation.id)
      for (const { family, port } of allocation.relays) ports.delete(portKey(family, port))
    }
    return allocation
  }

  return {
    byClient: (client) => clients.get(client),
    byPort: (family, port) => ports.get(portKey(family, port)),
    hold(pending) {
      if (clients.has(pending.clientKey)) return false
      clients.set(pending.clientKey, pending)
      return true
    },
    add(allocation, until) {
      if (clients.get(allocation.clientKey)?.phase !== 'binding') throw new Error('no place was held for this client')
      const keys = allocation.relays.map(({ family, port }) => portKey(family, port))
      if (keys.some((key) => ports.has(key))) throw new Error('a relay port belongs to another allocation')
      if (ends.has(allocation.id)) throw new Error('an allocation of this id is there already')
      clients.set(allocation.clientKey, allocation)
      for (const key of keys) ports.set(key, allocation)
      ends.set(allocation.id, until, allocation)
    },
    prolong(allocation, until) {
      if (clients.get(allocation.clientKey) === allocation) ends.set(allocation.id, until, allocation)
    },
    remove,
    removeRelay(allocation, relay) {
      if (!allocation.relays.includes(relay)) return
      allocation.relays = allocation.relays.filter((one) => one !== relay)
      ports.delete(portKey(relay.family, relay.port))
    },
    takeExpired(now) {
      const allocation = ends.takeDue(now)
      if (allocation) remove(allocation.clientKey)
      return allocation
    },
    nextDeadline: () => ends.next(),
    *all() {
      for (const allocation of clients.values()) if (allocation.phase === 'open') yield allocation
    },
    get size() {
      return clients.size
    },
  }
}

/** IPv4 and IPv6 relays have ports of their own. */
export const portKey = (family: 4 | 6, port: number): number => family * 0x10000 + port
