/** Joining and leaving a room. */
import type { BackendReply } from '../backend/messages.ts'
import { joinCall } from '../call.ts'
import type { Connection, JoinMessage } from '../connection-state.ts'
import { send } from '../deliver.ts'
import { errorReply, withId } from '../errors.ts'
import { federatedActor } from '../federation/actor.ts'
import { joinFederated } from '../federation/join.ts'
import { leaveFederation } from '../federation/leave.ts'
import { disconnectFormer } from '../former.ts'
import { announce, announceAgain } from '../joins.ts'
import { expectRoom, leaveRoom, roomJoined, tellBackend } from '../leaving.ts'
import { bandwidthOf } from '../media/settings.ts'
import { publishParticipants } from '../participants.ts'
import type { Room } from '../rooms.ts'
import type { ClientSession } from '../session.ts'
import type { State } from '../state.ts'
import type { TalkAnswer } from '../vocabulary.ts'

export function room(state: State, connection: Connection, session: ClientSession, message: JoinMessage): void {
  const { roomid, sessionid, federation } = message.room
  const isBack = session.link.phase === 'open' && session.link.resumed === true
  if (isBack) session.link = { phase: 'open', connection: connection.id }
  if (!roomid) {
    const wasElsewhere = leaveFederation(state, session, 'left')
    if (leaveRoom(state, session) || wasElsewhere) expectRoom(state, session)
    return send(state, session, { ...withId(message.id), type: 'room', room: { roomid: '' } })
  }
  if (federation) return joinFederated(state, connection, session, message)

  const wanted = state.rooms.find(session.backend, roomid)
  if (wanted && state.hub.roomOf(session.id) === wanted.key) {
    if (sessionid) disconnectFormer(state, session, sessionid)
    state.seats.take(session, sessionid || session.id)
    // Talk's transcription asks for its room after each resume and takes any error for its end.
    if (isBack && session.kind === 'internal') {
      sayJoined(state, session, message, wanted)
      return announceAgain(state, wanted, session)
    }
    return send(state, session, errorReply(message.id, 'already_joined', undefined, { room: roomBody(wanted) }))
  }
  if (session.kind === 'internal') {
    // Nextcloud does not know internal clients: they may go anywhere.
    return enter(state, session, message, { roomid })
  }
  state.askFor(
    connection,
    {
      ask: 'backend',
      backend: session.backend,
      url: session.backendUrl,
      request: {
        type: 'room',
        room: {
          version: '1.0',
          roomid,
          userid: session.userId,
          sessionid: sessionid || session.id,
          ...federatedActor(session),
        },
      },
    },
    { for: 'join', session, message },
  )
}

/** What Nextcloud said of the wish to join. */
export function roomAnswered(state: State, session: ClientSession, message: JoinMessage, answer: TalkAnswer): void {
  if (state.hub.get(session.id) !== session) return undo(state, session, message, answer)
  if (answer.answer === 'refused') {
    state.note({ fact: 'backend-refused', backend: session.backend.id, what: 'join', code: answer.code })
    return send(state, session, errorReply(message.id, answer.code, answer.message))
  }
  if (answer.answer !== 'reply' || answer.reply.type !== 'room') {
    return send(state, session, errorReply(message.id, 'room_join_failed'))
  }
  if (message.room.sessionid) disconnectFormer(state, session, message.room.sessionid)
  enter(state, session, message, answer.reply.room)
}

/** The session ended while Nextcloud let it in: Nextcloud has to hear that, unless somebody else sits there by now. */
function undo(state: State, session: ClientSession, message: JoinMessage, answer: TalkAnswer): void {
  const { sessionid } = message.room
  if (!sessionid || answer.answer !== 'reply' || answer.reply.type !== 'room') return
  if (!state.seats.find(session.backend, sessionid)) tellBackend(state, session, answer.reply.room.roomid, sessionid)
}

type RoomReply = Extract<BackendReply, { readonly type: 'room' }>['room']

function enter(
  state: State,
  session: ClientSession,
  message: JoinMessage,
  reply: Pick<RoomReply, 'roomid'> & Partial<RoomReply>,
): void {
  leaveFederation(state, session, 'another room')
  leaveRoom(state, session)
  const joined = state.rooms.open(session.backend, reply.roomid, reply.properties)
  // An internal client that came first knew none.
  joined.properties ??= reply.properties
  roomJoined(state, session)
  state.seats.take(session, message.room.sessionid ?? '')
  session.roomUserId = session.userId === '' ? (reply.session?.userid ?? '') : ''
  if (reply.permissions) session.permissions = new Set(reply.permissions)
  session.arrival = state.serial()
  state.hub.enter(session.id, joined.key)
  state.note({ fact: 'room-joined', session: session.id, backend: joined.backend.id, room: joined.id })

  sayJoined(state, session, message, joined)
  announce(state, joined, session)
  if (session.kind !== 'internal') return
  if ((session.inCall & 1) === 1) joinCall(state, joined, session)
  publishParticipants(state, joined)
}

function sayJoined(state: State, session: ClientSession, { id }: JoinMessage, joined: Room): void {
  const bandwidth = bandwidthOf(joined.backend, state.settings.media?.())
  const room = { ...roomBody(joined), ...(bandwidth ? { bandwidth } : {}) }
  send(state, session, { ...withId(id), type: 'room', room })
}

/** Talk's Android client takes a room without properties for a failed join. */
export const roomBody = (joined: Room): { readonly roomid: string; readonly properties?: unknown } => ({
  roomid: joined.id,
  ...(joined.properties ? { properties: joined.properties } : {}),
})
