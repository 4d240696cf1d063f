/** GET and POST /turn/credentials: what Janus (`turn_rest_api`) and other services ask for (1.1). */
import { turnOffer } from '../auth/ice-servers.ts'
import { mintTurnCredentials } from '../auth/turn-credentials.ts'
import type { OwnTurn } from '../auth/turn-urls.ts'
import type { TurnCredentialsConfig } from '../config/config.ts'
import { keyOf, parametersOf, sameSecret, userOf } from './credentials-request.ts'

/** `own` is our own TURN server, if there is one: it is handed out where no `servers` are named. */
export async function turnCredentials(
  request: Request,
  config: TurnCredentialsConfig,
  own: OwnTurn | undefined,
  now: number,
): Promise<Response> {
  const asked = await parametersOf(request)
  if (!asked) return new Response('Could not read body\n', { status: 400 })
  const key = keyOf(asked)
  if (asked.get('service') !== 'turn' || !key) return new Response('Invalid service or no API key\n', { status: 400 })
  const { apiKey } = config
  if (!apiKey || !sameSecret(apiKey, key)) return new Response('Not allowed to access this service\n', { status: 403 })
  const offer = turnOffer(config, own)
  if (!offer) return new Response('No TURN servers available\n', { status: 404 })
  return Response.json(mintTurnCredentials(offer.secret, offer.uris, userOf(asked), now), { headers: notToBeKept })
}

export const notToBeKept = { 'cache-control': 'no-store' }
