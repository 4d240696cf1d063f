/** The end of sessions and connections. */
import type { ConnectionId } from '../../core/ids.ts'
import type { EndReason } from './facts.ts'
import { leaveFederation } from './federation/leave.ts'
import { leaveRoom, roomJoined } from './leaving.ts'
import { closeLegs } from './media/closing.ts'
import type { ByeReason } from './messages/bye.ts'
import type { ServerMessage } from './messages/index.ts'
import { frameOf } from './render.ts'
import type { ClientSession, VirtualSession } from './session.ts'
import type { Pending, State } from './state.ts'

/** Never 1001: Talk's web client takes that for the end and does not come back. */
const normalClosure = 1000

export function closeNormally(state: State, connection: ConnectionId, reason: string): void {
  state.emit({ do: 'close', to: connection, code: normalClosure, reason })
}

/** Says bye with its reason and closes the connection. */
export function sayBye(state: State, connection: ConnectionId, reason: ByeReason): void {
  const message: ServerMessage = { type: 'bye', bye: { reason } }
  state.emit({ do: 'send', to: [connection], frame: frameOf(message) })
  closeNormally(state, connection, reason)
}

/** Removes a session and all that hangs on it; its connection, if it has one, forgets it. `quietly` as in leaveRoom. */
export function endSession(state: State, session: ClientSession, why: EndReason, quietly = false): void {
  if (state.hub.get(session.id) !== session) return
  for (const virtual of [...(session.virtuals?.values() ?? [])]) endVirtual(state, virtual, undefined)
  closeLegs(state, session, 'gone')
  leaveFederation(state, session, why)
  leaveRoom(state, session, quietly)
  roomJoined(state, session)
  state.deadlines.cancel(`resume ${session.id}`)
  state.hub.remove(session.id)
  state.byResumeId.delete(session.resumeId)
  countDown(state, session)
  if (session.link.phase === 'open') {
    const connection = state.connections.get(session.link.connection)
    if (connection?.phase.phase === 'open' && connection.phase.session === session)
      connection.phase = { phase: 'ended' }
  }
  state.note({ fact: 'session-ended', session: session.id, backend: session.backend.id, why })
}

function countDown(state: State, session: ClientSession): void {
  if (session.kind === 'internal') return
  const count = (state.sessionsPerBackend.get(session.backend.id) ?? 0) - 1
  if (count > 0) state.sessionsPerBackend.set(session.backend.id, count)
  else state.sessionsPerBackend.delete(session.backend.id)
}

/** Removes a virtual session and tells Nextcloud; `request` is the id of the owner's wish, if it was his. */
export function endVirtual(
  state: State,
  session: VirtualSession,
  request: { readonly id: string | null | undefined } | undefined,
): void {
  const room = leaveRoom(state, session)
  session.owner.virtuals?.delete(session.name)
  state.hub.remove(session.id)
  state.note({
    fact: 'session-ended',
    session: session.id,
    backend: session.backend.id,
    why: request ? 'removed by its owner' : 'owner gone',
  })
  if (!room) return
  const { backend, owner } = session
  sayFarewell(
    state,
    session,
    room.id,
    request
      ? { for: 'removal', owner, request: request.id }
      : { for: 'notice', backend: backend.id, what: 'removal of a virtual session' },
  )
}

/** Tells Nextcloud that a virtual session is no longer in a room. */
export function sayFarewell(state: State, session: VirtualSession, roomid: string, pending: Pending): void {
  const { backend, backendUrl: url, actor, userId } = session
  const place = { version: '1.0' as const, roomid, sessionid: session.id }
  state.ask(
    actor
      ? {
          ask: 'backend',
          backend,
          url,
          request: {
            type: 'room',
            room: { ...place, userid: userId, action: 'leave', actorid: actor.id, actortype: actor.type },
          },
        }
      : {
          ask: 'backend',
          backend,
          url,
          request: {
            type: 'session',
            session: {
              ...place,
              action: 'remove',
              ...(userId === '' ? {} : { userid: userId }),
              ...(session.userData ? { user: session.userData } : {}),
            },
          },
        },
    pending,
  )
}
