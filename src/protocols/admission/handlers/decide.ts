/** What only an owner may do: let somebody in, turn him away, make another owner. */
import { type Asker, answer, decline, done, note, noteRefusal, refuse, say, sayToRoom } from '../deliver.ts'
import { type ErrorCode, errorCodes } from '../errors.ts'
import type { Room } from '../rooms.ts'
import { roomsOf, type Session, type State, sessionOf, socketOf } from '../state.ts'
import type { EventOf } from '../wire.ts'
import { ask, endRequest, presentIn, takeRequest } from './join.ts'

export function admit(state: State, asker: Asker, app: string, incoming: EventOf<'room-join-accept'>): void {
  const decided = decision(state, asker, app, incoming.message)
  if (!decided) return
  const { room, candidate } = decided
  const { payload } = incoming.passed
  const obstacle = obstacleTo(state, room, candidate)
  if (obstacle) {
    endRequest(state, room, candidate, obstacle, 'no place')
    return done(state, asker)
  }
  const waiting = takeRequest(state, room, candidate)
  tellOtherOwners(state, room, asker, candidate)
  state.rooms.enter(room, candidate.id)
  candidate.rooms.add(room.key)
  note(state, { fact: 'admission-guest-admitted', socket: candidate.socket, app, room: room.name })
  const present = { ...presentIn(state, room, candidate), payload }
  answer(state, { session: candidate, ack: waiting?.ack }, 'room-join-accept', present)
  say(state, [candidate.id], 'room-owner-change', { room: room.name, owners: ownersOf(state, room) })
  const { socket, peerinfo } = candidate
  sayToRoom(state, room, 'room-user-join', { room: room.name, peer_id: socket, payload, peerinfo }, candidate)
  done(state, asker)
}

function obstacleTo({ settings }: State, room: Room, candidate: Session): ErrorCode | undefined {
  if (room.members.has(candidate.id)) return undefined
  if (room.members.size >= settings.maxMembers) return 'room_full'
  // The room itself is among those that it asks for.
  return roomsOf(candidate) > settings.maxRooms ? 'too_many_rooms' : undefined
}

export function reject(state: State, asker: Asker, app: string, incoming: EventOf<'room-join-reject'>): void {
  const decided = decision(state, asker, app, incoming.message)
  if (!decided) return
  const { room, candidate } = decided
  const waiting = takeRequest(state, room, candidate)
  tellOtherOwners(state, room, asker, candidate)
  const { message } = errorCodes.owner_rejected
  const { payload } = incoming.passed
  note(state, { fact: 'admission-request-ended', socket: candidate.socket, room: room.name, how: 'rejected' })
  const told = { room: room.name, peer_id: candidate.socket, message, payload }
  decline(state, { session: candidate, ack: waiting?.ack }, 'room-join-reject', told)
  done(state, asker)
}

/** What is decided on; undefined if there is nothing or nobody to decide, which has been said then. */
function decision(
  state: State,
  asker: Asker,
  app: string,
  { room: name, peer_id }: { readonly room?: string | null | undefined; readonly peer_id?: string | undefined },
): { readonly room: Room; readonly candidate: Session } | undefined {
  const room = ownedRoom(state, asker, app, name)
  if (!room) return undefined
  const candidate = sessionOf(state, peer_id)
  if (candidate && room.waiting.has(candidate.id)) return { room, candidate }
  noteRefusal(state, asker, 'nobody_waiting')
  const { message } = errorCodes.nobody_waiting
  decline(state, asker, 'room-join-cancel', { room: room.name, ...(peer_id !== undefined && { peer_id }), message })
  return undefined
}

function tellOtherOwners(state: State, room: Room, { session }: Asker, candidate: Session): void {
  const others = [...room.owners].filter((id) => id !== session.id && id !== candidate.id)
  const { message } = errorCodes.decided
  say(state, others, 'room-join-cancel', { room: room.name, peer_id: candidate.socket, message })
}

/** Undefined if it is not his, which has been said then. */
function ownedRoom(state: State, asker: Asker, app: string, name: string | null | undefined): Room | undefined {
  const room = name ? state.rooms.find(app, name) : undefined
  if (room?.owners.has(asker.session.id)) return room
  noteRefusal(state, asker, 'not_owner')
  const { event } = asker
  // A room that is not there and one of somebody else's look the same.
  decline(state, asker, 'unauthorized', { message: errorCodes.not_owner.message, event })
  return undefined
}

export function addOwner(state: State, asker: Asker, app: string, { message }: EventOf<'room-owner-add'>): void {
  const room = ownedRoom(state, asker, app, message.room)
  if (!room) return
  const chosen = sessionOf(state, message.peer_id)
  if (!chosen || !room.members.has(chosen.id)) return refuse(state, asker, 'peer_not_found')
  if (!room.owners.has(chosen.id)) {
    state.rooms.addOwner(room, chosen.id)
    tellOwners(state, room, chosen)
  }
  done(state, asker)
}

const ownersOf = (state: State, room: Room): string[] => [...room.owners].map((id) => socketOf(state, id))

/** After somebody became an owner: all hear of it, and he hears who waits. */
export function tellOwners(state: State, room: Room, chosen: Session): void {
  note(state, { fact: 'admission-owner-changed', socket: chosen.socket, app: room.app, room: room.name })
  sayToRoom(state, room, 'room-owner-change', { room: room.name, owners: ownersOf(state, room) })
  for (const [id, waiting] of room.waiting) {
    const candidate = state.sessions.get(id)
    if (candidate && candidate !== chosen) ask(state, [chosen.id], room, candidate, waiting)
  }
}
