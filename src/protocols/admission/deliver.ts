/** How sessions are told something: the events themselves, acknowledgements, and refusals. */
import { toRoom } from '../../core/address.ts'
import type { ConnectionId } from '../../core/ids.ts'
import { type ErrorCode, errorCodes } from './errors.ts'
import type { AdmissionFact } from './facts.ts'
import type { ClientEvent, ServerEvent, ServerMessageOf } from './messages.ts'
import type { Room } from './rooms.ts'
import type { Session, State } from './state.ts'
import { ackPacket, eventPacket, type Outcome } from './wire.ts'

/** Who asked, under which number he waits for an acknowledgement, and with which event. */
export interface Asker {
  readonly session: Session
  readonly event: ClientEvent
  readonly ack: number | undefined
}

export function say<E extends ServerEvent>(
  state: State,
  to: readonly ConnectionId[],
  event: E,
  message: ServerMessageOf<E>,
): void {
  if (to.length > 0) state.effects.push({ do: 'send', to, frame: eventPacket(event, message) })
}

/** To all in the room, wherever they are, but one. */
export function sayToRoom<E extends ServerEvent>(
  state: State,
  room: Room,
  event: E,
  message: ServerMessageOf<E>,
  except?: Session,
): void {
  const frame = eventPacket(event, message)
  const to = [...room.members].filter((id) => id !== except?.id)
  if (to.length > 0) state.effects.push({ do: 'send', to, frame })
  const told = { packet: frame.text, ...(except && { except: except.socket }) }
  state.effects.push({ do: 'tell', to: toRoom(room.key), event: told })
}

/** The event that answers, and the acknowledgement if one is waited for. */
export function answer<E extends ServerEvent>(
  state: State,
  { session, ack }: Pick<Asker, 'session' | 'ack'>,
  event: E,
  message: ServerMessageOf<E>,
): void {
  say(state, [session.id], event, message)
  if (ack !== undefined) acknowledge(state, session, ack, { ...message, ok: true, event })
}

/** Done, and nobody but an acknowledgement says so. */
export function done(state: State, { session, ack }: Asker): void {
  if (ack !== undefined) acknowledge(state, session, ack, { ok: true })
}

/** The event that says no, and the acknowledgement if one is waited for. */
export function decline<E extends Refusing>(
  state: State,
  { session, ack }: Pick<Asker, 'session' | 'ack'>,
  event: E,
  message: ServerMessageOf<E>,
): void {
  say(state, [session.id], event, message)
  if (ack !== undefined) acknowledge(state, session, ack, { ...message, ok: false, event })
}

type Refusing = Extract<
  ServerEvent,
  | 'unauthorized'
  | 'auth-reject'
  | 'room-create-reject'
  | 'room-join-reject'
  | 'room-join-cancel'
  | 'payload-reject'
  | 'relay-reject'
>

const ownReject = {
  'auth-request': 'auth-reject',
  'room-create-request': 'room-create-reject',
  'room-join-request': 'room-join-reject',
  'room-join-cancel': 'room-join-reject',
} as const satisfies { readonly [E in ClientEvent]?: Refusing }

const hasOwnReject = (event: ClientEvent): event is keyof typeof ownReject => Object.hasOwn(ownReject, event)

/** In the event's own reject, or in the one that stands for those who have none; `payload` is echoed where it may be. */
export function refuse(state: State, asker: Asker, why: ErrorCode, payload?: unknown): void {
  noteRefusal(state, asker, why)
  const { message } = errorCodes[why]
  const { event } = asker
  if (hasOwnReject(event)) decline(state, asker, ownReject[event], { message, payload })
  else decline(state, asker, 'payload-reject', { event, message })
}

export function noteRefusal(state: State, { session, event }: Asker, why: ErrorCode): void {
  note(state, { fact: 'admission-refused', socket: session.socket, event, why })
}

export function note(state: State, fact: AdmissionFact): void {
  state.effects.push({ do: 'note', fact })
}

export function acknowledge(state: State, session: Session, ack: number, outcome: Outcome): void {
  state.effects.push({ do: 'send', to: [session.id], frame: ackPacket(ack, outcome) })
}
