/** File text and environment, both handed in, become a configuration, or all faults at once. */

import { readAdmission } from './admission.ts'
import { backendSection, listedBackends, readBackends } from './backends.ts'
import type { Config, FederationConfig, TalkConfig, TurnCredentialsConfig } from './config.ts'
import { readDemo } from './demo.ts'
import { type Fault, sortedFaults } from './fault.ts'
import { readGeoIp } from './geoip.ts'
import { parseIni } from './ini.ts'
import { readListeners } from './listeners.ts'
import { type Environment, findOverrides } from './overrides.ts'
import { listedProviders, providerSection, readPresence } from './presence.ts'
import { readSection, type SectionRead } from './read-section.ts'
import { readRelay } from './relay.ts'
import { schema, sections } from './schema.ts'
import { readSfu } from './sfu.ts'
import { type Sources, sectionIsGiven } from './sources.ts'
import { checkStrangers, checkUnknownSections } from './strangers.ts'
import { readTurnServer } from './turn-server.ts'

export type {
  Accepts,
  BackendConfig,
  Config,
  ListenAddress,
  TalkConfig,
  TalkOn,
  TurnServerConfig,
  TurnServerOn,
} from './config.ts'
export { type Fault, printFault } from './fault.ts'

export interface ConfigSource {
  /** The name of the file, for messages. */
  readonly file: string
  readonly text: string
  readonly environment: Environment
  /** Reads the file that a `<key>_file` names; throws when it cannot. */
  readonly readFile: (path: string) => string
}

export interface Loaded {
  /** Absent when one of the faults is an error. */
  readonly config?: Config
  /** By line. */
  readonly faults: readonly Fault[]
}

/** Never throws, whatever the text. */
export function loadConfig(source: ConfigSource): Loaded {
  const ini = parseIni(source.text)
  const faults: Fault[] = ini.faults.map((fault) => ({ severity: 'error', file: source.file, ...fault }))
  const { file, environment, readFile } = source
  const base: Sources = {
    file,
    ini,
    environment,
    readFile,
    faults,
    overrides: findOverrides(environment, sections),
  }
  const ids = listedBackends(base)
  const providers = listedProviders(base)
  const own = [...ids.map(backendSection), ...providers.map(providerSection)]
  const sources: Sources = { ...base, overrides: findOverrides(environment, [...sections, ...own]) }
  const known = new Set([...sections, ...own].map(({ name }) => name))
  checkUnknownSections(sources, known, explained)
  checkStrangers(sources)
  const config = readConfig(sources, ids, providers)
  const sorted = sortedFaults(faults)
  return sorted.some(({ severity }) => severity === 'error') ? { faults: sorted } : { config, faults: sorted }
}

/** Every section is read, also those that are only checked so far. */
function readConfig(sources: Sources, ids: readonly string[], providers: readonly string[]): Config {
  const listeners = readListeners(sources, '127.0.0.1:8080')
  const { values: app } = readSection(sources, schema.app)
  const sessions = readSection(sources, schema.sessions)
  const { values: clients } = readSection(sources, schema.clients)
  const { values: stats } = readSection(sources, schema.stats)
  const turn = turnCredentials(sources, readSection(sources, schema.turn))
  const mcu = readSection(sources, schema.mcu)
  for (const section of sections) if (section.later) readSection(sources, section)
  checkHashKey(sources, sessions)
  return {
    ...listeners,
    app: { debug: app.debug, trustedProxies: app.trustedproxies },
    sessions: {
      hashKey: sessions.values.hashkey ?? '',
      blockKey: sessions.values.blockkey,
      idFormat: sessions.values.idformat,
    },
    clients: { internalSecret: clients.internalsecret },
    talk: readTalk(sources, sessions.values, ids),
    federation: readFederation(sources),
    sfu: readSfu(sources, mcu, app.allowsubscribeany),
    geoip: readGeoIp(sources),
    turn,
    turnServer: readTurnServer(sources, turn, mcu.values.url ?? []),
    relay: readRelay(sources),
    presence: readPresence(sources, providers),
    admission: readAdmission(sources),
    demo: readDemo(sources),
    stats: { allowedIps: stats.allowed_ips },
    drainTimeout: app.draintimeout,
  }
}

function readFederation(sources: Sources): FederationConfig {
  const { values } = readSection(sources, schema.federation)
  return {
    skipVerify: values.skipverify,
    timeout: values.timeout,
    allowedTargets: values.allowedtargets ?? [],
    maxLinks: values.maxconnections,
    maxLinksPerUser: values.maxconnectionsperuser,
  }
}

type Pending = { readonly maxpendingbytes: number; readonly maxpendingmessages: number }

function readTalk(sources: Sources, pending: Pending, ids: readonly string[]): TalkConfig {
  if (!sectionIsGiven(sources, 'backend')) return { kind: 'off' }
  const backend = readSection(sources, schema.backend)
  return {
    kind: 'on',
    backends: readBackends(sources, backend, ids),
    timeout: backend.values.timeout,
    connectionsPerHost: backend.values.connectionsperhost,
    skipVerify: backend.values.skipverify,
    maxBodySize: backend.values.maxbodysize,
    maxPendingBytes: pending.maxpendingbytes,
    maxPendingMessages: pending.maxpendingmessages,
  }
}

function checkHashKey(sources: Sources, sessions: SectionRead<typeof schema.sessions.settings>): void {
  if (sessions.isGiven('hashkey')) return
  const { allowed } = schema.sessions.settings.hashkey
  const message = `is missing; allowed: ${allowed}, better 32 or 64 random ones`
  sources.faults.push({ severity: 'error', ...sessions.place('hashkey'), section: 'sessions', key: 'hashkey', message })
}

function turnCredentials(sources: Sources, turn: SectionRead<typeof schema.turn.settings>): TurnCredentialsConfig {
  const { apikey, secret, servers } = turn.values
  for (const key of ['apikey', 'secret'] as const) {
    if (servers.length === 0 || turn.isGiven(key)) continue
    const message = `is missing; servers needs one: ${schema.turn.settings[key].allowed}`
    sources.faults.push({ severity: 'error', ...turn.place('servers'), section: 'turn', key, message })
  }
  return { apiKey: apikey, secret, servers }
}

/** What a section that is not known was perhaps meant to be. */
function explained(section: string, keys: ReadonlySet<string>): string | undefined {
  if (section.startsWith('presence-')) return 'this section has no effect; list its name in [presence] providers'
  if (!keys.has('url') && !keys.has('urls')) return undefined
  return 'this section has no effect; if it is a backend, list it in [backend] backends'
}
