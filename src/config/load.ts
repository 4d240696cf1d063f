/** File text and environment, both handed in, become a configuration, or all faults at once. */

import { readAdmission } from './admission.ts'
import { backendSection, listedBackends, readBackends } from './backends.ts'
import type { Config, TalkConfig, TurnCredentialsConfig } from './config.ts'
import { readDemo } from './demo.ts'
import { type Fault, sortedFaults } from './fault.ts'
import { parseIni } from './ini.ts'
import { nearMiss } from './near-miss.ts'
import { type Environment, findOverrides } from './overrides.ts'
import { listedProviders, providerSection, readPresence } from './presence.ts'
import { readSection, type SectionRead } from './read-section.ts'
import { readRelay } from './relay.ts'
import { schema, sections } from './schema.ts'
import { readSfu } from './sfu.ts'
import { type Sources, sectionIsGiven } from './sources.ts'
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
  checkUnknownSections(sources, known)
  checkStrangers(sources)
  const config = readConfig(sources, ids, providers)
  const sorted = sortedFaults(faults)
  return sorted.some(({ severity }) => severity === 'error') ? { faults: sorted } : { config, faults: sorted }
}

/** Every section is read, also those that are only checked so far. */
function readConfig(sources: Sources, ids: readonly string[], providers: readonly string[]): Config {
  const http = readSection(sources, schema.http)
  const https = readSection(sources, schema.https)
  const { values: app } = readSection(sources, schema.app)
  const sessions = readSection(sources, schema.sessions)
  const { values: clients } = readSection(sources, schema.clients)
  const { values: stats } = readSection(sources, schema.stats)
  const turn = turnCredentials(sources, readSection(sources, schema.turn))
  const mcu = readSection(sources, schema.mcu)
  for (const section of sections) if (section.later) readSection(sources, section)
  checkListeners(sources, http, https)
  checkHashKey(sources, sessions)
  return {
    http: {
      listen: http.values.listen,
      readTimeout: http.values.readtimeout,
      writeTimeout: http.values.writetimeout,
    },
    https: {
      listen: https.values.listen,
      readTimeout: https.values.readtimeout,
      writeTimeout: https.values.writetimeout,
      certificate: https.values.certificate,
      key: https.values.key,
    },
    app: { debug: app.debug, trustedProxies: app.trustedproxies },
    sessions: {
      hashKey: sessions.values.hashkey ?? '',
      blockKey: sessions.values.blockkey,
      idFormat: sessions.values.idformat,
    },
    clients: { internalSecret: clients.internalsecret },
    talk: readTalk(sources, sessions.values, ids),
    sfu: readSfu(sources, mcu, app.allowsubscribeany),
    turn,
    turnServer: readTurnServer(sources, turn, mcu.values.url ?? []),
    relay: readRelay(sources),
    presence: readPresence(sources, providers),
    admission: readAdmission(sources),
    demo: readDemo(sources),
    stats: { allowedIps: stats.allowed_ips },
    drainTimeout: app.draintimeout,
    limits: { maxConnectionsPerAddress: http.values.maxconnectionsperaddress },
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

function checkListeners(
  sources: Sources,
  http: SectionRead<typeof schema.http.settings>,
  https: SectionRead<typeof schema.https.settings>,
): void {
  if (!http.isGiven('listen') && !https.isGiven('listen')) {
    const message = 'is missing, in [https] too, so nobody could connect; write for example listen = 127.0.0.1:8080'
    sources.faults.push({ severity: 'error', ...http.place('listen'), section: 'http', key: 'listen', message })
  }
  if (!https.isGiven('listen')) return
  for (const key of ['certificate', 'key'] as const) {
    if (https.isGiven(key)) continue
    const message = `is missing; listen needs one: ${schema.https.settings[key].allowed} (PEM)`
    sources.faults.push({ severity: 'error', ...https.place('listen'), section: 'https', key, message })
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

function checkUnknownSections({ ini, file, faults }: Sources, known: ReadonlySet<string>): void {
  for (const [section, { line, entries }] of ini.sections) {
    if (known.has(section)) continue
    const warn = (message: string) => faults.push({ severity: 'warning', file, line, section, message })
    if (section.startsWith('presence-')) warn('this section has no effect; list its name in [presence] providers')
    else if (entries.has('url') || entries.has('urls')) {
      warn('this section has no effect; if it is a backend, list it in [backend] backends')
    } else {
      const meant = nearMiss(section, known)
      warn(`this section is not known and has no effect${meant === undefined ? '' : `; did you mean [${meant}]?`}`)
    }
  }
}

function checkStrangers({ overrides, faults }: Sources): void {
  for (const { variable, suggestion } of overrides.strangers) {
    const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`
    const message = `names no setting and has no effect${hint}`
    faults.push({ severity: 'warning', file: variable, section: '', message })
  }
}
