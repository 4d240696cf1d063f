/** The WebSocket: whether the upgrade passes everything in front, and whether the server speaks first. */
import { type Answer, type Exchange, fromTheFront, isSignaling, unanswered } from './exchange.ts'
import { type Finding, fail, ok, quoted, warn } from './finding.ts'
import type { Server } from './welcome.ts'

export type Opening =
  | { readonly opened: true; readonly first: FirstFrame }
  /** `answer`: what came to the same request without a WebSocket client behind it. */
  | { readonly opened: false; readonly why: string; readonly answer: Exchange }

export type FirstFrame =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'binary' }
  | { readonly is: 'nothing' }
  | { readonly is: 'close'; readonly code: number; readonly reason: string }

const check = 'WebSocket'
const path = '/spreed'

export function socketFinding(opening: Opening, server: Server): Finding {
  if (!opening.opened) return refused(opening.why, opening.answer)
  const { first } = opening
  switch (first.is) {
    case 'text': {
      const type = typeOf(first.text)
      if (type === 'welcome') return ok(check, 'opens, and the server says welcome')
      return type === undefined
        ? fail(
            check,
            `opens, but what comes is no message: ${quoted(first.text)}`,
            'Another program answers: see the path.',
          )
        : warn(check, `opens, and the server begins with ${quoted(type)}, not welcome`, 'An old version: update it.')
    }
    case 'binary':
      return fail(check, 'opens, but what comes is binary', 'Another program answers: see where the path leads.')
    case 'close':
      return fail(
        check,
        `opens and is closed at once (${first.code} ${quoted(first.reason)})`,
        'See the log of the signaling server and the error log of the web server in front.',
      )
    case 'nothing':
      return server.features.has('welcome')
        ? fail(
            check,
            'opens, but nothing comes through it',
            'Something in front holds messages back: switch buffering off there, or leave it out to find which it is.',
          )
        : ok(check, 'opens; this version of the server waits for the client to speak')
  }
}

/** Our own server says it in words (`src/io/http-routes.ts`), the original by a status alone. */
const lacksHeaders = ({ status, body }: Answer): boolean =>
  body.includes('Upgrade and Connection headers') || status === 426 || (status === 400 && !/<html/i.test(body))

function refused(why: string, exchange: Exchange): Finding {
  if (exchange.came === 'nothing') {
    return exchange.reason === 'other'
      ? fail(
          check,
          `the upgrade is answered, but not as WebSockets need it: ${quoted(why)}`,
          'Something in front changes the answer; leave it out to find which it is.',
        )
      : unanswered(check, path, exchange)
  }
  const { status } = exchange
  if (lacksHeaders(exchange)) {
    return fail(
      check,
      `the headers Upgrade and Connection do not reach the server (status ${status})`,
      'nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "Upgrade"; others: docs/front-webserver.md.',
    )
  }
  const known = fromTheFront(check, path, exchange)
  if (known) return known
  if (status === 404) {
    return isSignaling(exchange)
      ? fail(
          check,
          'the upgrade reaches the signaling server with a wrong path (status 404)',
          'The web server in front has to remove the prefix for /spreed too: with nginx, "proxy_pass http://heliograph/spreed;".',
        )
      : fail(
          check,
          'the web server in front does not pass /spreed on (status 404)',
          'It passes /api/v1/ on, but WebSockets need the same or a location of their own: docs/front-webserver.md.',
        )
  }
  if (status === 429) {
    return fail(check, 'too many connections from here (status 429)', 'See [http] maxconnectionsperaddress.')
  }
  if (status === 503) return fail(check, 'the signaling server is about to stop (status 503)', 'Try again in a minute.')
  if (status === 403) {
    return fail(
      check,
      'something in front forbids it (status 403)',
      'See the access rules of the web server for /spreed.',
    )
  }
  return fail(
    check,
    `no upgrade but status ${status}: ${quoted(exchange.body.slice(0, 80))}`,
    'Something in front answers in place of the signaling server: see where it takes /spreed.',
  )
}

function typeOf(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('type' in value)) return undefined
    return typeof value.type === 'string' ? value.type : undefined
  } catch {
    return undefined
  }
}
