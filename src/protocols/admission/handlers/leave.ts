/** Leaving a room, on purpose or because the connection ended, and what becomes of the room. */
import { type Asker, answer, note, refuse, sayToRoom } from '../deliver.ts'
import type { Room } from '../rooms.ts'
import type { Session, State } from '../state.ts'
import type { EventOf } from '../wire.ts'
import { tellOwners } from './decide.ts'
import { endRequest } from './join.ts'

export function leaveRoom(
  state: State,
  asker: Asker,
  app: string,
  { message, passed }: EventOf<'room-leave-request'>,
): void {
  const { session } = asker
  const room = message.room ? state.rooms.find(app, message.room) : undefined
  if (!room?.members.has(session.id)) return refuse(state, asker, 'not_member')
  leave(state, room, session)
  answer(state, asker, 'room-leave-accept', { room: room.name, payload: passed.payload })
}

export function leaveAllRooms(state: State, session: Session): void {
  for (const key of [...session.rooms]) {
    const room = state.rooms.byKey(key)
    if (room) leave(state, room, session)
  }
}

function leave(state: State, room: Room, session: Session): void {
  // A member may have asked once more.
  if (state.sessions.has(session.id)) endRequest(state, room, session, 'request_cancelled', 'cancelled')
  const heir = state.rooms.leave(room, session.id)
  session.rooms.delete(room.key)
  if (room.members.size === 0) {
    note(state, { fact: 'admission-room-closed', app: room.app, room: room.name })
    for (const id of [...room.waiting.keys()]) {
      const candidate = state.sessions.get(id)
      if (candidate) endRequest(state, room, candidate, 'room_not_found', 'room closed')
    }
    return
  }
  const { socket, peerinfo } = session
  sayToRoom(state, room, 'room-user-leave', { room: room.name, peer_id: socket, peerinfo })
  const owner = heir === undefined ? undefined : state.sessions.get(heir)
  if (owner) tellOwners(state, room, owner)
}
