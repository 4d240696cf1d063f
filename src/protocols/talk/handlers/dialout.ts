/** Outgoing phone calls: Nextcloud asks, an internal client with feature `start-dialout` takes the call (1.9). */
import { encodeJson, type RawJson } from '../../json-wire.ts'
import type { Backend } from '../backend/backends.ts'
import { send } from '../deliver.ts'
import type { Dialout as Pending } from '../dialouts.ts'
import type { Dialout } from '../messages/internal.ts'
import { type ClientSession, isClientSession } from '../session.ts'
import type { State } from '../state.ts'

/** How long (ms) one internal client has for its answer. */
const answerWindow = 45_000

interface Refusal {
  readonly code: string
  readonly message: string
}

export interface DialoutWish {
  /** The HTTP request that waits for the outcome. */
  readonly request: number
  readonly backend: Backend
  readonly backendUrl: string
  readonly roomId: string
  readonly number: string
  readonly options: RawJson | undefined
}

export function startDialout(state: State, wish: DialoutWish): void {
  if (wish.number === '') {
    return answerWith(state, wish.request, 400, { code: 'number_missing', message: 'No number provided' })
  }
  if (!/^\+\d{2,}$/.test(wish.number)) {
    return answerWith(state, wish.request, 400, { code: 'invalid_number', message: 'Expected E.164 number.' })
  }
  if (!/^\d+$/.test(wish.roomId)) {
    return answerWith(state, wish.request, 400, { code: 'invalid_roomid', message: 'The room id must be numeric.' })
  }
  askNext(state, wish, volunteers(state, wish.backend), undefined)
}

/** Internal clients that make calls; one that is in a room serves that room only. */
function volunteers(state: State, backend: Backend): readonly ClientSession[] {
  return [...state.hub.all()]
    .filter(isClientSession)
    .filter(
      (session) =>
        session.kind === 'internal' &&
        session.backend.id === backend.id &&
        session.features.includes('start-dialout') &&
        session.link.phase === 'open' &&
        state.hub.roomOf(session.id) === undefined,
    )
}

function askNext(
  state: State,
  wish: DialoutWish,
  candidates: readonly ClientSession[],
  refusal: Refusal | undefined,
): void {
  const [asked, ...next] = candidates
  if (!asked) {
    if (refusal) return answerWith(state, wish.request, 502, refusal)
    const none = { code: 'no_client_available', message: 'No available client found to trigger dialout.' }
    return answerWith(state, wish.request, 404, none)
  }
  const id = `dialout-${state.serial()}`
  state.dialouts.add({ ...wish, id, asked, next, refusal })
  state.deadlines.set(`dialout ${id}`, state.now() + answerWindow, { due: 'dialout', id })
  send(state, asked, {
    id,
    type: 'internal',
    internal: {
      type: 'dialout',
      dialout: {
        roomid: wish.roomId,
        backend: wish.backendUrl,
        request: { number: wish.number, ...(wish.options ? { options: wish.options } : {}) },
      },
    },
  })
}

/** Whether the word answers a question of ours. */
export function dialoutAnswered(state: State, session: ClientSession, id: string, word: Dialout): boolean {
  if (state.dialouts.get(id)?.asked !== session) return false
  const dialout = state.dialouts.take(id)
  if (!dialout) return false
  state.deadlines.cancel(`dialout ${id}`)

  if (word.type === 'status' && word.status?.status === 'accepted') {
    const body = encodeJson({ type: 'dialout', dialout: { callid: word.status.callid } })
    state.emit({ do: 'reply', to: dialout.request, status: 200, body })
    return true
  }
  refused(state, dialout, refusalOf(word))
  return true
}

function refusalOf(word: Dialout): Refusal {
  if (word.type === 'error' && word.error) {
    return { code: word.error.code, message: word.error.message ?? word.error.code }
  }
  return word.type === 'status'
    ? { code: 'unsupported_status', message: `Unsupported dialout status received: ${word.status?.status ?? 'none'}` }
    : { code: 'unsupported_type', message: `Unsupported dialout type received: ${word.type}` }
}

export function dialoutTimedOut(state: State, id: string): void {
  const dialout = state.dialouts.take(id)
  if (dialout) refused(state, dialout, { code: 'timeout', message: 'Timeout while waiting for dialout to start.' })
}

/** Nextcloud does not wait any more: a call that nobody knows of is not to begin, so nobody else is asked. */
export function dialoutAbandoned(state: State, request: number): void {
  const dialout = state.dialouts.ofRequest(request)
  if (!dialout) return
  state.dialouts.take(dialout.id)
  state.deadlines.cancel(`dialout ${dialout.id}`)
}

/** Whoever is asked and goes away is passed over. */
export function volunteerLeft(state: State, session: ClientSession): void {
  for (const { id } of state.dialouts.askedOf(session)) {
    const dialout = state.dialouts.take(id)
    state.deadlines.cancel(`dialout ${id}`)
    if (dialout) refused(state, dialout, { code: 'error_notify', message: 'Could not notify about new dialout.' })
  }
}

/** Nextcloud is told the first refusal, if nobody takes the call. */
function refused(state: State, dialout: Pending, refusal: Refusal): void {
  askNext(state, dialout, dialout.next, dialout.refusal ?? refusal)
}

function answerWith(state: State, request: number, status: number, error: Refusal): void {
  state.emit({ do: 'reply', to: request, status, body: encodeJson({ type: 'dialout', dialout: { error } }) })
}
