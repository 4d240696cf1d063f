/** Resuming a session after its connection was lost. */
import { resumeId } from '../../../core/ids.ts'
import type { Frame } from '../../../core/mailbox.ts'
import type { Connection, HelloMessage } from '../connection-state.ts'
import { deliver, send } from '../deliver.ts'
import { sayBye } from '../ending.ts'
import { entryOf, visibleEntries } from '../entries.ts'
import { bind, sayHello } from '../opening.ts'
import { park } from '../parking.ts'
import { presentParticipants } from '../participants.ts'
import { mayTry, refuse, refuseLater, wait } from '../refusing.ts'
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
  const { link } = session
  const previous = link.phase === 'open' ? state.connections.get(link.connection) : undefined
  if (previous) takeOver(state, connection, message, session, previous)
  else goOn(state, connection, message, session)
}

/** The session has a connection already: that one ends first, and hands over what it could not deliver. */
function takeOver(
  state: State,
  connection: Connection,
  message: HelloMessage,
  session: ClientSession,
  previous: Connection,
): void {
  park(state, session)
  wait(state, connection)
  // Not the number of a question: the end of the previous connection ends this wait.
  connection.awaits = 0
  previous.phase = { phase: 'replaced', session, heir: connection.id, hello: message }
  sayBye(state, previous.id, 'session_resumed')
}

/** The replaced connection is gone; `undelivered` is older than anything that the session has missed since. */
export function inherit(state: State, replaced: Replaced, undelivered: readonly Frame[]): Connection | undefined {
  const { session, hello } = replaced
  const heir = state.connections.get(replaced.heir)
  if (state.hub.get(session.id) === session && session.link.phase === 'parked') {
    const { mailbox } = session.link
    const frames = [...undelivered, ...mailbox.takeAll()]
    if (!frames.every((frame) => mailbox.put(frame))) state.doom(session, 'queue full')
  }
  if (!heir) return undefined
  heir.awaits = undefined
  resume(state, heir, hello, session.resumeId)
  return heir
}

type Replaced = Extract<Connection['phase'], { readonly phase: 'replaced' }>

function goOn(state: State, connection: Connection, message: HelloMessage, session: ClientSession): void {
  const former = session.link
  state.deadlines.cancel(`resume ${session.id}`)
  session.link = { phase: 'open', connection: connection.id, resumed: true }
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
  // The other server does not know that we were away.
  const elsewhere = state.federation.of(session.id)?.present.until(since) ?? []
  if (elsewhere.length > 0) {
    deliver(state, session, frameOf({ type: 'event', event: { target: 'room', type: 'join', join: elsewhere } }))
  }
  if (former.phase === 'parked') {
    const hasParticipants = former.mailbox.holds('participants')
    for (const frame of former.mailbox.takeAll()) deliver(state, session, frame)
    if (hasParticipants) return
  }
  const participants = room ? presentParticipants(state, room) : undefined
  if (participants) send(state, session, participants)
}
