/** What the server has to say before there is a connection: where the signaling is, and a token that opens it for a while. */
import { ConnectionError, UnauthorizedError } from '../../sdk/src/core/errors.ts'
import { readObject, textAt } from '../../sdk/src/core/json.ts'

export interface Ticket {
  readonly token: string
  /** The path of Socket.IO. */
  readonly path: string
}

/** Throws UnauthorizedError where the password is wrong or missing. */
export async function fetchTicket(password: string): Promise<Ticket> {
  const body = JSON.stringify(password === '' ? {} : { password })
  const answer = await fetch('demo/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    cache: 'no-store',
    signal: AbortSignal.timeout(30_000),
  })
  if (answer.status === 401 || answer.status === 403) throw new UnauthorizedError('The password is not right.')
  if (!answer.ok) throw new ConnectionError(`The server answered ${answer.status}.`)
  const value = readObject(await answer.text())
  const [token, path] = [textAt(value, 'token'), textAt(value, 'path')]
  if (token === undefined || path === undefined) throw new ConnectionError('The server gave no token.')
  return { token, path }
}
