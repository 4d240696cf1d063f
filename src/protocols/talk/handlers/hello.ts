/** Hello: a new session by ticket, token or shared secret, or the resumption of an old one. */
import { matchesInternalToken } from '../../../auth/internal-token.ts'
import type { RawJson } from '../../json-wire.ts'
import type { Backend } from '../backend/backends.ts'
import { normaliseBackendUrl } from '../backend/urls.ts'
import type { Connection, HelloMessage } from '../connection-state.ts'
import { InternalParams, TokenParams } from '../messages/hello.ts'
import { openSession } from '../opening.ts'
import { mayTry, refuse, refuseLater, wait } from '../refusing.ts'
import type { State } from '../state.ts'
import { resume } from './resume.ts'

export function hello(state: State, connection: Connection, message: HelloMessage, params: RawJson | undefined): void {
  const { version, resumeid, auth } = message.hello
  if (version !== '1.0' && version !== '2.0') return refuse(state, connection, message, 'invalid_hello_version')
  if (resumeid) return resume(state, connection, message, resumeid)
  if (!auth || params === undefined) return refuse(state, connection, message, 'invalid_format')

  const type = auth.type || 'client'
  switch (type) {
    case 'client':
    case 'federation': {
      if (!auth.url) return refuse(state, connection, message, 'invalid_format')
      const url = normaliseBackendUrl(auth.url)
      const backend = url === undefined ? undefined : state.settings.backends.byUrl(url)
      if (url === undefined || !backend) return refuse(state, connection, message, 'invalid_backend')
      if (version === '2.0') return checkToken(state, connection, message, { as: type, backend, url, params })
      // Nextcloud gives tickets to its own people only.
      if (type === 'federation') return refuse(state, connection, message, 'invalid_hello_version')
      return checkTicket(state, connection, message, backend, url, params)
    }
    case 'internal':
      return checkSecret(state, connection, message, params)
    default:
      return refuse(state, connection, message, 'invalid_client_type')
  }
}

/** Version 1.0: Nextcloud is asked whether the parameters are good. */
function checkTicket(
  state: State,
  connection: Connection,
  message: HelloMessage,
  backend: Backend,
  url: string,
  params: RawJson,
): void {
  wait(state, connection)
  state.askFor(
    connection,
    { ask: 'backend', backend, url, request: { type: 'auth', auth: { version: '1.0', params } } },
    { for: 'hello', backend, message, url },
  )
}

interface TokenHello {
  readonly as: 'client' | 'federation'
  readonly backend: Backend
  readonly url: string
  readonly params: RawJson
}

/** Version 2.0: a token that Nextcloud signed; its public key is known or fetched. */
function checkToken(
  state: State,
  connection: Connection,
  message: HelloMessage,
  { as, backend, url, params }: TokenHello,
): void {
  const checked = TokenParams.safeParse(JSON.parse(params.text))
  if (!checked.success) return refuse(state, connection, message, 'invalid_format')
  wait(state, connection)
  state.askFor(
    connection,
    { ask: 'identify', backend, url, token: checked.data.token, as },
    { for: 'hello', backend, message, url },
  )
}

/** Internal clients prove that they know the shared secret. */
function checkSecret(state: State, connection: Connection, message: HelloMessage, params: RawJson): void {
  const { internalSecret, backends } = state.settings
  if (!internalSecret) return refuse(state, connection, message, 'invalid_client_type')
  const checked = InternalParams.safeParse(JSON.parse(params.text))
  if (!checked.success) return refuse(state, connection, message, 'invalid_format')
  if (!mayTry(state, connection, 'HelloInternal')) return refuse(state, connection, message, 'too_many_requests')

  const { random, token, backend: named } = checked.data
  if (!matchesInternalToken(internalSecret, random, token)) {
    return refuseLater(state, connection, message, 'HelloInternal', 'invalid_token')
  }
  const url = normaliseBackendUrl(named)
  const backend = url === undefined ? undefined : backends.byUrl(url)
  if (url === undefined || !backend) {
    return refuseLater(state, connection, message, 'HelloInternal', 'invalid_backend')
  }
  openSession(state, connection, message, { kind: 'internal', backend, url, userId: '', user: undefined })
}
