/** The end of a federated room, or of the attempt to join one, as far as it concerns this session and the link. */
import type { ClientSession } from '../session.ts'
import type { State } from '../state.ts'
import type { Federated } from './federations.ts'
import type { FederationCommand } from './link.ts'

/** Seats in rooms of other servers are told from ours by this: both Nextclouds may be served here. */
export const federatedSeat = 'federated|'

export const order = (state: State, command: FederationCommand): void =>
  state.emit({ do: 'command', command: { to: 'federation', command } })

/** Leaves the federated room that the session is in and gives up the one it was about to join; whether there was any. */
export function leaveFederation(state: State, session: ClientSession, why: string): boolean {
  const { federation } = state
  if (federation.size === 0) return false
  const attempt = federation.attemptOf(session.id)
  const current = federation.of(session.id)
  if (attempt) endFederated(state, attempt, why)
  if (current) endFederated(state, current, why)
  return attempt !== undefined || current !== undefined
}

/** Says farewell to the other server and forgets the link. The client is told by whoever calls this, if at all. */
export function endFederated(state: State, federated: Federated, why: string): void {
  const { federation, deadlines, seats } = state
  const { session, phase, room, wanted } = federated
  if (federation.of(session.id) === federated && session.roomSession.startsWith(federatedSeat)) seats.take(session, '')
  federation.remove(federated)
  deadlines.cancel(deadlineOf(federated))
  federation.release(wanted?.connection)
  federated.wanted = undefined
  // Without a farewell we would be in its room until it takes us for lost.
  if (phase === 'joining' || phase === 'joined') order(state, { do: 'send', link: federated.link, text: farewell })
  if (phase !== 'pausing') order(state, { do: 'hang-up', link: federated.link })
  if (room) state.note({ fact: 'federation-left', session: session.id, server: federated.place.server, why })
}

const farewell = '{"type":"bye"}'

export const deadlineOf = ({ number }: Federated): string => `federation ${number}`
