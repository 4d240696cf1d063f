/** What Nextcloud tells us of rooms: POST /api/v1/room/{id}, already checked and parsed (1.15). */
import { type Address, toRoom, toSession, toUser } from '../../core/address.ts'
import { userKey } from '../../core/ids.ts'
import { assertNever } from '../../lib/assert-never.ts'
import { RawJson } from '../json-wire.ts'
import type { Backend } from './backend/backends.ts'
import type { ParticipantEntry, RoomRequest } from './backend/room-request.ts'
import { joinCall, leaveCall } from './call.ts'
import { deliver, send } from './deliver.ts'
import { startDialout } from './handlers/dialout.ts'
import { emptyRoom, expectRoom } from './leaving.ts'
import { revoke } from './media/closing.ts'
import type { ServerMessage } from './messages/index.ts'
import { completeParticipants, participantsMessage } from './participants.ts'
import { frameOf } from './render.ts'
import { isInCall, mergeParticipants, type Participant, type Room } from './rooms.ts'
import { type ClientSession, isClientSession, type Session } from './session.ts'
import type { State } from './state.ts'
import type { TalkEvent } from './vocabulary.ts'

export interface IncomingRequest {
  /** What the `reply` effect will name. */
  readonly number: number
  readonly backend: Backend
  /** The URL by which the backend is known to us. */
  readonly backendUrl: string
  readonly roomId: string
  readonly request: RoomRequest
  /** When it came in (ms). */
  readonly received: number
}

/** Acts on a request whose session ids are known as well as they will ever be. */
export function perform(state: State, incoming: IncomingRequest): void {
  const { request, roomId, backend } = incoming
  switch (request.type) {
    case 'invite': {
      const { userids, alluserids, properties = noProperties } = request.invite
      tellUsers(state, backend, userids, news(roomlist('invite', roomId, properties)))
      return tellUpdate(state, incoming, properties, alluserids, userids)
    }
    case 'disinvite': {
      const { userids, sessionids, alluserids, properties = noProperties } = request.disinvite
      const event: TalkEvent = { event: 'disinvited', room: roomId, reason: 'disinvited' }
      tellUsers(state, backend, userids, event)
      // Who is meant by both names is told once.
      const others = seated(state, backend, sessionids).filter(({ userId }) => !userids.includes(userId))
      for (const session of others) state.tell(toSession(session.id), event)
      return tellUpdate(state, incoming, properties, alluserids, userids)
    }
    case 'update': {
      const { userids, properties = noProperties } = request.update
      inRoom(state, incoming, (room) => updateProperties(state, room, properties))
      return tellUpdate(state, incoming, properties, userids, [])
    }
    case 'delete':
      inRoom(state, incoming, (room) => deleteRoom(state, room))
      return tellUsers(state, backend, request.delete.userids, { event: 'disinvited', room: roomId, reason: 'deleted' })
    case 'incall':
      return inRoom(state, incoming, (room) => {
        const { all, incall } = request.incall
        if (all) return setAllInCall(state, room, incall)
        const lists = knownLists(state, room, request.incall)
        if (lists) setInCall(state, room, lists)
      })
    case 'participants':
      return inRoom(state, incoming, (room) => {
        const lists = knownLists(state, room, request.participants)
        if (lists) updateParticipants(state, room, lists)
      })
    case 'message':
      return inRoom(state, incoming, (room) => {
        const { data } = request.message
        if (data) state.tell(toRoom(room.key), { event: 'room-message', room: room.id, data })
      })
    case 'switchto':
      return switchTo(state, incoming, request.switchto)
    case 'dialout':
      return startDialout(state, {
        request: incoming.number,
        backend,
        backendUrl: incoming.backendUrl,
        roomId,
        number: request.dialout.number,
        options: request.dialout.options,
      })
    default:
      return assertNever(request)
  }
}

/** Nextcloud's session ids in a request, as far as we have to know whose they are. */
export function mentionedSessions({ request }: IncomingRequest): readonly string[] {
  switch (request.type) {
    case 'disinvite':
      return request.disinvite.sessionids
    case 'incall':
      return idsOf(request.incall.changed, request.incall.users)
    case 'participants':
      return idsOf(request.participants.changed, request.participants.users)
    case 'switchto':
      return [...request.switchto.sessions.keys()]
    case 'invite':
    case 'update':
    case 'delete':
    case 'message':
    case 'dialout':
      return []
    default:
      return assertNever(request)
  }
}

const idsOf = (
  changed: readonly ParticipantEntry[],
  users: readonly ParticipantEntry[] | undefined,
): readonly string[] => [...changed, ...(users ?? [])].map((entry) => entry.sessionId)

/** Runs `act` for the room if somebody is in it, unless a newer request of this type was there first (6.47). */
function inRoom(state: State, incoming: IncomingRequest, act: (room: Room) => void): void {
  const { backend, roomId, received } = incoming
  const { type } = incoming.request
  const room = state.rooms.find(backend, roomId)
  if (!room) return
  if ((room.lastRequests.get(type) ?? Number.NEGATIVE_INFINITY) > received) {
    state.note({ fact: 'backend-request-stale', backend: backend.id, room: roomId, type })
    return
  }
  room.lastRequests.set(type, received)
  act(room)
}

/** Talk's web client reads a key of `properties` without a guard, so there is always an object. */
const noProperties = new RawJson('{}')

const news = (message: ServerMessage): TalkEvent => ({ event: 'news', message })

const roomlist = (type: 'invite' | 'update', roomid: string, properties: RawJson): ServerMessage =>
  type === 'invite'
    ? { type: 'event', event: { target: 'roomlist', type, invite: { roomid, properties } } }
    : { type: 'event', event: { target: 'roomlist', type, update: { roomid, properties } } }

function tellUsers(state: State, backend: Backend, users: readonly string[], event: TalkEvent): void {
  for (const user of new Set(users)) state.tell(addressOf(backend, user), event)
}

const addressOf = (backend: Backend, user: string): Address => toUser(userKey(backend.id, user))

/** The other users of a room learn that it changed. */
function tellUpdate(
  state: State,
  { backend, roomId }: IncomingRequest,
  properties: RawJson,
  all: readonly string[],
  told: readonly string[],
): void {
  const others = all.filter((user) => !told.includes(user))
  if (others.length === 0) return
  tellUsers(state, backend, others, news(roomlist('update', roomId, properties)))
}

function seated(state: State, backend: Backend, roomSessions: readonly string[]): readonly Session[] {
  return roomSessions.map((id) => state.seats.find(backend, id)).filter((session) => session !== undefined)
}

function updateProperties(state: State, room: Room, properties: RawJson): void {
  if (room.properties?.text === properties.text) return
  room.properties = properties
  state.tell(toRoom(room.key), news({ type: 'room', room: { roomid: room.id, properties } }))
}

function deleteRoom(state: State, room: Room): void {
  for (const session of emptyRoom(state, room)) {
    if (!isClientSession(session)) continue
    if (session.kind === 'internal') {
      send(state, session, { type: 'event', event: { target: 'room', type: 'delete' } })
    }
    send(state, session, { type: 'room', room: { roomid: '' } })
    expectRoom(state, session)
  }
}

/** Our session id in place of Nextcloud's; who is not here is left out. */
function known(state: State, room: Room, entries: readonly ParticipantEntry[]): readonly Participant[] {
  const found: Participant[] = []
  for (const entry of entries) {
    const session = state.seats.find(room.backend, entry.sessionId)
    if (session) found.push({ ...entry, sessionId: session.id })
  }
  return found
}

/** `users` is undefined where Nextcloud leaves the whole list to us. */
interface Lists<E> {
  readonly changed: readonly E[]
  readonly users?: readonly E[] | undefined
}

/** Both lists of a request; undefined if nobody on them is here: then nothing is told (6.48). */
function knownLists(state: State, room: Room, lists: Lists<ParticipantEntry>): Lists<Participant> | undefined {
  const changed = known(state, room, lists.changed)
  const users = lists.users && known(state, room, lists.users)
  return changed.length === 0 && (users?.length ?? 0) === 0 ? undefined : { changed, users }
}

function setInCall(state: State, room: Room, { changed, users }: Lists<Participant>): void {
  for (const { sessionId, inCall } of changed) {
    const session = state.hub.get(sessionId)
    const joins = isInCall(inCall)
    if (!session || joins === undefined || state.hub.roomOf(session.id) !== room.key) continue
    if (joins) joinCall(state, room, session)
    else leaveCall(state, session)
  }
  publish(state, room, mergeParticipants(room, changed, users))
}

function updateParticipants(state: State, room: Room, { changed, users }: Lists<Participant>): void {
  for (const entry of changed) {
    const session = state.hub.get(entry.sessionId)
    const permissions = entry['permissions']
    if (!isClientSession(session) || !Array.isArray(permissions)) continue
    if (permissions.every((permission) => typeof permission === 'string')) {
      session.permissions = new Set(permissions)
      revoke(state, session)
    }
  }
  // A participants list names everybody, in the call or not: it says nothing of who is in the call.
  const listed = new Map((users ?? [...room.participants.values()]).map((entry) => [entry.sessionId, entry]))
  for (const entry of changed) {
    if (users && listed.has(entry.sessionId)) continue
    listed.set(entry.sessionId, { ...listed.get(entry.sessionId), ...entry })
  }
  publish(state, room, [...listed.values()])
}

function publish(state: State, room: Room, users: readonly Participant[]): void {
  state.tell(toRoom(room.key), news(participantsMessage(room, completeParticipants(state, room, users))))
}

/** Everybody joins or leaves the call at once (1.15, feature `incall-all`): told only if that changes something. */
function setAllInCall(state: State, room: Room, incall: boolean | number | null | undefined): void {
  const flags = typeof incall === 'boolean' ? Number(incall) : (incall ?? 0)
  const joins = (flags & 1) === 1
  const clients = [...state.hub.members(room.key)].filter(isClientSession)

  for (const [id, entry] of room.participants) room.participants.set(id, { ...entry, inCall: flags })
  let concerned: readonly ClientSession[]
  if (joins) {
    concerned = clients.filter((session) => session.kind === 'client')
    const joined = concerned.filter((session) => joinCall(state, room, session))
    if (joined.length === 0) return
  } else {
    if (state.hub.callSize(room.key) === 0) return
    concerned = clients
    room.participants.clear()
    for (const session of [...state.hub.members(room.key)]) leaveCall(state, session)
  }
  const update = { roomid: room.id, incall: flags, all: true as const }
  const frame = frameOf({ type: 'event', event: { target: 'participants', type: 'update', update } })
  for (const session of concerned) deliver(state, session, frame)
}

function switchTo(
  state: State,
  { backend }: IncomingRequest,
  { roomid, sessions }: Extract<RoomRequest, { type: 'switchto' }>['switchto'],
): void {
  for (const [id, details] of sessions) {
    for (const session of seated(state, backend, [id])) {
      const switchto = { roomid, ...(details ? { details } : {}) }
      state.tell(toSession(session.id), news({ type: 'event', event: { target: 'room', type: 'switchto', switchto } }))
    }
  }
}
