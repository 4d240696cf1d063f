/** The beginning of a session. */
import { userKey } from '../../core/ids.ts'
import { RawJson } from '../json-wire.ts'
import type { Backend } from './backend/backends.ts'
import type { Connection, HelloMessage } from './connection-state.ts'
import { withId } from './errors.ts'
import { featuresOf } from './features.ts'
import { expectRoom } from './leaving.ts'
import { refuse } from './refusing.ts'
import { frameOf } from './render.ts'
import type { ClientKind, ClientSession } from './session.ts'
import type { State } from './state.ts'

/** 1.9: an internal client is in the call with audio as soon as it is in a room, unless it sets its flags itself. */
const defaultInternalInCall = 3

export interface Identity {
  readonly kind: ClientKind
  readonly backend: Backend
  readonly url: string
  readonly userId: string
  readonly user: RawJson | undefined
}

/** Makes a session for somebody who proved who he is, unless his backend has as many as it may have. */
export function openSession(state: State, connection: Connection, message: HelloMessage, identity: Identity): void {
  const { backend, userId } = identity
  const counted = identity.kind !== 'internal'
  const count = state.sessionsPerBackend.get(backend.id) ?? 0
  if (counted && backend.sessionLimit > 0 && count >= backend.sessionLimit) {
    state.note({ fact: 'session-limit-exceeded', backend: backend.id })
    return refuse(state, connection, message, 'session_limit_exceeded')
  }
  if (counted) state.sessionsPerBackend.set(backend.id, count + 1)

  const features = message.hello.features ?? []
  const setsOwnFlags = features.includes('internal-incall')
  const session: ClientSession = {
    ...state.ids.create(state.serial()),
    kind: identity.kind,
    user: userId === '' ? undefined : userKey(backend.id, userId),
    backend,
    backendUrl: identity.url,
    userId,
    userData: identity.user,
    features,
    roomSession: '',
    roomUserId: '',
    arrival: 0,
    inCall: identity.kind === 'internal' && !setsOwnFlags ? defaultInternalInCall : 0,
    permissions: undefined,
    link: { phase: 'open', connection: connection.id },
    virtuals: undefined,
  }
  state.hub.add(session)
  state.byResumeId.set(session.resumeId, session)
  bind(state, connection, session)
  state.note({ fact: 'session-opened', session: session.id, backend: backend.id, clienttype: session.kind })
  const { country } = connection.peer
  if (country !== undefined) state.note({ fact: 'country-seen', country })
  sayHello(state, connection, message, session)
  expectRoom(state, session)
}

/** From now on the connection speaks for the session. */
export function bind(state: State, connection: Connection, session: ClientSession): void {
  state.deadlines.cancel(`hello ${connection.id}`)
  connection.phase = { phase: 'open', session }
  connection.awaits = undefined
}

/** The features never change, so they are written down once. */
const written = { direct: writtenDown(false), served: writtenDown(true) }

function writtenDown(hasSfu: boolean): { readonly client: RawJson; readonly internal: RawJson } {
  const { client, internal } = featuresOf(hasSfu)
  return { client: new RawJson(JSON.stringify(client)), internal: new RawJson(JSON.stringify(internal)) }
}

export function sayHello(state: State, connection: Connection, message: HelloMessage, session: ClientSession): void {
  const features = state.settings.media ? written.served : written.direct
  const frame = frameOf({
    ...withId(message.id),
    type: 'hello',
    hello: {
      version: message.hello.version ?? '1.0',
      sessionid: session.id,
      resumeid: session.resumeId,
      userid: session.userId,
      server: {
        version: state.settings.version,
        features: session.kind === 'internal' ? features.internal : features.client,
      },
    },
  })
  state.emit({ do: 'send', to: [connection.id], frame })
}
