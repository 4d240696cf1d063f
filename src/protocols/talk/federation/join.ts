/** Joining a room of another server: asking for it, and what becomes of that. */
import { createMailbox } from '../../../core/mailbox.ts'
import type { Connection, JoinMessage } from '../connection-state.ts'
import { send } from '../deliver.ts'
import { errorReply } from '../errors.ts'
import { disconnectFormer } from '../former.ts'
import { leaveRoom, roomJoined } from '../leaving.ts'
import { type ClientSession, isClientSession } from '../session.ts'
import type { State } from '../state.ts'
import { createBudget } from './budget.ts'
import { cloudsOf } from './clouds.ts'
import type { Federated, Wanted } from './federations.ts'
import { deadlineOf, endFederated, federatedSeat, order } from './leave.ts'
import { type FederatedJoin, readFederatedJoin, samePlace } from './place.ts'
import { createPresent } from './present.ts'

/** ms until the first new try after a link broke; each is twice as late as the one before. */
export const firstDelay = 100
export const longestDelay = 8_000

/** What a connection awaits whose wish for a federated room is open: the number of no question. */
export const federatedJoin = 0

export function joinFederated(
  state: State,
  connection: Connection,
  session: ClientSession,
  message: JoinMessage,
): void {
  const refuse = (code: string, text?: string, details?: unknown): void =>
    send(state, session, errorReply(message.id, code, text, details))

  // No chains: who is a guest of another Nextcloud, or of none, does not travel on from here.
  const limits = state.settings.federation?.()
  if (session.kind !== 'client' || !limits || limits.maxLinks === 0) return refuse('federation_unsupported')
  const wish = readFederatedJoin(message)
  if (!wish) return refuse('invalid_format')
  const former = state.federation.attemptOf(session.id)
  if (former) endFederated(state, former, 'another room')

  const current = state.federation.of(session.id)
  const isReusable = current?.phase === 'joined' && !current.wanted && samePlace(current.place, wish.place)
  const { maxLinks, maxLinksPerUser } = limits
  const isFull = state.federation.size >= maxLinks || state.federation.countOf(session) >= maxLinksPerUser
  if (!isReusable && (isFull || !state.federation.mayTry(session, state.now()))) {
    const why = { code: 'too_many_connections', message: 'There are as many connections to other servers as may be.' }
    return refuse('federation_error', undefined, why)
  }
  roomJoined(state, session)
  // What is said next is said in that room.
  connection.awaits = federatedJoin
  const wanted = wantedBy(state, connection, message, wish)
  if (isReusable) {
    current.token = wish.token
    current.wanted = wanted
    askToJoin(state, current, wanted)
  } else begin(state, session, wish, wanted)
}

function wantedBy(state: State, connection: Connection, { id, room }: JoinMessage, wish: FederatedJoin): Wanted {
  const { local, remote } = wish
  const join = `${joinPrefix}${state.serial()}`
  return { local, remote, roomSession: room.sessionid ?? '', join, request: id, connection: connection.id }
}

/** Marks the answers to our own joins. */
export const joinPrefix = 'federation-join-'

function begin(state: State, session: ClientSession, { place, token }: FederatedJoin, wanted: Wanted): void {
  const number = state.serial()
  const { queue } = state.settings
  const federated: Federated = {
    number,
    session,
    place,
    clouds: cloudsOf(session.backendUrl, place.nextcloud),
    token,
    phase: 'dialling',
    link: number,
    hello: '',
    remote: undefined,
    room: undefined,
    wanted,
    isInterrupted: false,
    waiting: createMailbox(queue),
    present: createPresent(queue.bytes),
    budget: createBudget(state.now()),
    delay: firstDelay,
    since: state.now(),
  }
  state.federation.begin(federated)
  order(state, { do: 'dial', link: federated.link, url: place.url })
  expectAnswer(state, federated)
}

/** Dials again, after the pause that followed the loss of a link. */
export function dialAgain(state: State, federated: Federated): void {
  state.federation.relink(federated, state.serial())
  federated.phase = 'dialling'
  order(state, { do: 'dial', link: federated.link, url: federated.place.url })
  expectAnswer(state, federated)
}

/** Every word that we wait for has its time. */
export function expectAnswer(state: State, federated: Federated): void {
  const { timeout = 0 } = state.settings.federation?.() ?? {}
  state.deadlines.set(deadlineOf(federated), state.now() + timeout, { due: 'federation', federated })
}

export function askToJoin(state: State, federated: Federated, { remote, roomSession, join }: Wanted): void {
  const room = { roomid: remote, ...(roomSession === '' ? {} : { sessionid: roomSession }) }
  order(state, { do: 'send', link: federated.link, text: JSON.stringify({ id: join, type: 'room', room }) })
  expectAnswer(state, federated)
}

/**
 * Only a user's own sessions make room for him: whose id of Nextcloud's this is was said by the client alone, and
 * everybody in a room sees those of the others.
 */
function isOwnSeat(state: State, { user, backend }: ClientSession, seat: string): boolean {
  const former = state.seats.find(backend, seat)
  return user !== undefined && former !== undefined && isClientSession(former) && former.user === user
}

/** The other server has let us in: whatever room the session was in is left now. */
export function settle(state: State, federated: Federated, wanted: Wanted): void {
  const { session, place } = federated
  const { local, remote, roomSession } = wanted
  const isNew = federated.room === undefined
  const seat = `${federatedSeat}${roomSession || session.id}`
  if (isOwnSeat(state, session, seat)) disconnectFormer(state, session, seat)
  leaveRoom(state, session)
  const former = state.federation.settle(federated)
  if (former) endFederated(state, former, 'another room')
  state.seats.take(session, seat)
  if (federated.room && federated.room.remote !== remote) federated.present.clear()
  federated.room = { local, remote, roomSession: roomSession || session.id }
  federated.wanted = undefined
  federated.phase = 'joined'
  federated.since = state.now()
  state.deadlines.cancel(deadlineOf(federated))
  state.federation.release(wanted.connection)
  if (!isNew) return
  state.note({ fact: 'federation-joined', session: session.id, backend: session.backend.id, server: place.server })
}
