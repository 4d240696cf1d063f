/** What the other server says and what happens to the link, from the first word to the last. */
import { sessionId } from '../../../core/ids.ts'
import { assertNever } from '../../../lib/assert-never.ts'
import { deliver, send } from '../deliver.ts'
import { errorReply } from '../errors.ts'
import { expectRoom } from '../leaving.ts'
import type { ClientSession } from '../session.ts'
import type { State } from '../state.ts'
import { type Fields, isFields } from './clouds.ts'
import { type Failure, fail, unreachable } from './failing.ts'
import type { Federated } from './federations.ts'
import { again, answered, helloAnswered, isOfClient, joining, unsupported, welcomed } from './handshake.ts'
import { dialAgain, expectAnswer, firstDelay, joinPrefix, longestDelay } from './join.ts'
import { deadlineOf, endFederated, order } from './leave.ts'
import type { FederationEvent } from './link.ts'
import { rewritten } from './rewrite.ts'
import type { Names, RoomNews } from './rewriting.ts'

/** Something happened to a link. */
export function linked(state: State, event: FederationEvent): void {
  const federated = state.federation.byLink(event.link)
  if (!federated) return
  switch (event.event) {
    case 'opened':
      federated.phase = 'welcome'
      return expectAnswer(state, federated)
    case 'received':
      if (!federated.budget.spend(event.text.length, state.now())) {
        return fail(state, federated, unreachable('The other server says too much.'))
      }
      return heard(state, federated, event.text)
    case 'closed':
      if (federated.room && event.why !== 'forbidden') return interrupted(state, federated, event.detail, false)
      federated.phase = 'pausing'
      return fail(state, federated, failureOf(event))
    default:
      return assertNever(event)
  }
}

/** In words for people; what exactly went wrong on the way is in our log. */
function failureOf({ why, detail }: Extract<FederationEvent, { readonly event: 'closed' }>): Failure {
  switch (why) {
    case 'certificate':
      return unreachable(`The other server could not prove who it is: ${detail}`, 'certificate_verification_error')
    case 'forbidden':
      return unreachable('This server does not connect to such addresses.')
    case 'network':
      return unreachable(`The other server cannot be reached: ${detail}`)
  }
}

/** A time is over: for an answer, or until the next try. */
export function federationDue(state: State, federated: Federated): void {
  if (federated.phase === 'pausing') return dialAgain(state, federated)
  const late = 'no answer in time'
  if (federated.room && federated.phase !== 'joined') return interrupted(state, federated, late, true)
  // Servers that know federation say welcome first; older ones wait for us.
  if (federated.phase === 'welcome') return fail(state, federated, unsupported)
  fail(state, federated, unreachable(`The other server cannot be reached: ${late}`))
}

/** The link is lost; the other server keeps our place for a while. */
function interrupted(state: State, federated: Federated, why: string, isOpen: boolean): void {
  const { session, place, link, room, wanted } = federated
  if (room && wanted && isOfClient(wanted)) {
    // Whether the other server heard of it nobody knows: when it is back it is told where we mean to be.
    federated.wanted = again(state, room)
    state.federation.release(wanted.connection)
    const { code, details } = unreachable('The link broke.')
    send(state, session, errorReply(wanted.request, code, undefined, details))
  }
  if (isOpen) order(state, { do: 'hang-up', link })
  const now = state.now()
  if (!federated.isInterrupted) {
    federated.isInterrupted = true
    if (now - federated.since >= longestDelay) federated.delay = firstDelay
    state.note({ fact: 'federation-interrupted', session: session.id, server: place.server, why })
    send(state, session, { type: 'event', event: { target: 'room', type: 'federation_interrupted' } })
  }
  federated.phase = 'pausing'
  state.deadlines.set(deadlineOf(federated), now + federated.delay, { due: 'federation', federated })
  federated.delay = Math.min(2 * federated.delay, longestDelay)
}

function heard(state: State, federated: Federated, text: string): void {
  const message = parsed(text)
  if (!message) return odd(state, federated, 'malformed')
  switch (federated.phase) {
    case 'welcome':
      if (message['type'] === 'welcome') welcomed(state, federated, message)
      return
    case 'hello':
      return helloAnswered(state, federated, text, message)
    case 'joining':
      return joining(state, federated, text, message)
    case 'joined':
      return told(state, federated, text, message)
    case 'dialling':
    case 'pausing':
      return
    default:
      return assertNever(federated.phase)
  }
}

function parsed(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isFields(value) ? value : undefined
  } catch {
    return undefined
  }
}

function odd(state: State, { session, place }: Federated, why: string): void {
  state.note({ fact: 'federation-message-refused', session: session.id, server: place.server, why })
}

/** Something for the client, if it is. */
function told(state: State, federated: Federated, text: string, message: Fields): void {
  const { session, wanted } = federated
  const { type, id } = message
  if (wanted && id === wanted.join) return answered(state, federated, wanted, text, message)
  // The answer to a wish that was given up when the link broke.
  if (typeof id === 'string' && id.startsWith(joinPrefix)) return
  if (type === 'bye') return dismissed(state, federated, message['bye'])
  const names = namesOf(state, federated)
  if (!names) return
  const said = rewritten(text, message, names)
  if (!said.ok) return odd(state, federated, said.why)
  if (said.news) take(state, federated, said.news)
  deliver(state, session, { text: said.text, kind: said.kind })
  if (said.news?.news !== 'out') return
  endFederated(state, federated, 'not in the room any more')
  if (wanted && isOfClient(wanted)) {
    const { code, details } = unreachable('The other server has let us go.')
    send(state, session, errorReply(wanted.request, code, undefined, details))
  }
  expectRoom(state, session)
}

/** Its last word. The same participant somewhere else is the only reason not to come back. */
function dismissed(state: State, federated: Federated, bye: unknown): void {
  if (!isFields(bye) || bye['reason'] !== 'room_session_reconnected') return interrupted(state, federated, 'bye', true)
  fail(
    state,
    federated,
    unreachable('The same participant has joined from somewhere else.', 'room_session_reconnected'),
  )
}

function namesOf(state: State, { session, remote, room, clouds }: Federated): Names | undefined {
  if (!remote || !room) return undefined
  return { local: session.id, remote: remote.id, room, clouds, isOurs: (id) => isOurs(state, session, id) }
}

/**
 * People of this session's own Nextcloud are never known elsewhere by their ids here. (That of the other Nextcloud may
 * well be served here too.)
 */
function isOurs(state: State, { backendUrl }: ClientSession, id: string): boolean {
  return state.hub.get(state.ids.canonical(sessionId(id)))?.backendUrl === backendUrl
}

function take(state: State, { present, session, remote }: Federated, news: RoomNews): void {
  switch (news.news) {
    case 'joined':
      for (const { id, entry } of news.entries) present.add(id === remote?.id ? session.id : id, entry, state.serial())
      return
    case 'left':
      for (const id of news.ids) present.remove(id === remote?.id ? session.id : id)
      return
    case 'out':
      return present.clear()
    default:
      return assertNever(news)
  }
}
