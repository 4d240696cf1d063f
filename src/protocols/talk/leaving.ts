/** Leaving a room, for whatever reason. */
import { toRoom } from '../../core/address.ts'
import { federatedActor } from './federation/actor.ts'
import { flushJoins } from './joins.ts'
import { closeLegs } from './media/closing.ts'
import { publishParticipants } from './participants.ts'
import type { Room } from './rooms.ts'
import { isClientSession, type Session } from './session.ts'
import type { State } from './state.ts'
import { dropValues, removeOwnValue } from './values.ts'

/** How long (ms) a guest may stay outside of rooms. */
const guestWindow = 10_000

/**
 * Takes a session out of its room and tells those who stay; the answer is the room that was left.
 * Nextcloud is told unless `quietly`: a second leave of the same participant would remove a guest from the conversation.
 */
export function leaveRoom(state: State, session: Session, quietly = false): Room | undefined {
  const key = state.hub.roomOf(session.id)
  const room = key === undefined ? undefined : state.rooms.get(key)
  if (!room) return undefined

  flushJoins(state, room)
  const { roomSession } = session
  state.seats.take(session, '')
  session.roomUserId = ''
  room.participants.delete(session.id)
  closeLegs(state, session)
  state.hub.leave(session.id)
  state.note({ fact: 'room-left', session: session.id, backend: room.backend.id, room: room.id })

  if (state.hub.memberCount(room.key) === 0) {
    dropValues(state, room)
    state.rooms.close(room.key)
  } else {
    removeOwnValue(state, room, session.id)
    state.tell(toRoom(room.key), {
      event: 'news',
      message: { type: 'event', event: { target: 'room', type: 'leave', leave: [session.id] } },
    })
    if (session.kind === 'internal') publishParticipants(state, room)
  }
  if (!quietly && isTalkParticipant(session) && roomSession !== '') tellBackend(state, session, room.id, roomSession)
  return room
}

/** Takes everybody out of a room that was deleted; nobody is told that the others left. */
export function emptyRoom(state: State, room: Room): readonly Session[] {
  const members = [...state.hub.members(room.key)]
  dropValues(state, room)
  state.rooms.close(room.key)
  for (const session of members) {
    const { roomSession } = session
    state.seats.take(session, '')
    session.roomUserId = ''
    closeLegs(state, session)
    state.hub.leave(session.id)
    state.note({ fact: 'room-left', session: session.id, backend: room.backend.id, room: room.id })
    if (isTalkParticipant(session) && roomSession !== '') tellBackend(state, session, room.id, roomSession)
  }
  return members
}

/** Tells Nextcloud that one of its participants has left. */
export function tellBackend(state: State, session: Session, roomid: string, roomSession: string): void {
  state.ask(
    {
      ask: 'backend',
      backend: session.backend,
      url: session.backendUrl,
      request: {
        type: 'room',
        room: {
          version: '1.0',
          roomid,
          action: 'leave',
          userid: session.userId,
          sessionid: roomSession,
          ...federatedActor(session),
        },
      },
    },
    { for: 'notice', backend: session.backend.id, what: 'leave' },
  )
}

/** 1.2: whoever has no account has to be in a room soon, or again soon. */
export function expectRoom(state: State, session: Session): void {
  if (!isClientSession(session) || session.userId !== '' || session.kind === 'internal') return
  state.deadlines.set(`room-join ${session.id}`, state.now() + guestWindow, { due: 'room-join', session })
}

export const roomJoined = (state: State, session: Session): void => state.deadlines.cancel(`room-join ${session.id}`)

/** Nextcloud knows no internal clients, and virtual sessions have a farewell of their own. */
const isTalkParticipant = (session: Session): boolean => isClientSession(session) && session.kind !== 'internal'
