/** How many events a socket may still send: a bucket that fills by the second. */
import { note } from './deliver.ts'
import type { Session, State } from './state.ts'

/** As many seconds' worth may come at once: ICE candidates for many peers do. */
export const burst = 5
const policy = 1008

/**
 * Counts one event. Who does not heed the refusals for as long as he had been free to send is disconnected; whatever
 * still comes of him then is not answered.
 */
export function afford(state: State, session: Session): 'granted' | 'refused' | 'ignored' {
  const { eventRate } = state.settings
  if (eventRate === 0) return 'granted'
  const { budget } = session
  const most = burst * eventRate
  budget.left = Math.min(most, budget.left + ((state.now - budget.asOf) * eventRate) / 1000)
  budget.asOf = state.now
  if (budget.left < -most) return 'ignored'
  budget.left -= 1
  if (budget.left >= 0) return 'granted'
  if (budget.left >= -most) return 'refused'
  note(state, { fact: 'admission-flooded', address: session.address, socket: session.socket })
  state.effects.push({ do: 'close', to: session.id, code: policy, reason: 'too many events' })
  return 'ignored'
}
