/** There is one session per session id of Nextcloud's. */
import { endSession, sayBye } from './ending.ts'
import { type ClientSession, isClientSession } from './session.ts'
import type { State } from './state.ts'

/** An older session under the same id ends, and Nextcloud hears nothing of that. */
export function disconnectFormer(state: State, session: ClientSession, roomSession: string): void {
  const former = state.seats.find(session.backend, roomSession)
  if (!former || former === session || !isClientSession(former)) return
  if (former.link.phase === 'open') sayBye(state, former.link.connection, 'room_session_reconnected')
  endSession(state, former, 'same room session joined elsewhere', true)
}
