/** Where clients of the presence front end connect: their token is checked before the connection becomes a WebSocket. */
import type { OidcIdentity } from '../auth/oidc-token.ts'
import type { Result } from '../lib/result.ts'
import type { PresenceArrival } from '../protocols/presence/vocabulary.ts'
import { admitSocket, type Gate } from './admit-socket.ts'
import type { Oidc, TokenRefusal } from './oidc/providers.ts'
import type { Paths, Route } from './router.ts'
import type { Sockets } from './sockets.ts'

export interface TokenFact {
  readonly fact: 'presence-token-refused'
  readonly why: TokenRefusal['why'] | 'missing'
  readonly address: string
}

export interface PresenceRoutes {
  readonly path: string
  readonly gate: Gate
  readonly sockets: Sockets<PresenceArrival>
  readonly oidc: Oidc
  readonly note: (fact: TokenFact) => void
}

export function presencePaths({ path, gate, sockets, oidc, note }: PresenceRoutes): Paths {
  const connect: Route = async (request, address, server) => {
    const token = tokenOf(request)
    const checked: Checked = token === undefined ? noToken : await oidc.verify(token)
    if (!checked.ok) {
      note({ fact: 'presence-token-refused', why: checked.error.why, address })
      return refusal(checked.error)
    }
    const { expires, ...identity } = checked.value
    return (
      brokenHandshake(request) ??
      admitSocket(gate, sockets, { request, server, address }, (key) => ({ address: key, identity, expires }), {
        headers: upgradeHeaders(request),
      })
    )
  }
  return (asked) => (asked === path ? { GET: connect } : undefined)
}

interface Refused {
  readonly why: TokenFact['why']
  readonly issuer: string | undefined
}
type Checked = Result<OidcIdentity, Refused>
const noToken: Checked = { ok: false, error: { why: 'missing', issuer: undefined } }

/** From the first place that has one: header, cookie, query, and a subprotocol for those who can set nothing else. */
export function tokenOf(request: Request): string | undefined {
  const { headers } = request
  return (
    /^Bearer +(\S+)\s*$/i.exec(headers.get('authorization') ?? '')?.[1] ||
    /(?:^|;)\s*oidc\s*=\s*"?([^\s;"]+)/.exec(headers.get('cookie') ?? '')?.[1] ||
    new URL(request.url).searchParams.get('oidc') ||
    offered(request).find(isToken)?.slice(tokenMark.length) ||
    undefined
  )
}

const tokenMark = 'bearer.'
const isToken = (protocol: string): boolean => protocol.startsWith(tokenMark)

const offered = ({ headers }: Request): readonly string[] =>
  (headers.get('sec-websocket-protocol') ?? '').split(',').map((name) => name.trim())

/** A browser wants to have one of the protocols chosen that it offered; a token is none. */
function upgradeHeaders(request: Request): Headers {
  const chosen = offered(request).find((protocol) => !isToken(protocol)) ?? ''
  return new Headers({ 'sec-websocket-protocol': chosen })
}

/** The statuses are the original's; it says nothing about the reason but for the audience. */
function refusal({ why, issuer }: Refused): Response {
  const answer = (status: number, headers: Readonly<Record<string, string>>) =>
    new Response('\n', { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers } })
  switch (why) {
    case 'missing':
      return answer(401, { 'www-authenticate': 'Bearer realm="presence"' })
    case 'unavailable':
      return answer(503, { 'retry-after': '5' })
    case 'audience':
      return answer(400, {
        'www-authenticate': `Bearer realm="${issuer ?? ''}",error="invalid_request",error_description="aud not satisfied"`,
      })
    default:
      return answer(401, {
        'www-authenticate': `Bearer realm="${issuer ?? 'presence'}",error="invalid_token",error_description="${descriptions[why]}"`,
      })
  }
}

const descriptions = {
  format: 'token is malformed',
  algorithm: 'token is signed with an algorithm that is not accepted',
  issuer: 'iss not satisfied',
  key: 'token is signed with an unknown key',
  signature: 'signature is wrong',
  claims: 'token lacks a claim',
  expired: 'token is expired',
  early: 'token is not valid yet',
} as const satisfies Partial<Record<TokenRefusal['why'], string>>

/** What is wrong with a request by somebody whom we would let in. */
function brokenHandshake({ headers }: Request): Response | undefined {
  const says = (name: string, word: string): boolean =>
    (headers.get(name) ?? '').split(',').some((part) => part.trim().toLowerCase() === word)
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket' }
  for (const [name, word] of [
    ['connection', 'upgrade'],
    ['upgrade', 'websocket'],
  ] as const) {
    if (says(name, word)) continue
    const text = `This is a WebSocket endpoint: the ${name} header does not contain ${word}.\n`
    return new Response(text, { status: 426, headers: upgrade })
  }
  if (headers.get('sec-websocket-version') !== '13') {
    const text = 'The WebSocket version is not supported: only 13 is.\n'
    return new Response(text, { status: 400, headers: { 'sec-websocket-version': '13' } })
  }
  return headers.get('sec-websocket-key')
    ? undefined
    : new Response('The Sec-WebSocket-Key is missing.\n', { status: 400 })
}
