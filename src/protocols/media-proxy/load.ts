/** How much this proxy has to do: what signaling servers choose a proxy by. */
import type { EventBody } from '../../sfu/proxy/messages.ts'
import { broadcast } from './deliver.ts'
import type { Load, State } from './state.ts'

/** How often (ms) it is looked at. */
const interval = 1_000

/** While there are sessions, somebody wants to know. */
export function expectLoad(state: State): void {
  if (state.sessions.size > 0 && !state.deadlines.has('load')) {
    state.deadlines.set('load', state.now() + interval, { due: 'load' })
  }
}

/** Tells everybody if it has changed; nobody who drains gets more to do. */
export function lookAtLoad(state: State): void {
  const before = state.load
  state.load = presentLoad(state)
  const { load, incoming, outgoing } = state.load
  const hasChanged = load !== before.load || incoming !== before.incoming || outgoing !== before.outgoing
  if (hasChanged) tellLoad(state)
  expectLoad(state)
}

export function tellLoad(state: State): void {
  if (!state.isDraining) broadcast(state, loadEvent(state))
}

/** Without measurements each client counts with what it may have. */
function presentLoad(state: State): Load {
  const rates = state.world.measured() ?? allowed(state)
  const kilobits = Math.floor((rates.incoming + rates.outgoing) / 1024)
  return { load: Math.min(state.clients.size, kilobits), ...rates }
}

function allowed(state: State): { readonly incoming: number; readonly outgoing: number } {
  let incoming = 0
  let outgoing = 0
  for (const { kind, bitrate } of state.clients.values()) {
    if (kind === 'publisher') incoming += bitrate
    else outgoing += bitrate
  }
  return { incoming, outgoing }
}

/** A part that is 0 is left out, as in the original. */
export function loadEvent({ load: { load, incoming, outgoing }, wishes: { limits } }: State): EventBody {
  const isWorthTelling = limits.incoming > 0 || limits.outgoing > 0 || incoming > 0 || outgoing > 0
  return {
    type: 'update-load',
    ...(load > 0 ? { load } : {}),
    ...(isWorthTelling && {
      bandwidth: {
        ...(limits.incoming > 0 ? { incoming: (incoming / limits.incoming) * 100 } : {}),
        ...(limits.outgoing > 0 ? { outgoing: (outgoing / limits.outgoing) * 100 } : {}),
        ...(incoming > 0 ? { received: incoming } : {}),
        ...(outgoing > 0 ? { sent: outgoing } : {}),
      },
    }),
  }
}
