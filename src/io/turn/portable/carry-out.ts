/** Does what the machine wants done. */
import { assertNever } from '../../../lib/assert-never.ts'
import type { TurnAction } from '../../../turn/action.ts'
import type { TurnTransport } from '../../../turn/facts.ts'
import { at, type Counters } from '../counters.ts'
import type { WorkerParts } from '../world.ts'
import type { ClientSide } from './client-side.ts'
import type { Relays } from './relays.ts'
import type { TcpPeers } from './tcp-peers.ts'

export interface CarryOutParts extends Pick<WorkerParts, 'note' | 'askHook'> {
  readonly counters: Counters
  readonly transports: readonly TurnTransport[]
  /** Of the listener of this number. */
  readonly sideOf: (listener: number) => ClientSide | undefined
  readonly relays: Relays
  readonly peers: TcpPeers
}

const allocationCounters = {
  udp: at.allocationsUdp,
  tcp: at.allocationsTcp,
  tls: at.allocationsTls,
} as const satisfies Record<TurnTransport, number>

export function createCarryOut(parts: CarryOutParts): (action: TurnAction, looking: Uint8Array) => void {
  const { transports, sideOf, relays, peers, note, askHook } = parts
  const { values } = parts.counters

  function countAllocation(listener: number, by: 1 | -1): void {
    const counter = allocationCounters[transports[listener] ?? 'udp']
    values[counter] = (values[counter] ?? 0) + by
  }

  return (action, looking) => {
    switch (action.do) {
      case 'answer':
        return sideOf(action.to.listener)?.answer(action.to, action.message)
      case 'bind-relay':
        return relays.bind(action)
      case 'open': {
        const { allocation } = action
        relays.opened(allocation)
        countAllocation(allocation.client.listener, 1)
        return sideOf(allocation.client.listener)?.opened(allocation)
      }
      case 'close-relay': {
        const ended = relays.close(action.relay)
        if (!ended) return
        countAllocation(ended.client.listener, -1)
        return sideOf(ended.client.listener)?.ended(ended)
      }
      case 'send-to-peer':
        // A copy: what is sent at the end of the turn must not be overwritten by then.
        return relays.sendToPeer(action.from, action.to, looking.slice(action.start, action.end))
      case 'ask-hook':
        return askHook(action.username)
      case 'connect-peer':
        return peers.connect(action)
      case 'join':
        return peers.join(action.client, action.connection)
      case 'disconnect-peer':
        return peers.disconnect(action.connection)
      case 'close-client':
        return sideOf(action.client.listener)?.close(action.client)
      case 'note':
        return note(action.fact)
      default:
        return assertNever(action)
    }
  }
}
