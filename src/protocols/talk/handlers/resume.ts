/** Resuming a session after its connection was lost. */
import { resumeId } from '../../../core/ids.ts'
import type { Connection, HelloMessage } from '../connection-state.ts'
import { deliver, send } from '../deliver.ts'
import { sayBye } from '../ending.ts'
import { entryOf, visibleEntries } from '../entries.ts'
import { bind, sayHello } from '../opening.ts'
import { presentParticipants } from '../participants.ts'
import { mayTry, refuse, refuseLater } from '../refusing.ts'
import { frameOf, joinMessage } from '../render.ts'
import type { ClientSession } from '../session.ts'
import type { State } from '../state.ts'

export function resume(state: State, connection: Connection, message: HelloMessage, wanted: string): void {
  if (!mayTry(state, connection, 'HelloResume')) return refuse(state, connection, message, 'too_many_requests')
  const session = state.byResumeId.get(resumeId(wanted))
  if (!session) {
    // Who comes back too late has a genuine id and is not slowed down; who guesses is.
    const genuine = state.ids.isGenuine(wanted)
    state.note({ fact: 'resume-failed', address: connection.peer.address, genuine })
    return genuine
      ? refuse(state, connection, message, 'no_such_session')
      : refuseLater(state, connection, message, 'HelloResume', 'no_such_session')
  }
  const former = session.link
  if (former.phase === 'open') {
    const previous = state.connections.get(former.connection)
    if (previous) previous.phase = { phase: 'ended' }
    sayBye(state, former.connection, 'session_resumed')
  }
  state.deadlines.cancel(`resume ${session.id}`)
  session.link = { phase: 'open', connection: connection.id }
  bind(state, connection, session)
  state.note({ fact: 'session-resumed', session: session.id, backend: session.backend.id, clienttype: session.kind })
  sayHello(state, connection, message, session)
  catchUp(state, session, former)
}

/**
 * Brings a resumed session up to date: who was in the room when it was lost and still is, then everything that
 * happened since, then the participants unless that was part of it. Talk's web client takes the first list of joins
 * after a reconnect for the complete one, so that list goes before the news of later joins, which it leaves out.
 */
function catchUp(state: State, session: ClientSession, former: ClientSession['link']): void {
  const key = state.hub.roomOf(session.id)
  const room = key === undefined ? undefined : state.rooms.get(key)
  const since = former.phase === 'parked' ? former.arrivals : Number.POSITIVE_INFINITY
  if (room) {
    const known = [...state.hub.members(room.key)].filter((member) => member.arrival <= since).map(entryOf)
    if (known.length > 0) deliver(state, session, frameOf(joinMessage(visibleEntries(session, known))))
  }
  if (former.phase === 'parked') {
    const hasParticipants = former.mailbox.holds('participants')
    for (const frame of former.mailbox.takeAll()) deliver(state, session, frame)
    if (hasParticipants) return
  }
  const participants = room ? presentParticipants(state, room) : undefined
  if (participants) send(state, session, participants)
}
