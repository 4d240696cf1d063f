/** Allocations for tests, by the number of their client. */
import { type OpenAllocation, openAllocation, type PendingAllocation, type Relay } from '../../src/turn/allocation.ts'
import { clientKey } from '../../src/turn/five-tuple.ts'
import { at } from './ip.ts'

export function pending(index = 0): PendingAllocation {
  const client = { address: at('192.0.2.1', 5000 + index), listener: 0 }
  const sender = { username: 'bob', user: 'bob', key: new Uint8Array(16) }
  return { phase: 'binding', clientKey: clientKey(client), client, sender, protocol: 'udp', transaction: `t${index}` }
}

export function opened(
  index = 0,
  relays: readonly Relay[] = [{ family: 4, port: 50_000 + index, socket: index }],
): OpenAllocation {
  return openAllocation(pending(index), {
    ...{ id: `a${index}`, relays, since: 0 },
    granted: { lifetime: 600, token: undefined, lacking: undefined },
  })
}
