/** `[presence]` and its providers as the rest of the program sees them, and everything about them that cannot work. */

import type { OidcProviderConfig, PresenceConfig } from './config.ts'
import { quoted } from './fault.ts'
import { readSection, type SectionRead } from './read-section.ts'
import { ownProvider, schema } from './schema.ts'
import type { Section } from './setting.ts'
import { given, type Sources, sectionIsGiven, sectionPlace } from './sources.ts'

type Common = SectionRead<typeof schema.presence.settings>
type Own = SectionRead<typeof ownProvider.settings>

/** The names in `[presence] providers`, told before anything is read, because overrides depend on them. */
export function listedProviders(sources: Sources): readonly string[] {
  const text = given({ ...sources, faults: [] }, 'presence', 'providers', false)?.text ?? ''
  // Section names do not tell upper from lower case.
  return [
    ...new Set(
      text
        .split(',')
        .map((entry) => entry.trim().toLowerCase())
        .filter(Boolean),
    ),
  ]
}

export const providerSection = (name: string): Section<typeof ownProvider.settings> => ({
  ...ownProvider,
  name: `presence-${name}`,
})

/** Off without the section. */
export function readPresence(sources: Sources, names: readonly string[]): PresenceConfig {
  if (!sectionIsGiven(sources, 'presence')) return { kind: 'off' }
  const common = readSection(sources, schema.presence)
  const { values } = common
  if (names.length === 0) {
    const message = 'is missing, so nobody could sign in; write providers = name and a section [presence-name]'
    fault(sources, common, 'error', message)
  }
  const providers = names.flatMap((name) => readProvider(sources, common, name) ?? [])
  checkIssuers(sources, common, providers)
  const revision = values.revision === '2' ? 2 : 1
  if (revision === 2 && providers.length > 1) {
    const message =
      'is more than one, but revision = 2 knows users by preferred_username only: whoever has the same name at two of them is one user'
    fault(sources, common, 'warning', message)
  }
  return {
    kind: 'on',
    path: values.path,
    providers,
    revision,
    interval: values.interval,
    grace: values.grace,
    clockSkew: values.clockskew,
    refresh: values.refresh,
    isStrict: values.strict,
    closesExpired: values.closeexpired,
    devicesPerUser: values.devices,
    messagesPerSecond: values.rate,
  }
}

function readProvider(sources: Sources, common: Common, name: string): OidcProviderConfig | undefined {
  const section = providerSection(name)
  const own = readSection(sources, section)
  const { issuer, discovery, audience } = own.values
  for (const key of ['issuer', 'audience'] as const) {
    if (own.isGiven(key)) continue
    const place = sectionIsGiven(sources, section.name)
      ? sectionPlace(sources, section.name)
      : common.place('providers')
    const message = `is missing; allowed: ${ownProvider.settings[key].allowed}`
    sources.faults.push({ severity: 'error', ...place, section: section.name, key, message })
  }
  if (issuer === undefined) return undefined
  checkPlain(sources, section.name, own, issuer)
  return { name, issuer, discovery: discovery ?? issuer, audiences: audience }
}

/** Whoever stands between us and the provider could hand us keys of his own. */
function checkPlain(sources: Sources, section: string, own: Own, issuer: string): void {
  if (own.isGiven('discovery') || !issuer.startsWith('http://') || isThisMachine(new URL(issuer).hostname)) return
  const message =
    'is without TLS, so whoever is in between could exchange the keys; use https://, or discovery = an address inside'
  sources.faults.push({ severity: 'warning', ...own.place('issuer'), section, key: 'issuer', message })
}

const isThisMachine = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || host.startsWith('127.')

function checkIssuers(sources: Sources, common: Common, providers: readonly OidcProviderConfig[]): void {
  const owners = new Map<string, string>()
  for (const { name, issuer } of providers) {
    const owner = owners.get(issuer)
    if (owner === undefined) owners.set(issuer, name)
    else {
      const message = `has ${quoted(name)} and ${quoted(owner)} with the same issuer; allowed: each issuer once`
      fault(sources, common, 'error', message)
    }
  }
}

function fault(sources: Sources, common: Common, severity: 'error' | 'warning', message: string): void {
  sources.faults.push({ severity, ...common.place('providers'), section: 'presence', key: 'providers', message })
}
