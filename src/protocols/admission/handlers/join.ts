/** Asking to be let into a room, and every way in which a request ends without an owner's yes. */
import type { ConnectionId } from '../../../core/ids.ts'
import { type Asker, acknowledge, answer, decline, note, refuse, say } from '../deliver.ts'
import { type ErrorCode, errorCodes } from '../errors.ts'
import type { RequestEnd } from '../facts.ts'
import type { Room, Waiting } from '../rooms.ts'
import { dueKey, roomsOf, type Session, type State, socketOf } from '../state.ts'
import type { EventOf } from '../wire.ts'

/** In one room; an owner could not look at more. */
const mostWaiting = 100

export function askToJoin(
  state: State,
  asker: Asker,
  app: string,
  { message, passed, ack }: EventOf<'room-join-request'>,
): void {
  const { session } = asker
  const { payload } = passed
  const room = message.room ? state.rooms.find(app, message.room) : undefined
  if (!room) return refuse(state, asker, 'room_not_found', payload)
  const isOnlyOwner = room.owners.has(session.id) && room.owners.size === 1
  if (isOnlyOwner) return answer(state, asker, 'room-join-accept', { ...presentIn(state, room, session), payload })
  const isNew = !room.members.has(session.id) && !room.waiting.has(session.id)
  if (isNew && roomsOf(session) >= state.settings.maxRooms) return refuse(state, asker, 'too_many_rooms', payload)
  if (isNew && room.members.size >= state.settings.maxMembers) return refuse(state, asker, 'room_full', payload)
  if (!room.waiting.has(session.id) && room.waiting.size >= mostWaiting) {
    return refuse(state, asker, 'too_many_waiting', payload)
  }
  const former = room.waiting.get(session.id)
  if (former?.ack !== undefined) {
    acknowledge(state, session, former.ack, { ok: false, message: errorCodes.request_repeated.message })
  }
  const waiting = { payload, ack }
  state.rooms.wait(room, session.id, waiting)
  session.asks.add(room.key)
  const due = { room: room.key, candidate: session.id }
  state.deadlines.set(dueKey(room.key, session.id), state.now + state.settings.requestTimeout, due)
  ask(state, ownersBut(room, session), room, session, waiting)
}

export function ask(
  state: State,
  owners: readonly ConnectionId[],
  room: Room,
  { socket, peerinfo }: Session,
  { payload }: Waiting,
): void {
  say(state, owners, 'room-join-request', { room: room.name, peer_id: socket, payload, peerinfo })
}

/** What a member is told of a room that he is in. */
export function presentIn(
  state: State,
  room: Room,
  member: Session,
): {
  readonly room: string
  readonly peer_id: string
  readonly peers: string[]
  readonly peersinfo?: Record<string, { peerinfo?: unknown }>
} {
  const members = [...room.members]
  const peers = members.filter((id) => id !== member.id).map((id) => socketOf(state, id))
  const known = members.flatMap((id) => state.sessions.get(id) ?? [])
  const isTold = state.settings.revision === 2 || known.some(({ peerinfo }) => peerinfo !== undefined)
  const peersinfo = Object.fromEntries(known.map(({ socket, peerinfo }) => [socket, { peerinfo }]))
  return { room: room.name, peer_id: member.socket, peers, ...(isTold && { peersinfo }) }
}

export function cancelRequest(
  state: State,
  asker: Asker,
  app: string,
  { message, passed }: EventOf<'room-join-cancel'>,
): void {
  const { session } = asker
  const room = message.room ? state.rooms.find(app, message.room) : undefined
  if (!room?.waiting.has(session.id)) return refuse(state, asker, 'not_waiting', passed.payload)
  endRequest(state, room, session, 'request_cancelled', 'cancelled')
  if (asker.ack !== undefined) acknowledge(state, session, asker.ack, { ok: true })
}

/** Takes somebody off the waiting list, whatever comes of it; undefined if he is not on it. */
export function takeRequest(state: State, room: Room, candidate: Session): Waiting | undefined {
  const waiting = state.rooms.stopWaiting(room, candidate.id)
  state.deadlines.cancel(dueKey(room.key, candidate.id))
  candidate.asks.delete(room.key)
  return waiting
}

/** Without a decision: the candidate is answered, the owners hear that there is nothing to decide any more. */
export function endRequest(state: State, room: Room, candidate: Session, why: ErrorCode, how: RequestEnd): void {
  const waiting = takeRequest(state, room, candidate)
  if (!waiting) return
  const { message } = errorCodes[why]
  const told = { room: room.name, peer_id: candidate.socket, message }
  note(state, { fact: 'admission-request-ended', socket: candidate.socket, room: room.name, how })
  say(state, ownersBut(room, candidate), 'room-join-cancel', told)
  const { payload, ack } = waiting
  if (how !== 'gone') decline(state, { session: candidate, ack }, 'room-join-reject', { ...told, payload })
}

/** Nobody decides on himself. */
const ownersBut = ({ owners }: Room, candidate: Session): readonly ConnectionId[] =>
  [...owners].filter((id) => id !== candidate.id)

/** The candidate's connection has ended. */
export function giveUpRequests(state: State, candidate: Session): void {
  for (const key of [...candidate.asks]) {
    const room = state.rooms.byKey(key)
    if (room) endRequest(state, room, candidate, 'candidate_gone', 'gone')
  }
}
