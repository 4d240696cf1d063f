/** What a reload takes over from a changed file, and what has to wait for a restart. */

import type {
  Config,
  ProxiesConfig,
  RelayConfig,
  SfuConfig,
  TalkConfig,
  TalkOn,
  TurnServerConfig,
  TurnServerOn,
} from './config.ts'
import type { schema } from './schema.ts'

export interface Reload<C = Config> {
  /** The old configuration with what may change while running taken from the new one. */
  readonly config: C
  /** Changed and taken over, as `[section] key` or `[section]`. */
  readonly taken: readonly string[]
  /** Changed, but only a restart takes it over. */
  readonly needRestart: readonly string[]
}

export type Part<C> = readonly [name: string, of: (config: C) => unknown]

/** Sessions keep what they were given; only what is asked anew each time can change under them. */
export function reloaded(old: Config, next: Config): Reload {
  return {
    config: {
      ...old,
      app: { ...old.app, trustedProxies: next.app.trustedProxies },
      stats: next.stats,
      federation: next.federation,
      turn: next.turn,
      sfu: reloadedSfu(old.sfu, next.sfu),
      geoip: { ...next.geoip, database: old.geoip.database },
      talk:
        old.talk.kind === 'on' && next.talk.kind === 'on' ? { ...old.talk, backends: next.talk.backends } : old.talk,
      relay:
        old.relay.kind === 'on' && next.relay.kind === 'on' ? { ...old.relay, users: next.relay.users } : old.relay,
      turnServer: reloadedTurnServer(old.turnServer, next.turnServer),
    },
    taken: [
      ...changed(takenOver, old, next),
      ...changedOfSfu(takenOverBySfu, old.sfu, next.sfu),
      ...changedOfProxies(takenOverByProxies, old.sfu, next.sfu),
      ...changedUsers(old.relay, next.relay),
      ...changedBackends(old.talk, next.talk),
      ...changedOfTurnServer(takenOverByTurnServer, old.turnServer, next.turnServer),
    ],
    needRestart: [
      ...changed(fixed, old, next),
      ...(old.sfu.kind === next.sfu.kind ? [] : [name('mcu', 'type')]),
      ...changedOfSfu(fixedOfSfu, old.sfu, next.sfu),
      ...changedOfProxies(fixedOfProxies, old.sfu, next.sfu),
      ...fixedOfTalk(old.talk, next.talk),
      ...changedOfTurnServer(fixedOfTurnServer, old.turnServer, next.turnServer),
      ...(old.turnServer.kind === next.turnServer.kind ? [] : ['[turn-server]']),
    ],
  }
}

const takenOver: readonly Part<Config>[] = [
  [name('app', 'trustedproxies'), ({ app }) => app.trustedProxies],
  [name('stats', 'allowed_ips'), ({ stats }) => stats.allowedIps],
  [name('federation', 'skipverify'), ({ federation }) => federation.skipVerify],
  [name('federation', 'timeout'), ({ federation }) => federation.timeout],
  [name('federation', 'allowedtargets'), ({ federation }) => federation.allowedTargets],
  [name('federation', 'maxconnections'), ({ federation }) => federation.maxLinks],
  [name('federation', 'maxconnectionsperuser'), ({ federation }) => federation.maxLinksPerUser],
  [name('turn', 'apikey'), ({ turn }) => turn.apiKey],
  [name('turn', 'secret'), ({ turn }) => turn.secret],
  [name('turn', 'servers'), ({ turn }) => turn.servers],
  ['[geoip-overrides]', ({ geoip }) => geoip.overrides],
  ['[continent-overrides]', ({ geoip }) => geoip.continents],
]

const fixed: readonly Part<Config>[] = [
  [name('http', 'listen'), ({ http }) => http.listen],
  [name('http', 'readtimeout'), ({ http }) => http.readTimeout],
  [name('http', 'writetimeout'), ({ http }) => http.writeTimeout],
  [name('http', 'maxconnectionsperaddress'), ({ limits }) => limits.maxConnectionsPerAddress],
  [name('https', 'listen'), ({ https }) => https.listen],
  [name('https', 'readtimeout'), ({ https }) => https.readTimeout],
  [name('https', 'writetimeout'), ({ https }) => https.writeTimeout],
  [name('https', 'certificate'), ({ https }) => https.certificate],
  [name('https', 'key'), ({ https }) => https.key],
  [name('app', 'debug'), ({ app }) => app.debug],
  [name('app', 'draintimeout'), ({ drainTimeout }) => drainTimeout],
  [name('sessions', 'hashkey'), ({ sessions }) => sessions.hashKey],
  [name('sessions', 'blockkey'), ({ sessions }) => sessions.blockKey],
  [name('sessions', 'idformat'), ({ sessions }) => sessions.idFormat],
  [name('clients', 'internalsecret'), ({ clients }) => clients.internalSecret],
  ['[geoip]', ({ geoip }) => geoip.database],
  ['[presence]', ({ presence }) => presence],
  ['[admission]', ({ admission }) => admission],
  ['[demo]', ({ demo }) => demo],
  ['[relay]', ({ relay }) => ({ ...relay, users: [] })],
]

const fixedTalk: readonly Part<TalkOn>[] = [
  [name('backend', 'timeout'), ({ timeout }) => timeout],
  [name('backend', 'connectionsperhost'), ({ connectionsPerHost }) => connectionsPerHost],
  [name('backend', 'skipverify'), ({ skipVerify }) => skipVerify],
  [name('backend', 'maxbodysize'), ({ maxBodySize }) => maxBodySize],
  [name('sessions', 'maxpendingbytes'), ({ maxPendingBytes }) => maxPendingBytes],
  [name('sessions', 'maxpendingmessages'), ({ maxPendingMessages }) => maxPendingMessages],
]

function fixedOfTalk(old: TalkConfig, next: TalkConfig): readonly string[] {
  if (old.kind === 'on' && next.kind === 'on') return changed(fixedTalk, old, next)
  return old.kind === next.kind ? [] : ['[backend]']
}

type SfuOn = Exclude<SfuConfig, { readonly kind: 'none' }>

const takenOverBySfu: readonly Part<SfuOn>[] = [
  [name('mcu', 'maxstreambitrate'), ({ maxStreamBitrate }) => maxStreamBitrate],
  [name('mcu', 'maxscreenbitrate'), ({ maxScreenBitrate }) => maxScreenBitrate],
  [name('mcu', 'allowedcandidates'), ({ allowedCandidates }) => allowedCandidates],
  [name('mcu', 'blockedcandidates'), ({ blockedCandidates }) => blockedCandidates],
  [name('mcu', 'timeout'), ({ timeout }) => timeout],
]

const fixedOfSfu: readonly Part<SfuOn>[] = [
  [name('mcu', 'url'), (sfu) => (sfu.kind === 'janus' ? sfu.url : undefined)],
  [name('app', 'allowsubscribeany'), ({ allowSubscribeAny }) => allowSubscribeAny],
]

const takenOverByProxies: readonly Part<ProxiesConfig>[] = [
  [name('mcu', 'url'), ({ urls }) => urls],
  [name('mcu', 'proxytimeout'), ({ proxyTimeout }) => proxyTimeout],
  [name('mcu', 'token_id'), ({ tokenId }) => tokenId],
  [name('mcu', 'token_key'), ({ tokenKey }) => tokenKey],
  [name('mcu', 'dnsdiscovery'), ({ dnsDiscovery }) => dnsDiscovery],
]

const fixedOfProxies: readonly Part<ProxiesConfig>[] = [[name('mcu', 'skipverify'), ({ skipVerify }) => skipVerify]]

function reloadedSfu(old: SfuConfig, next: SfuConfig): SfuConfig {
  if (old.kind === 'none' || next.kind === 'none') return old
  const { allowSubscribeAny } = old
  if (old.kind === 'janus' && next.kind === 'janus') return { ...next, allowSubscribeAny, url: old.url }
  if (old.kind === 'proxies' && next.kind === 'proxies') {
    return { ...next, allowSubscribeAny, skipVerify: old.skipVerify }
  }
  return old
}

function changedOfSfu(parts: readonly Part<SfuOn>[], old: SfuConfig, next: SfuConfig): readonly string[] {
  return old.kind !== 'none' && next.kind !== 'none' && old.kind === next.kind ? changed(parts, old, next) : []
}

function changedOfProxies(parts: readonly Part<ProxiesConfig>[], old: SfuConfig, next: SfuConfig): readonly string[] {
  return old.kind === 'proxies' && next.kind === 'proxies' ? changed(parts, old, next) : []
}

const takenOverByTurnServer: readonly Part<TurnServerOn>[] = [
  [name('turn-server', 'hostname'), ({ hostname }) => hostname],
  [name('turn-server', 'secret'), ({ secrets }) => secrets],
  [name('turn-server', 'users'), ({ users }) => users],
  [name('turn-server', 'authurl'), ({ authUrl }) => authUrl],
  [name('turn-server', 'externaladdress'), ({ externalAddress }) => externalAddress],
  [name('turn-server', 'allowedpeers'), ({ allowedPeers }) => allowedPeers],
  [name('turn-server', 'deniedpeers'), ({ deniedPeers }) => deniedPeers],
  [name('turn-server', 'userquota'), ({ quotas }) => quotas.perUser],
  [name('turn-server', 'sourcequota'), ({ quotas }) => quotas.perSource],
  [name('turn-server', 'totalquota'), ({ quotas }) => quotas.total],
  [name('turn-server', 'challengerate'), ({ challengeRate }) => challengeRate],
  [name('turn-server', 'bindingrate'), ({ bindingRate }) => bindingRate],
  [name('turn-server', 'maxbps'), ({ bytesPerSecond }) => bytesPerSecond],
  [name('turn-server', 'legacychannels'), ({ legacyChannels }) => legacyChannels],
  [name('turn-server', 'sha256'), ({ sha256 }) => sha256],
  [name('turn-server', 'coturnmetrics'), ({ coturnMetrics }) => coturnMetrics],
]

const fixedOfTurnServer: readonly Part<TurnServerOn>[] = [
  [name('turn-server', 'listen'), ({ listen }) => listen],
  [name('turn-server', 'tlslisten'), ({ tlsListen }) => tlsListen],
  [name('turn-server', 'certificate'), ({ certificate }) => certificate],
  [name('turn-server', 'key'), ({ key }) => key],
  [name('turn-server', 'realm'), ({ realm }) => realm],
  [name('turn-server', 'relayaddress'), ({ relayAddress }) => relayAddress],
  [name('turn-server', 'minport'), ({ ports }) => ports.min],
  [name('turn-server', 'maxport'), ({ ports }) => ports.max],
  [name('turn-server', 'tcprelay'), ({ tcpRelay }) => tcpRelay],
  [name('turn-server', 'noncekey'), ({ nonceKey }) => nonceKey],
  [name('turn-server', 'workers'), ({ workers }) => workers],
  [name('turn-server', 'path'), ({ path }) => path],
]

/** Allocations go on: what they hang on stays as it was. */
function reloadedTurnServer(old: TurnServerConfig, next: TurnServerConfig): TurnServerConfig {
  if (old.kind === 'off' || next.kind === 'off') return old
  const { listen, tlsListen, certificate, key, realm, relayAddress, ports, tcpRelay, nonceKey, workers, path } = old
  return { ...next, listen, tlsListen, certificate, key, realm, relayAddress, ports, tcpRelay, nonceKey, workers, path }
}

function changedOfTurnServer(
  parts: readonly Part<TurnServerOn>[],
  old: TurnServerConfig,
  next: TurnServerConfig,
): readonly string[] {
  return old.kind === 'on' && next.kind === 'on' ? changed(parts, old, next) : []
}

function changedUsers(old: RelayConfig, next: RelayConfig): readonly string[] {
  if (old.kind === 'off' || next.kind === 'off' || equal(old.users, next.users)) return []
  return [name('relay', 'users')]
}

/** Which backends there are, and the sections of those that stay but are described differently. */
function changedBackends(old: TalkConfig, next: TalkConfig): readonly string[] {
  if (old.kind === 'off' || next.kind === 'off') return []
  const names: string[] = []
  const earlier = new Map(old.backends.map((backend) => [backend.id, backend]))
  const sameIds = old.backends.length === next.backends.length && next.backends.every(({ id }) => earlier.has(id))
  if (!sameIds) names.push(name('backend', 'backends'))
  for (const backend of next.backends) {
    const before = earlier.get(backend.id)
    if (before && !equal(before, backend)) names.push(backend.accepts.kind === 'urls' ? `[${backend.id}]` : '[backend]')
  }
  return names
}

/** The names of those parts in which the two differ. */
export function changed<C>(parts: readonly Part<C>[], old: C, next: C): readonly string[] {
  return parts.filter(([, of]) => !equal(of(old), of(next))).map(([name]) => name)
}

/** A configuration is plain data, written in the same order each time. */
function equal(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}

function name<S extends keyof typeof schema>(section: S, key: keyof (typeof schema)[S]['settings'] & string): string {
  return `[${section}] ${key}`
}
