/** Requests as Nextcloud signs them: whether they come through, and if they are refused, whether by the secret or the url. */
import { type Answer, type Exchange, fromTheFront, isSignaling, unanswered } from './exchange.ts'
import { type Finding, fail, ok, quoted, warn } from './finding.ts'
import type { Server } from './welcome.ts'

/** A room that nobody is in: the update reaches no one. */
export const roomPath = '/api/v1/room/doctor'
export const update = '{"type":"update","update":{"userids":[],"properties":{}}}'
/** More than nginx takes unless it is told to, less than what Talk sends about a large conversation. */
export const largeUpdate = `{"type":"update","update":{"userids":[],"properties":{}},"padding":"${'x'.repeat(1_200_000)}"}`

export interface Signed {
  /** As Nextcloud names itself; undefined if it is not known. */
  readonly claimed: string | undefined
  readonly exchange: Exchange
  /** The same without that name; only after a refusal. */
  readonly unclaimed: Exchange | undefined
}

const check = 'secret'
const what = 'a signed request'

/** Whether the server refused the signature, as against something in front of it. */
export const isRefused = (exchange: Exchange): boolean =>
  exchange.came === 'answer' && exchange.status === 403 && exchange.body.includes('Authentication check failed')

export const isTaken = (exchange: Exchange | undefined): boolean =>
  exchange?.came === 'answer' && exchange.status === 200

export function secretFinding({ claimed, exchange, unclaimed }: Signed, server: Server): Finding {
  if (exchange.came === 'nothing') {
    return exchange.reason === 'timeout'
      ? fail(
          check,
          `${what} is not answered in time`,
          'A server that has seen wrong secrets from an address answers it slowly: try --timeout 30, or wait half an hour.',
        )
      : unanswered(check, what, exchange)
  }
  if (isTaken(exchange)) return ok(check, `the server takes it${claimed === undefined ? '' : ` from ${claimed}`}`)
  if (!isRefused(exchange)) return otherwise(exchange, server)
  if (isTaken(unclaimed)) {
    return fail(
      check,
      `the secret is right, but the server knows no backend with the url ${claimed ?? ''}`,
      "Put it into the backend's urls in server.conf and reload; Nextcloud calls itself as overwrite.cli.url says.",
    )
  }
  return fail(
    check,
    `the server refuses it${claimed === undefined ? '' : ` from ${claimed}`}: it has another secret`,
    server.isHeliograph
      ? "Copy the secret of the backend in server.conf into Talk's settings (or to here), letter by letter, and reload. The server's log names the backend."
      : "Compare the secret and the url of the backend in server.conf with Talk's settings; this server does not tell which of them it is.",
  )
}

function otherwise(answer: Answer, server: Server): Finding {
  const { status } = answer
  switch (status) {
    case 400:
      return fail(
        check,
        `the server cannot read it (status 400: ${quoted(answer.body.trim())})`,
        'Something in front changes the body or its type; leave it out to find which it is.',
      )
    case 403:
      return fail(
        check,
        'something in front forbids it (status 403)',
        'See the access rules and the web application firewall of the web server for /api/v1/room/.',
      )
    case 404:
      return server.isHeliograph && isSignaling(answer)
        ? fail(check, 'the server has no backend at all (status 404)', 'Add a [backend] section to server.conf.')
        : fail(
            check,
            'it does not get through to the server (status 404)',
            'The web server in front must pass all of /api/v1/ on, not the welcome alone: docs/front-webserver.md.',
          )
    case 405:
      return fail(check, 'POST is not allowed (status 405)', 'The web server in front must pass POST on for this path.')
    case 411:
      return fail(
        check,
        'the length of the body is lost (status 411)',
        'Something in front sends it on in chunks, which old servers refuse: switch request buffering on there.',
      )
    case 413:
      return fail(check, 'the body is too large for it (status 413)', bodySize)
    case 429:
      return fail(
        check,
        'too many wrong secrets came from this address in the last half hour (status 429)',
        'Mend the secret first, then wait until half an hour has gone by without a wrong one, or restart the server.',
      )
    default:
      return (
        fromTheFront(check, what, answer) ??
        fail(check, `status ${status} in place of 200: ${quoted(answer.body.trim())}`, 'See the log of the server.')
      )
  }
}

const bodySize =
  'nginx: client_max_body_size 4m; for the location. Otherwise large conversations show people who left long ago.'

/** After a small request was taken, what becomes of a large one. */
export function largeBodyFinding(exchange: Exchange): Finding {
  if (isTaken(exchange)) return ok('large body', 'requests of 1.2 MB come through')
  const why = exchange.came === 'answer' ? `status ${exchange.status}` : quoted(exchange.why)
  return warn('large body', `requests of 1.2 MB do not come through (${why})`, bodySize)
}
