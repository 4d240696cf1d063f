/** Hello: a new session for a good token, or the resumption of one that lost its connection. */
import type { Reply } from '../../sfu/proxy/messages.ts'
import type { TokenClaims, TokenRefusal } from '../../sfu/proxy/tokens.ts'
import type { Request } from '../../sfu/proxy/wire.ts'
import { send, sendEvent, sendTo } from './deliver.ts'
import { type ErrorCode, errorReply, withId } from './errors.ts'
import { examine } from './examine.ts'
import { expectLoad, loadEvent } from './load.ts'
import type { Connection, Session } from './model.ts'
import { endConnection } from './sessions.ts'
import type { State } from './state.ts'

type HelloRequest = Extract<Request, { readonly type: 'hello' }>

const version = '1.0'
/** How long (ms) a connection may be without a session. */
const helloWindow = 10_000
const action = 'ProxyHello'

export function expectHello(state: State, connection: Connection): void {
  const { id } = connection
  state.deadlines.set(`hello ${id}`, state.now() + helloWindow, { due: 'hello', connection: id })
}

export function hello(state: State, connection: Connection, { id, hello: said }: HelloRequest): void {
  if (said.version !== version) return refuseHello(state, connection, id, 'invalid_format')
  if (said.resumeid) return resume(state, connection, id, said.resumeid)
  if (!said.token) return refuseHello(state, connection, id, 'invalid_format')
  const { address } = connection.peer
  if (!state.throttle.allows(address, action, state.now())) {
    state.note({ fact: 'attempt-refused', address, action })
    return refuseHello(state, connection, id, 'too_many_requests')
  }
  const checked = examine(state, said.token)
  if (!checked.ok) return refuseToken(state, connection, id, checked.error)
  if (state.isDraining) return refuseHello(state, connection, id, 'shutdown_scheduled')
  open(state, connection, id, checked.value)
}

/** Only a bad signature is a guess; who signs well and is early or late has a clock to mend, and soon will. */
function refuseToken(
  state: State,
  connection: Connection,
  request: string | undefined,
  { code, reason, skew }: TokenRefusal,
): void {
  const { address } = connection.peer
  state.note({ fact: 'proxy-token-refused', address, reason, ...(skew === undefined ? {} : { skew }) })
  if (code !== 'auth_failed') return refuseHello(state, connection, request, code)
  const delay = state.throttle.failed(address, action, state.now())
  state.note({ fact: 'attempt-delayed', address, action, delay })
  connection.phase = { phase: 'held' }
  state.deadlines.cancel(`hello ${connection.id}`)
  const reply = errorReply(request, code)
  state.deadlines.set(`held ${connection.id}`, state.now() + delay, {
    due: 'held refusal',
    connection: connection.id,
    reply,
  })
  state.note({ fact: 'proxy-hello-refused', address, code })
}

/** The time for a refusal that was held back has come. */
export function refuseNow(state: State, connection: Connection, reply: Reply): void {
  if (connection.phase.phase !== 'held') return
  sendTo(state, connection.id, reply)
  connection.phase = { phase: 'greeting' }
  expectHello(state, connection)
}

function refuseHello(state: State, connection: Connection, request: string | undefined, code: ErrorCode): void {
  state.note({ fact: 'proxy-hello-refused', address: connection.peer.address, code })
  sendTo(state, connection.id, errorReply(request, code))
}

function open(state: State, connection: Connection, request: string | undefined, { issuer }: TokenClaims): void {
  const session: Session = {
    id: state.world.newId(),
    number: state.serial(),
    issuer,
    link: { phase: 'open', connection: connection.id },
    clients: new Map(),
    forwards: new Map(),
  }
  state.sessions.set(session.id, session)
  state.note({ fact: 'proxy-session-opened', session: session.number, issuer })
  bind(state, connection, session)
  welcome(state, session, request)
}

function resume(state: State, connection: Connection, request: string | undefined, id: string): void {
  const session = state.sessions.get(id)
  if (!session) return refuseHello(state, connection, request, 'no_such_session')
  const { link } = session
  const missed = link.phase === 'parked' ? link.mailbox.takeAll() : []
  const former = link.phase === 'open' ? state.connections.get(link.connection) : undefined
  state.deadlines.cancel(`expiry ${session.number}`)
  session.link = { phase: 'open', connection: connection.id }
  state.note({ fact: 'proxy-session-resumed', session: session.number })
  if (former) {
    sendTo(state, former.id, { type: 'bye', bye: { reason: 'session_resumed' } })
    endConnection(state, former, 'session resumed elsewhere')
  }
  bind(state, connection, session)
  welcome(state, session, request, () => {
    for (const frame of missed) state.emit({ do: 'send', to: [connection.id], frame })
  })
}

function bind(state: State, connection: Connection, session: Session): void {
  state.deadlines.cancel(`hello ${connection.id}`)
  connection.phase = { phase: 'open', session }
  expectLoad(state)
}

/** Says hello, what was missed, and how this proxy is. */
function welcome(state: State, session: Session, request: string | undefined, tellMissed: () => void = () => {}): void {
  const { version: software, country } = state.settings
  send(state, session, {
    ...withId(request),
    type: 'hello',
    hello: {
      version,
      sessionid: session.id,
      server: { version: software, ...(country === undefined ? {} : { country }), features: ['remote-streams'] },
    },
  })
  tellMissed()
  if (!state.isAvailable) sendEvent(state, session, { type: 'backend-disconnected' })
  sendEvent(state, session, state.isDraining ? { type: 'shutdown-scheduled' } : loadEvent(state))
}
