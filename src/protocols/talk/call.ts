/** Who of a room takes part in its call. */
import { closeLegs } from './media/closing.ts'
import type { Room } from './rooms.ts'
import type { Session } from './session.ts'
import type { State } from './state.ts'

export function joinCall(state: State, room: Room, session: Session): boolean {
  const isFirst = state.hub.callSize(room.key) === 0
  if (!state.hub.enterCall(session.id)) return false
  if (isFirst) state.note({ fact: 'call-started', backend: room.backend.id, room: room.id })
  state.note({
    fact: 'call-joined',
    session: session.id,
    backend: room.backend.id,
    room: room.id,
    clienttype: session.kind,
  })
  return true
}

/** Whoever leaves the call sends and receives nothing any more, also if he was not in it yet. */
export function leaveCall(state: State, session: Session): boolean {
  closeLegs(state, session)
  return state.hub.leaveCall(session.id)
}
