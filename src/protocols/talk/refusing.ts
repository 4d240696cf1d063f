/** Saying no to a hello: at once, or after a delay that grows with every guess. */
import type { Connection, HelloMessage } from './connection-state.ts'
import { type ErrorCode, errorReply } from './errors.ts'
import { frameOf } from './render.ts'
import type { State } from './state.ts'

/** How long (ms) a connection may take to say hello, from its start and after each refusal. */
const helloWindow = 2_000

export function expectHello(state: State, connection: Connection): void {
  connection.phase = { phase: 'greeting' }
  state.deadlines.set(`hello ${connection.id}`, state.now() + helloWindow, { due: 'hello', connection: connection.id })
}

/** The hello is being looked at: the window for it is closed. */
export function wait(state: State, connection: Connection): void {
  state.deadlines.cancel(`hello ${connection.id}`)
  connection.phase = { phase: 'waiting' }
}

export function mayTry(state: State, connection: Connection, action: string): boolean {
  const { address } = connection.peer
  if (state.throttle.allows(address, action, state.now())) return true
  state.note({ fact: 'attempt-refused', address, action })
  return false
}

/** Refuses a hello; the connection may try again within the hello window. */
export function refuse(
  state: State,
  connection: Connection,
  message: HelloMessage,
  code: ErrorCode | (string & {}),
  text?: string,
): void {
  state.note({ fact: 'hello-refused', address: connection.peer.address, code })
  state.emit({ do: 'send', to: [connection.id], frame: frameOf(errorReply(message.id, code, text)) })
  expectHello(state, connection)
}

/** Refuses a guess, the later the more there were: what comes in meanwhile waits. */
export function refuseLater(
  state: State,
  connection: Connection,
  message: HelloMessage,
  action: string,
  code: ErrorCode,
): void {
  const { address } = connection.peer
  const delay = state.throttle.failed(address, action, state.now())
  state.note({ fact: 'attempt-delayed', address, action, delay })
  state.note({ fact: 'hello-refused', address, code })
  wait(state, connection)
  // Not the number of a question: only the deadline ends this wait.
  connection.awaits = 0
  state.deadlines.set(`held ${connection.id}`, state.now() + delay, {
    due: 'held-refusal',
    connection: connection.id,
    message: errorReply(message.id, code),
  })
}
