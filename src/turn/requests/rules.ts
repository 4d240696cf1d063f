/** What follows from the settings, made once per reading of them. */
import type { IpAddress } from '../../lib/ip-address.ts'
import { createAuthenticator } from '../authenticate.ts'
import { createCredentials } from '../credentials.ts'
import { type PeerKey, peerKey } from '../five-tuple.ts'
import { createNonces } from '../nonce.ts'
import { createPeerPolicy, type PeerPolicy, type PeerVerdict } from '../peer-policy.ts'
import type { TurnSettings } from '../settings.ts'
import type { Rules } from './turn.ts'

export function rulesOf(settings: TurnSettings): Rules {
  const nonces = createNonces(settings.nonceKey, { passwordAlgorithms: settings.sha256 })
  const credentials = createCredentials(settings.credentials)
  const authenticator = createAuthenticator({ realm: settings.realm, credentials, nonces })
  return { settings, nonces, authenticator, mayReach: remembering(createPeerPolicy(settings.peers)) }
}

const mostVerdicts = 4096

/** A verdict depends on nothing but settings, and each packet in an indication asks for one. */
function remembering(policy: PeerPolicy): PeerPolicy {
  const verdicts = new Map<PeerKey, PeerVerdict>()
  return (ip: IpAddress, port?: number) => {
    if (port === undefined) return policy(ip)
    const key = peerKey(ip, port)
    const known = verdicts.get(key)
    if (known) return known
    if (verdicts.size >= mostVerdicts) verdicts.clear()
    const verdict = policy(ip, port)
    verdicts.set(key, verdict)
    return verdict
  }
}
