/** GET and POST /ice: an RTCConfiguration that a browser takes as it is, with TURN credentials that are good for a while. */
import { iceServersFor } from '../auth/ice-servers.ts'
import { credentialLifetime } from '../auth/turn-credentials.ts'
import type { OwnTurn } from '../auth/turn-urls.ts'
import type { TurnCredentialsConfig } from '../config/config.ts'
import { keyOf, parametersOf, sameSecret, userOf } from './credentials-request.ts'
import { isFromThisMachine } from './this-machine.ts'
import { notToBeKept } from './turn-credentials-route.ts'

/** Who a request is from, as TURN quotas count him, if it carries a credential of a front end. */
export type Recognize = (request: Request) => Promise<string | undefined>

/**
 * Whoever gets an answer can relay through us, so nobody gets one without the key of `[turn] apikey`, or a credential
 * by which a front end knows him. Without such a key the page is not there for others, except for this machine in
 * development mode. `address` is the client's.
 */
export async function iceServers(
  request: Request,
  address: string,
  config: TurnCredentialsConfig,
  own: OwnTurn | undefined,
  now: number,
  recognize: Recognize = async () => undefined,
): Promise<Response> {
  const asked = await parametersOf(request)
  if (!asked) return new Response('Could not read body\n', { status: 400 })
  const refusal = refusalOf(request, asked, address, config)
  const known = refusal && (await recognize(request))
  if (refusal && known === undefined) return refusal
  const ttl = asked.get('ttl') ?? String(credentialLifetime)
  if ((asked.get('service') ?? 'turn') !== 'turn' || !/^[1-9]\d{0,8}$/.test(ttl)) {
    return new Response('The service is turn, ttl a whole number of seconds\n', { status: 400 })
  }
  const seconds = Math.min(Number(ttl), credentialLifetime)
  const iceServers = iceServersFor(config, own, known ?? userOf(asked), now, seconds)
  if (iceServers.length === 0) return new Response('No TURN servers available\n', { status: 404 })
  return Response.json({ iceServers, lifetimeDuration: `${seconds}s` }, { headers: notToBeKept })
}

function refusalOf(
  request: Request,
  asked: URLSearchParams,
  address: string,
  { apiKey, openToThisMachine }: TurnCredentialsConfig,
): Response | undefined {
  if (!apiKey) {
    const isOpen = openToThisMachine === true && isFromThisMachine(request, address)
    return isOpen ? undefined : new Response('Not found\n', { status: 404 })
  }
  const key = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? keyOf(asked)
  if (key === undefined) {
    return new Response('No API key\n', { status: 401, headers: { 'www-authenticate': 'Bearer' } })
  }
  return sameSecret(apiKey, key) ? undefined : new Response('Not allowed to access this service\n', { status: 403 })
}
