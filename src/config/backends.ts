/** Which Nextcloud servers may use this server: from `[backend]` and the section of each. */

import type { BackendConfig } from './config.ts'
import { type Place, quoted } from './fault.ts'
import { readSection, type SectionRead } from './read-section.ts'
import { ownBackend, type schema, sections } from './schema.ts'
import type { Section } from './setting.ts'
import { given, type Sources, sectionPlace } from './sources.ts'

type Common = SectionRead<typeof schema.backend.settings>
type Own = SectionRead<typeof ownBackend.settings>

/** The names in `[backend] backends`, told before anything is read, because overrides depend on them. */
export function listedBackends(sources: Sources): readonly string[] {
  const text = given({ ...sources, faults: [] }, 'backend', 'backends', false)?.text ?? ''
  const names = new Map<string, string>()
  for (const name of text.split(',').map((entry) => entry.trim())) {
    // Section names do not tell upper from lower case.
    if (name !== '' && !names.has(name.toLowerCase())) names.set(name.toLowerCase(), name)
  }
  return [...names.values()]
}

/** The section of one backend. */
export function backendSection(id: string): Section<typeof ownBackend.settings> {
  return { ...ownBackend, name: id.toLowerCase() }
}

/** As in the original, `allowall` goes before `backends`, and that before `allowed`. */
export function readBackends(sources: Sources, common: Common, ids: readonly string[]): readonly BackendConfig[] {
  const { values } = common
  const ignored = (key: 'backends' | 'allowed', because: string) => {
    if (common.isGiven(key))
      note(sources, 'warning', common.place(key), 'backend', key, `has no effect beside ${because}`)
  }
  if (values.allowall) {
    ignored('backends', 'allowall = true')
    ignored('allowed', 'allowall = true')
    const secret = commonSecret(sources, common, 'allowall')
    return secret === undefined ? [] : [compat(common, { kind: 'any' }, secret)]
  }
  if (ids.length > 0) {
    ignored('allowed', 'backends')
    return listed(sources, common, ids)
  }
  if (values.allowed.length > 0) {
    const secret = commonSecret(sources, common, 'allowed')
    const hosts = allowedHosts(sources, common)
    return secret === undefined ? [] : [compat(common, { kind: 'hosts', hosts, http: values.allowhttp }, secret)]
  }
  if (values.backendtype === 'static' && !common.isGiven('backends')) {
    const message =
      'no backend is listed, so no client can connect; write backends = name and a section [name] with urls'
    note(sources, 'warning', common.place('backends'), 'backend', 'backends', message)
  }
  return []
}

function compat({ values }: Common, accepts: BackendConfig['accepts'], secret: string): BackendConfig {
  return { id: 'compat', accepts, secret, ...limits(values) }
}

function commonSecret(sources: Sources, common: Common, by: 'allowall' | 'allowed'): string | undefined {
  if (!common.isGiven('secret')) {
    const message = `is missing; ${by} needs one: any text, the same as in the settings of Talk`
    note(sources, 'error', common.place(by), 'backend', 'secret', message)
  }
  return common.values.secret
}

function allowedHosts(sources: Sources, common: Common): readonly string[] {
  const hosts = new Set<string>()
  for (const entry of common.values.allowed) {
    const host = entry.split('/')[0]?.toLowerCase() ?? ''
    if (!/^(?:\[[0-9a-f:.]+\]|[^\s/:@[\]]+)(?::\d{1,5})?$/.test(host)) {
      const message = `${quoted(entry)} is not usable; allowed: host names separated by commas, perhaps with a port`
      note(sources, 'error', common.place('allowed'), 'backend', 'allowed', message)
    } else if (host.length < entry.length) {
      const message = `of ${quoted(entry)} only the host counts; use backends to tell paths apart`
      note(sources, 'warning', common.place('allowed'), 'backend', 'allowed', message)
    }
    hosts.add(host)
  }
  return [...hosts]
}

function listed(sources: Sources, common: Common, ids: readonly string[]): readonly BackendConfig[] {
  const owners = new Map<string, { id: string; place: Place }>()
  const backends: BackendConfig[] = []
  for (const id of ids) {
    if (sections.some(({ name }) => name === id.toLowerCase())) {
      const message = `${quoted(id)} is the name of a section with another meaning; choose another name`
      note(sources, 'error', common.place('backends'), 'backend', 'backends', message)
      continue
    }
    const own = readSection(sources, backendSection(id))
    const urls = urlsOf(sources, common, id, own)
    const secret = secretOf(sources, common, id, own)
    claim(sources, owners, id, own, urls)
    if (secret === undefined) continue
    backends.push({ id, accepts: { kind: 'urls', urls }, secret, ...limits(own.values) })
  }
  return backends
}

function urlsOf(sources: Sources, common: Common, id: string, own: Own): readonly string[] {
  if (!own.isGiven('urls') && !own.isGiven('url')) {
    const message = `is missing; allowed: ${ownBackend.settings.urls.allowed}`
    note(sources, 'error', ownPlace(sources, common, id), id.toLowerCase(), 'urls', message)
  }
  return own.values.urls ?? (own.values.url === undefined ? [] : [own.values.url])
}

function secretOf(sources: Sources, common: Common, id: string, own: Own): string | undefined {
  if (own.isGiven('secret')) return own.values.secret
  if (common.isGiven('secret')) return common.values.secret
  const message =
    'is missing; allowed: any text, the same as in the settings of Talk, here or for all backends in [backend]'
  note(sources, 'error', ownPlace(sources, common, id), id.toLowerCase(), 'secret', message)
  return undefined
}

/** A request could not be told to belong to one of two backends with the same url. */
function claim(
  sources: Sources,
  owners: Map<string, { id: string; place: Place }>,
  id: string,
  own: Own,
  urls: readonly string[],
): void {
  const key = own.isGiven('urls') ? 'urls' : 'url'
  const place = own.place(key)
  for (const url of urls) {
    const owner = owners.get(url)
    if (owner) {
      const where = owner.place.line === undefined ? owner.place.file : `line ${owner.place.line}`
      const message = `${quoted(url)} is already a url of the backend ${quoted(owner.id)} (${where}); allowed: each url once`
      note(sources, 'error', place, id.toLowerCase(), key, message)
    } else owners.set(url, { id, place })
  }
}

function ownPlace(sources: Sources, common: Common, id: string): Place {
  const place = sectionPlace(sources, id.toLowerCase())
  return place.line === undefined ? common.place('backends') : place
}

interface Limits {
  readonly sessionlimit: number
  readonly maxstreambitrate: number
  readonly maxscreenbitrate: number
}

function limits({ sessionlimit, maxstreambitrate, maxscreenbitrate }: Limits) {
  return { sessionLimit: sessionlimit, maxStreamBitrate: maxstreambitrate, maxScreenBitrate: maxscreenbitrate }
}

function note(
  { faults }: Sources,
  severity: 'error' | 'warning',
  place: Place,
  section: string,
  key: string,
  message: string,
): void {
  faults.push({ severity, ...place, section, key, message })
}
