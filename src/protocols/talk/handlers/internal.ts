/** What internal clients do: virtual sessions, their own in-call flags, answers to dialouts. */
import { toRoom } from '../../../core/address.ts'
import { assertNever } from '../../../lib/assert-never.ts'
import { RawJson } from '../../json-wire.ts'
import { joinCall, leaveCall } from '../call.ts'
import type { Connection } from '../connection-state.ts'
import { send } from '../deliver.ts'
import { endVirtual, sayFarewell } from '../ending.ts'
import { errorReply } from '../errors.ts'
import { announce } from '../joins.ts'
import type { ClientMessageOf } from '../messages/index.ts'
import type { AddSession, Dialout, InternalBody } from '../messages/internal.ts'
import { publishParticipants } from '../participants.ts'
import type { Room } from '../rooms.ts'
import type { ClientSession, Session, VirtualSession } from '../session.ts'
import type { State } from '../state.ts'
import { setValue } from '../values.ts'
import type { TalkAnswer } from '../vocabulary.ts'
import { dialoutAnswered } from './dialout.ts'

/** 1.9: a virtual session is in the call by phone, unless its owner sets flags himself. */
const defaultVirtualInCall = 9
/** How long (ms) the state of a finished phone call stays visible in the room. */
const finishedCallLifetime = 5_000

export function internal(
  state: State,
  connection: Connection,
  session: ClientSession,
  message: ClientMessageOf<'internal'>,
  user: RawJson | undefined,
): void {
  if (session.kind !== 'internal') {
    state.note({ fact: 'message-ignored', session: session.id, type: 'internal', why: 'not an internal client' })
    return
  }
  const body = message.internal
  switch (body.type) {
    case 'addsession':
      return addSession(state, connection, session, message.id, body.addsession, user)
    case 'updatesession':
      return updateSession(state, session, body.updatesession)
    case 'removesession': {
      const virtual = session.virtuals?.get(body.removesession.sessionid)
      if (virtual) endVirtual(state, virtual, { id: message.id })
      return
    }
    case 'incall':
      return setInCall(state, session, body.incall.incall)
    case 'dialout':
      return dialout(state, session, message.id, body.dialout)
    default:
      return assertNever(body)
  }
}

function addSession(
  state: State,
  connection: Connection,
  owner: ClientSession,
  request: string | null | undefined,
  wanted: AddSession,
  user: RawJson | undefined,
): void {
  const room = state.rooms.find(owner.backend, wanted.roomid)
  if (!room) {
    return send(state, owner, errorReply(request, 'add_failed', `There is nobody in room ${wanted.roomid} here.`))
  }
  const former = owner.virtuals?.get(wanted.sessionid)
  if (former) endVirtual(state, former, { id: request })

  const { actorId, actorType } = wanted.options ?? {}
  const flagsItself = owner.features.includes('internal-incall')
  const session: VirtualSession = {
    id: state.ids.create(state.serial()).id,
    kind: 'virtual',
    user: undefined,
    backend: owner.backend,
    backendUrl: owner.backendUrl,
    userId: wanted.userid ?? '',
    userData: user && user.text !== 'null' ? user : undefined,
    roomSession: '',
    roomUserId: '',
    arrival: 0,
    inCall: wanted.incall ?? (flagsItself ? 0 : defaultVirtualInCall),
    owner,
    name: wanted.sessionid,
    actor: actorId && actorType ? { id: actorId, type: actorType } : undefined,
    flags: wanted.flags ?? 0,
  }
  state.askFor(
    connection,
    {
      ask: 'backend',
      backend: owner.backend,
      url: owner.backendUrl,
      request: session.actor
        ? {
            type: 'room',
            room: {
              version: '1.0',
              roomid: room.id,
              userid: session.userId,
              sessionid: session.id,
              actorid: session.actor.id,
              actortype: session.actor.type,
              ...(session.inCall === 0 ? {} : { incall: session.inCall }),
            },
          }
        : {
            type: 'session',
            session: {
              version: '1.0',
              roomid: room.id,
              action: 'add',
              sessionid: session.id,
              ...(session.userId === '' ? {} : { userid: session.userId }),
              ...(session.userData ? { user: session.userData } : {}),
            },
          },
    },
    { for: 'virtual', session, roomId: room.id, request },
  )
}

/** What Nextcloud said of a virtual session. Talk knows no request of type `session` and refuses it: that is no failure. */
export function virtualAnswered(
  state: State,
  session: VirtualSession,
  roomId: string,
  request: string | null | undefined,
  answer: TalkAnswer,
): void {
  const { owner } = session
  const room = state.rooms.find(session.backend, roomId)
  const isOwnerHere = state.hub.get(owner.id) === owner
  const isRefused = answer.answer === 'refused' && (session.actor !== undefined || answer.code === 'internal_error')
  if (isRefused) {
    if (!isOwnerHere) return
    state.note({ fact: 'backend-refused', backend: session.backend.id, what: 'virtual session', code: answer.code })
    return send(state, owner, errorReply(request, 'add_failed', answer.message))
  }
  if (!room || !isOwnerHere) {
    // Nextcloud has taken it in, so it has to hear that it is not there after all.
    sayFarewell(state, session, roomId, {
      for: 'notice',
      backend: session.backend.id,
      what: 'removal of a virtual session',
    })
    if (isOwnerHere) send(state, owner, errorReply(request, 'add_failed', 'The room was closed meanwhile.'))
    return
  }

  // Whoever lost his connection while we asked may have asked again for the same one.
  const former = owner.virtuals?.get(session.name)
  if (former) endVirtual(state, former, { id: request })
  owner.virtuals ??= new Map()
  owner.virtuals.set(session.name, session)
  session.arrival = state.serial()
  state.hub.add(session)
  state.seats.take(session, session.id)
  state.hub.enter(session.id, room.key)
  state.note({ fact: 'session-opened', session: session.id, backend: session.backend.id, clienttype: 'virtual' })

  announce(state, room, session)
  if ((session.inCall & 1) === 1) joinCall(state, room, session)
  publishParticipants(state, room)
  if (session.flags !== 0) tellFlags(state, room, session)
}

function tellFlags(state: State, room: Room, session: VirtualSession): void {
  const flags = { roomid: room.id, sessionid: session.id, flags: session.flags }
  state.tell(toRoom(room.key), {
    event: 'news',
    message: { type: 'event', event: { target: 'participants', type: 'flags', flags } },
  })
}

function updateSession(
  state: State,
  owner: ClientSession,
  change: Extract<InternalBody, { type: 'updatesession' }>['updatesession'],
): void {
  const virtual = owner.virtuals?.get(change.sessionid)
  if (!virtual) return
  const room = roomAround(state, virtual)
  if (typeof change.flags === 'number' && change.flags !== virtual.flags) {
    virtual.flags = change.flags
    if (room) tellFlags(state, room, virtual)
  }
  if (typeof change.incall === 'number') setInCall(state, virtual, change.incall)
}

/** Sets the in-call flags of an internal or virtual session; they hold for the rooms that it joins later, too. */
function setInCall(state: State, session: Session, inCall: number): void {
  if (session.inCall === inCall) return
  session.inCall = inCall
  const room = roomAround(state, session)
  if (!room) return
  if ((inCall & 1) === 1) joinCall(state, room, session)
  else leaveCall(state, session)
  publishParticipants(state, room)
}

function roomAround(state: State, session: Session): Room | undefined {
  const key = state.hub.roomOf(session.id)
  return key === undefined ? undefined : state.rooms.get(key)
}

/** A word on a phone call: the answer to our question, or later news of the call, which the room is shown. */
function dialout(state: State, session: ClientSession, request: string | null | undefined, word: Dialout): void {
  const isAnswer = typeof request === 'string' && dialoutAnswered(state, session, request, word)
  if (isAnswer && word.error) return
  const room = word.roomid ? state.rooms.find(session.backend, word.roomid) : undefined
  if (!room) return
  if (word.type === 'status' && word.status) {
    const isOver = word.status.status === 'cleared' || word.status.status === 'rejected'
    const value = new RawJson(JSON.stringify(word.status))
    setValue(state, room, `callstatus_${word.status.callid}`, value, isOver ? finishedCallLifetime : undefined)
    return
  }
  const { roomid: _, ...shown } = word
  state.tell(toRoom(room.key), { event: 'news', message: { type: 'dialout', dialout: shown } })
}

/** What Nextcloud said of the removal of a virtual session; a room that is gone needs no removal. */
export function removalAnswered(
  state: State,
  owner: ClientSession,
  request: string | null | undefined,
  answer: TalkAnswer,
): void {
  if (answer.answer !== 'refused' || answer.code === 'no_such_room' || answer.code === 'unknown_type') return
  if (state.hub.get(owner.id) === owner) send(state, owner, errorReply(request, 'remove_failed', answer.message))
}
