/** When there is no way to a federated room, or none any more. */
import { send } from '../deliver.ts'
import { errorCodes, errorReply } from '../errors.ts'
import { expectRoom } from '../leaving.ts'
import type { State } from '../state.ts'
import type { Federated } from './federations.ts'
import { endFederated } from './leave.ts'

export interface Failure {
  readonly code: string
  readonly message?: string | undefined
  readonly details?: unknown
}

/** There is no way to that room, or none any more: the client is told, and is where it was before, or nowhere. */
export function fail(state: State, federated: Federated, failure: Failure): void {
  const { session, wanted, room, place } = federated
  const { code, message, details } = failure
  // The other server's own codes are text from outside, and no label of a metric.
  const known = Object.hasOwn(errorCodes, code) ? code : 'other'
  const why = `${code} ${whyOf(failure)}`
  state.note({ fact: 'federation-failed', session: session.id, server: place.server, code: known, why })
  endFederated(state, federated, 'failed')
  send(state, session, errorReply(wanted?.request, code, message, details))
  // Talk's web client cures an expired token by joining again; then it still has to know which room it is in.
  if (room && code !== 'token_expired') send(state, session, { type: 'room', room: { roomid: '' } })
  if (state.hub.roomOf(session.id) === undefined && !state.federation.of(session.id)) expectRoom(state, session)
}

function whyOf({ message = '', details }: Failure): string {
  const detail = typeof details === 'object' && details !== null && 'message' in details ? details.message : undefined
  return (typeof detail === 'string' ? detail : message).slice(0, 200)
}

export const unreachable = (message: string, code = 'network_error'): Failure => ({
  code: 'federation_error',
  details: { code, message },
})
