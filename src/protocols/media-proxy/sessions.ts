/** The end of connections and sessions, and what goes with them. */
import type { Frame } from '../../core/mailbox.ts'
import { createMailbox } from '../../core/mailbox.ts'
import { removeClient } from './clients.ts'
import { sendTo } from './deliver.ts'
import type { SessionEnd } from './facts.ts'
import { stopForwarding } from './forwards.ts'
import type { Connection, Session } from './model.ts'
import type { State } from './state.ts'

/** How long (ms) a session waits for its client. */
const lifetime = 60_000
const normalClosure = 1000

/** Closes a connection that has nothing more to say to us. */
export function endConnection(state: State, connection: Connection, reason: string): void {
  connection.phase = { phase: 'over' }
  state.deadlines.cancel(`hello ${connection.id}`)
  state.deadlines.cancel(`held ${connection.id}`)
  state.emit({ do: 'close', to: connection.id, code: normalClosure, reason })
}

/** The connection is gone: its session waits for the next one, with all that it misses. */
export function connectionLost(state: State, connection: Connection, undelivered: readonly Frame[]): void {
  state.connections.delete(connection.id)
  state.deadlines.cancel(`hello ${connection.id}`)
  state.deadlines.cancel(`held ${connection.id}`)
  if (connection.phase.phase !== 'open') return
  const { session } = connection.phase
  const mailbox = createMailbox(state.settings.queue)
  session.link = { phase: 'parked', mailbox }
  state.note({ fact: 'proxy-session-parked', session: session.number })
  if (!undelivered.every((frame) => mailbox.put(frame))) return endSession(state, session, 'queue full')
  state.deadlines.set(`expiry ${session.number}`, state.now() + lifetime, { due: 'expiry', session })
}

/** Everything that the session has goes with it. */
export function endSession(state: State, session: Session, why: SessionEnd): void {
  if (!state.sessions.delete(session.id)) return
  state.deadlines.cancel(`expiry ${session.number}`)
  const { link } = session
  const connection = link.phase === 'open' ? state.connections.get(link.connection) : undefined
  if (connection) {
    sendTo(state, connection.id, { type: 'bye', bye: { reason: 'session_closed' } })
    endConnection(state, connection, 'session closed')
  }
  for (const client of session.clients.values()) removeClient(state, client)
  for (const forward of session.forwards.values()) stopForwarding(state, forward)
  session.forwards.clear()
  state.note({ fact: 'proxy-session-ended', session: session.number, why })
}
