/** The text of `proxy.conf` and the environment, both handed in, become a configuration, or all faults at once. */

import type { KeyObject } from 'node:crypto'
import { readRsaPrivateKey, readRsaPublicKey } from '../lib/rsa-key.ts'
import { type Fault, type Place, quoted, sortedFaults } from './fault.ts'
import { parseIni } from './ini.ts'
import { path } from './kinds.ts'
import { readListeners } from './listeners.ts'
import type { ConfigSource } from './load.ts'
import { findOverrides, variableName } from './overrides.ts'
import type { ProxyConfig, RemoteStreamsConfig, TokenKey } from './proxy-config.ts'
import { proxySchema, proxySections } from './proxy-schema.ts'
import { readSection, type SectionRead } from './read-section.ts'
import { optional, type Section, type Settings } from './setting.ts'
import type { Sources } from './sources.ts'
import { checkStrangers, checkUnknownSections } from './strangers.ts'

export interface LoadedProxy {
  /** Absent when one of the faults is an error. */
  readonly config?: ProxyConfig
  /** By line. */
  readonly faults: readonly Fault[]
}

type AppRead = SectionRead<typeof proxySchema.app.settings>

/** Never throws, whatever the text. */
export function loadProxyConfig(source: ConfigSource): LoadedProxy {
  const { file, environment, readFile } = source
  const ini = parseIni(source.text)
  const faults: Fault[] = ini.faults.map((fault) => ({ severity: 'error', file, ...fault }))
  const tokens = tokensSection(source, new Set(ini.sections.get('tokens')?.entries.keys()))
  const sections = proxySections.map((section) => (section.name === tokens.name ? tokens : section))
  const sources: Sources = { file, ini, environment, readFile, faults, overrides: findOverrides(environment, sections) }
  checkUnknownSections(sources, new Set(sections.map(({ name }) => name)))
  checkStrangers(sources)
  const config = readConfig(sources, tokens)
  const sorted = sortedFaults(faults)
  return sorted.some(({ severity }) => severity === 'error') ? { faults: sorted } : { config, faults: sorted }
}

const tokenVariables = variableName('tokens', '')

/** `[tokens]` with the keys that this operator has chosen, in the file or in the environment. */
function tokensSection({ environment }: ConfigSource, inFile: ReadonlySet<string>): Section<Settings> {
  const { settings, ...section } = proxySchema.tokens
  const variables = new Set([...inFile].map((id) => variableName('tokens', id)))
  const inEnvironment = Object.keys(environment)
    .filter((name) => name.startsWith(tokenVariables) && name.length > tokenVariables.length && !variables.has(name))
    .map((name) => name.slice(tokenVariables.length).toLowerCase())
  const ids = [...inFile, ...inEnvironment].filter((id) => !Object.hasOwn(settings, id))
  const own = ids.map((id) => [id, optional(path, { meaning: 'The public key of one who may connect.', reload: true })])
  return { ...section, settings: { ...settings, ...Object.fromEntries(own) } }
}

function readConfig(sources: Sources, tokens: Section<Settings>): ProxyConfig {
  const listeners = readListeners(sources, '127.0.0.1:9090')
  const app = readSection(sources, proxySchema.app)
  const { values: bandwidth } = readSection(sources, proxySchema.bandwidth)
  const { values: stats } = readSection(sources, proxySchema.stats)
  readSection(sources, proxySchema.etcd)
  return {
    ...listeners,
    app: { debug: app.values.debug, trustedProxies: app.values.trustedproxies },
    stats: { allowedIps: stats.allowed_ips },
    drainTimeout: app.values.draintimeout,
    country: app.values.country,
    tokens: readTokens(sources, app, readSection(sources, tokens)),
    bandwidth: { incoming: megabits(bandwidth.incoming), outgoing: megabits(bandwidth.outgoing) },
    remote: readRemote(sources, app),
    sfu: readJanus(sources),
  }
}

const megabits = (count: number): number => count * 1024 * 1024

function readTokens(sources: Sources, app: AppRead, read: SectionRead<Settings>): readonly TokenKey[] {
  if (app.values.tokentype === 'etcd') {
    const message = 'etcd is not in this build yet; write static, and the keys in [tokens]'
    sources.faults.push({ severity: 'error', ...app.place('tokentype'), section: 'app', key: 'tokentype', message })
    return []
  }
  const tokens = Object.entries(read.values).flatMap(([id, file]) => {
    if (typeof file !== 'string' || Object.hasOwn(proxySchema.tokens.settings, id)) return []
    const publicKey = readKey(sources, { section: 'tokens', key: id, place: read.place(id) }, file, 'public')
    return publicKey === undefined ? [] : [{ id, publicKey }]
  })
  const isEmpty = !Object.keys(read.values).some((id) => read.isGiven(id) && id !== 'keyformat')
  if (isEmpty) {
    const message =
      'there is no key in it, so nobody could connect; write for example server1 = server1.pem, the public key of your signaling server (openssl rsa -in token.key -pubout -out server1.pem; its token_id is then server1)'
    sources.faults.push({ severity: 'error', ...read.place('keyformat'), section: 'tokens', message })
  }
  return tokens
}

function readRemote(sources: Sources, app: AppRead): RemoteStreamsConfig {
  const { token_id: tokenId, token_key: file, hostname, skipverify: skipVerify } = app.values
  if (tokenId === undefined && file === undefined) return { kind: 'off' }
  const missing = tokenId === undefined ? 'token_id' : file === undefined ? 'token_key' : undefined
  if (missing !== undefined || tokenId === undefined || file === undefined) {
    const other = missing === 'token_id' ? 'token_key' : 'token_id'
    const message = `is missing; ${other} is no use without it`
    const place = app.place(other)
    sources.faults.push({ severity: 'error', ...place, section: 'app', key: missing ?? 'token_id', message })
    return { kind: 'off' }
  }
  const at = { section: 'app', key: 'token_key', place: app.place('token_key') }
  const privateKey = readKey(sources, at, file, 'private')
  return privateKey === undefined ? { kind: 'off' } : { kind: 'on', tokenId, privateKey, hostname, skipVerify }
}

function readJanus(sources: Sources): ProxyConfig['sfu'] {
  const read = readSection(sources, proxySchema.mcu)
  const { values } = read
  if (!read.isGiven('url')) {
    const message = 'is missing; write the WebSocket url of Janus, for example url = ws://127.0.0.1:8188/'
    sources.faults.push({ severity: 'error', ...read.place('url'), section: 'mcu', key: 'url', message })
  }
  return {
    kind: 'janus',
    url: values.url ?? '',
    maxStreamBitrate: values.maxstreambitrate,
    maxScreenBitrate: values.maxscreenbitrate,
    timeout: values.timeout,
    allowedCandidates: values.allowedcandidates ?? [],
    blockedCandidates: values.blockedcandidates ?? [],
    allowSubscribeAny: false,
  }
}

interface At {
  readonly section: string
  readonly key: string
  readonly place: Place
}

function readKey(
  { readFile, faults }: Sources,
  { section, key, place }: At,
  file: string,
  type: 'public' | 'private',
): KeyObject | undefined {
  const fail = (message: string): undefined => void faults.push({ severity: 'error', ...place, section, key, message })
  let text: string
  try {
    text = readFile(file)
  } catch (error) {
    return fail(`cannot read ${quoted(file)}: ${error instanceof Error ? error.message : String(error)}`)
  }
  const read = type === 'public' ? readRsaPublicKey(text) : readRsaPrivateKey(text)
  return read.ok ? read.value : fail(`${quoted(file)} ${read.error}`)
}
