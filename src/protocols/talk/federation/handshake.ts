/** Getting into a room of another server: its welcome, our hello, its answers. */
import { rawSlice } from '../../json-wire.ts'
import { deliver, send } from '../deliver.ts'
import { errorReply, withId } from '../errors.ts'
import { frameOf } from '../render.ts'
import type { State } from '../state.ts'
import { sayWaiting } from './carry.ts'
import { type Fields, isFields } from './clouds.ts'
import { type Failure, fail, unreachable } from './failing.ts'
import type { Federated, Wanted } from './federations.ts'
import { askToJoin, expectAnswer, joinPrefix, settle } from './join.ts'
import { deadlineOf, order } from './leave.ts'
import { joinedRoom } from './rewrite.ts'

/** Whether it knows federation decides whether we say hello. */
export function welcomed(state: State, federated: Federated, { welcome }: Fields): void {
  const features = isFields(welcome) ? welcome['features'] : undefined
  if (Array.isArray(features) && features.includes('federation')) return sayHello(state, federated)
  fail(state, federated, unsupported)
}

export const unsupported: Failure = {
  code: 'federation_unsupported',
  message: 'The other server does not support federation.',
}

/** As whom we were there before, or with the token of its Nextcloud. */
function sayHello(state: State, federated: Federated): void {
  const { session, place, token, remote, link } = federated
  federated.phase = 'hello'
  federated.hello = `federation-hello-${state.serial()}`
  const auth = { type: 'federation', url: place.nextcloud, params: { token } }
  const hello = {
    version: '2.0',
    ...(session.features.length === 0 ? {} : { features: session.features }),
    ...(remote ? { resumeid: remote.resumeId } : { auth }),
  }
  order(state, { do: 'send', link, text: JSON.stringify({ id: federated.hello, type: 'hello', hello }) })
  expectAnswer(state, federated)
}

export function helloAnswered(state: State, federated: Federated, text: string, message: Fields): void {
  const { type, id, hello, error } = message
  if (id !== federated.hello) return
  if (type === 'error') {
    const failure = refusalOf(text, error)
    if (!federated.remote || failure.code !== 'no_such_session') return fail(state, federated, failure)
    // It does not know us any more: what we wanted to say was said to somebody else.
    federated.remote = undefined
    federated.waiting.takeAll()
    return sayHello(state, federated)
  }
  const { sessionid, resumeid } = isFields(hello) ? hello : {}
  if (type !== 'hello' || !isSessionName(sessionid) || !isSessionName(resumeid)) {
    return fail(state, federated, unreachable('The other server does not speak our language.'))
  }
  const isResumed = federated.remote?.id === sessionid
  federated.remote = { id: sessionid, resumeId: resumeid }
  if (federated.room) resumed(state, federated, federated.room, isResumed)
  else if (federated.wanted) enter(state, federated, federated.wanted)
}

/**
 * Ids are replaced wherever they are written, so they have to be such that nothing else is written like them. Those of
 * every server there is are long and random.
 */
const isSessionName = (id: unknown): id is string => typeof id === 'string' && /^[\w=+/.~|:-]{16,1024}$/.test(id)

/** Characters of what a refusal says beyond its message. */
const longestDetails = 10_000

/** The details stay the text that came: nobody here reads them, and they may be of any shape. */
function refusalOf(text: string, error: unknown): Failure {
  const { code, message } = isFields(error) ? error : {}
  const details = rawSlice(text, ['error', 'details'])
  return {
    code: typeof code === 'string' && code !== '' ? code.slice(0, 100) : 'federation_error',
    ...(typeof message === 'string' ? { message: message.slice(0, 1_000) } : {}),
    ...(details && details.text !== 'null' && details.text.length <= longestDetails ? { details } : {}),
  }
}

function enter(state: State, federated: Federated, wanted: Wanted): void {
  federated.phase = 'joining'
  askToJoin(state, federated, wanted)
}

/** The link is back: either nothing was lost, or the room has to be joined anew. */
function resumed(state: State, federated: Federated, room: NonNullable<Federated['room']>, isResumed: boolean): void {
  const { session, place, wanted } = federated
  federated.isInterrupted = false
  federated.since = state.now()
  state.note({ fact: 'federation-resumed', session: session.id, server: place.server, resumed: isResumed })
  send(state, session, {
    type: 'event',
    event: { target: 'room', type: 'federation_resumed', resumed: isResumed },
  })
  if (!isResumed) {
    federated.present.clear()
    federated.wanted ??= again(state, room)
    return enter(state, federated, federated.wanted)
  }
  federated.phase = 'joined'
  state.deadlines.cancel(deadlineOf(federated))
  if (wanted) askToJoin(state, federated, wanted)
  sayWaiting(state, federated)
}

/** A wish for the room that the session is in, of which the client knows nothing. */
export const again = (state: State, room: NonNullable<Federated['room']>): Wanted => ({
  ...room,
  join: `${joinPrefix}${state.serial()}`,
  request: undefined,
  connection: undefined,
})

export const isOfClient = ({ connection }: Wanted): boolean => connection !== undefined

/** The room was asked for; what else is said meanwhile is about no room of this session's. */
export function joining(state: State, federated: Federated, text: string, message: Fields): void {
  const { wanted } = federated
  if (wanted && message['id'] === wanted.join) answered(state, federated, wanted, text, message)
}

/** The answer to the wish for a room. */
export function answered(state: State, federated: Federated, wanted: Wanted, text: string, message: Fields): void {
  const { session } = federated
  const { type, error } = message
  if (type === 'error') {
    const failure = refusalOf(text, error)
    if (failure.code === 'already_joined') return alreadyThere(state, federated, wanted, text, error)
    if (federated.phase === 'joining') return fail(state, federated, failure)
    // The session stays in the room that it was in.
    federated.wanted = undefined
    state.deadlines.cancel(deadlineOf(federated))
    state.federation.release(wanted.connection)
    return send(state, session, errorReply(wanted.request, failure.code, failure.message, failure.details))
  }
  const room = isFields(message['room']) ? message['room'] : {}
  if (type !== 'room' || room['roomid'] !== wanted.remote) {
    return fail(state, federated, unreachable('The other server does not speak our language.'))
  }
  settle(state, federated, wanted)
  deliver(state, session, frameOf({ ...withId(wanted.request), type: 'room', room: joinedRoom(text, room, wanted) }))
  sayWaiting(state, federated)
}

/** It has us in that room already. */
function alreadyThere(state: State, federated: Federated, wanted: Wanted, text: string, error: unknown): void {
  const details = isFields(error) ? error['details'] : undefined
  const body = isFields(details) && isFields(details['room']) ? details['room'] : {}
  settle(state, federated, wanted)
  const room = joinedRoom(text, body, wanted, ['error', 'details', 'room'])
  if (isOfClient(wanted)) {
    send(state, federated.session, errorReply(wanted.request, 'already_joined', undefined, { room }))
  }
  sayWaiting(state, federated)
}
