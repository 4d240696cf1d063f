/** Bringing messages to sessions and connections. */
import type { ConnectionId } from '../../core/ids.ts'
import type { Frame } from '../../core/mailbox.ts'
import type { EventBody, Reply } from '../../sfu/proxy/messages.ts'
import { type ErrorCode, errorReply } from './errors.ts'
import type { Session } from './model.ts'
import type { State } from './state.ts'

const frameOf = (message: Reply): Frame => ({ text: JSON.stringify(message), kind: 'plain' })

export function sendTo(state: State, connection: ConnectionId, message: Reply): void {
  state.emit({ do: 'send', to: [connection], frame: frameOf(message) })
}

/** What is for a session without a connection waits for the next one. */
export function send(state: State, session: Session, message: Reply): void {
  if (!state.sessions.has(session.id)) return
  const frame = frameOf(message)
  if (session.link.phase === 'open') state.emit({ do: 'send', to: [session.link.connection], frame })
  else if (!session.link.mailbox.put(frame)) state.doomed.add(session)
}

export const sendEvent = (state: State, session: Session, event: EventBody): void =>
  send(state, session, { type: 'event', event })

export const refuse = (state: State, session: Session, request: string | undefined, code: ErrorCode): void =>
  send(state, session, errorReply(request, code))

/** To all who are connected; the others are told anew when they come back. */
export function broadcast(state: State, event: EventBody): void {
  const to = [...state.sessions.values()].flatMap(({ link }) => (link.phase === 'open' ? [link.connection] : []))
  if (to.length > 0) state.emit({ do: 'send', to, frame: frameOf({ type: 'event', event }) })
}
