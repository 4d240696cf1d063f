/** What a page gives to its RTCPeerConnection: our TURN server, or those that the configuration names, with credentials. */
import type { TurnCredentialsConfig } from '../config/config.ts'
import { credentialLifetime, mintTurnCredentials } from './turn-credentials.ts'
import type { OwnTurn } from './turn-urls.ts'

/** As RTCIceServer has it. */
export interface IceServer {
  readonly urls: readonly string[]
  readonly username?: string
  readonly credential?: string
}

/** What is handed out, undefined if nothing can be. */
export function turnOffer(
  { secret, servers }: TurnCredentialsConfig,
  own: OwnTurn | undefined,
): { readonly secret: string; readonly uris: readonly string[] } | undefined {
  const uris = servers.length > 0 ? servers : (own?.turn ?? [])
  const shared = secret ?? own?.secret
  return !shared || uris.length === 0 ? undefined : { secret: shared, uris }
}

/** Empty if there is nothing to hand out. `own` is our own TURN server, if there is one; `now` in ms, `seconds` how long they are good for. */
export function iceServersFor(
  config: TurnCredentialsConfig,
  own: OwnTurn | undefined,
  user: string,
  now: number,
  seconds = credentialLifetime,
): readonly IceServer[] {
  const offer = turnOffer(config, own)
  if (!offer) return []
  const { username, password, uris } = mintTurnCredentials(offer.secret, offer.uris, user, now, seconds)
  const isOwn = config.servers.length === 0
  const stun = isOwn && own && own.stun.length > 0 ? [{ urls: own.stun }] : []
  return [...stun, { urls: uris, username, credential: password }]
}
