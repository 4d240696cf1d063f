/** The second half of a hello: what the backend said of the ticket, or what the token says. */
import type { Connection } from '../connection-state.ts'
import { openSession } from '../opening.ts'
import { refuse } from '../refusing.ts'
import type { Pending, State } from '../state.ts'
import type { TalkAnswer } from '../vocabulary.ts'

export function helloAnswered(
  state: State,
  connection: Connection,
  { backend, message, url }: Extract<Pending, { for: 'hello' }>,
  answer: TalkAnswer,
): void {
  switch (answer.answer) {
    case 'refused':
      return refuse(state, connection, message, answer.code, answer.message)
    case 'identified': {
      const { userId, user } = answer
      const kind = message.hello.auth?.type === 'federation' ? 'federation' : 'client'
      return openSession(state, connection, message, { kind, backend, url, userId, user })
    }
    case 'unusable':
    case 'done':
      return refuse(state, connection, message, 'auth_failed')
    case 'reply': {
      const { reply } = answer
      if (reply.type !== 'auth') return refuse(state, connection, message, 'auth_failed')
      const { userid: userId = '', user } = reply.auth
      return openSession(state, connection, message, { kind: 'client', backend, url, userId, user })
    }
  }
}
