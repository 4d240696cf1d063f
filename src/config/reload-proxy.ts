/** What a reload takes over from a changed `proxy.conf`, and what has to wait for a restart. */

import { createHash, type KeyObject } from 'node:crypto'
import type { ProxyConfig } from './proxy-config.ts'
import { changed, type Part, type Reload } from './reload.ts'

/** Sessions, publishers and subscribers go on; what is checked anew each time can change under them. */
export function reloadedProxy(old: ProxyConfig, next: ProxyConfig): Reload<ProxyConfig> {
  const { maxStreamBitrate, maxScreenBitrate, allowedCandidates, blockedCandidates } = next.sfu
  return {
    config: {
      ...old,
      app: { ...old.app, trustedProxies: next.app.trustedProxies },
      stats: next.stats,
      tokens: next.tokens,
      bandwidth: next.bandwidth,
      sfu: { ...old.sfu, maxStreamBitrate, maxScreenBitrate, allowedCandidates, blockedCandidates },
    },
    taken: changed(takenOver, old, next),
    needRestart: changed(fixed, old, next),
  }
}

const takenOver: readonly Part<ProxyConfig>[] = [
  ['[app] trustedproxies', ({ app }) => app.trustedProxies],
  ['[stats] allowed_ips', ({ stats }) => stats.allowedIps],
  ['[tokens]', ({ tokens }) => tokens.map(({ id, publicKey }) => [id, printed(publicKey)])],
  ['[bandwidth] incoming', ({ bandwidth }) => bandwidth.incoming],
  ['[bandwidth] outgoing', ({ bandwidth }) => bandwidth.outgoing],
  ['[mcu] maxstreambitrate', ({ sfu }) => sfu.maxStreamBitrate],
  ['[mcu] maxscreenbitrate', ({ sfu }) => sfu.maxScreenBitrate],
  ['[mcu] allowedcandidates', ({ sfu }) => sfu.allowedCandidates],
  ['[mcu] blockedcandidates', ({ sfu }) => sfu.blockedCandidates],
]

const fixed: readonly Part<ProxyConfig>[] = [
  ['[http]', ({ http }) => http],
  ['[http] maxconnectionsperaddress', ({ limits }) => limits.maxConnectionsPerAddress],
  ['[https]', ({ https }) => https],
  ['[app] debug', ({ app }) => app.debug],
  ['[app] draintimeout', ({ drainTimeout }) => drainTimeout],
  ['[app] country', ({ country }) => country],
  [
    '[app] hostname, token_id, token_key, skipverify',
    ({ remote }) => (remote.kind === 'off' ? remote : { ...remote, privateKey: printed(remote.privateKey) }),
  ],
  ['[mcu] url', ({ sfu }) => sfu.url],
  ['[mcu] timeout', ({ sfu }) => sfu.timeout],
]

/** Equal for equal keys. */
function printed(key: KeyObject): string {
  const exported = key.export({ format: 'der', type: key.type === 'private' ? 'pkcs8' : 'spki' })
  return createHash('sha256').update(exported).digest('hex')
}
