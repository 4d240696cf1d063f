/** `[geoip]`, `[geoip-overrides]` and `[continent-overrides]` as the rest of the program sees them. */

import type { IpRange } from '../lib/ip-range.ts'
import type { CountryDatabase, GeoIpConfig } from './config.ts'
import { quoted } from './fault.ts'
import type { Continent } from './kinds.ts'
import { freeEntries, readSection, type SectionRead } from './read-section.ts'
import { schema } from './schema.ts'
import type { Sources } from './sources.ts'

export function readGeoIp(sources: Sources): GeoIpConfig {
  const geoip = readSection(sources, schema.geoip)
  readSection(sources, schema['geoip-overrides'])
  readSection(sources, schema['continent-overrides'])
  const overrides = freeEntries(sources, schema['geoip-overrides']).flatMap(({ key, value }) =>
    key.map((range) => ({ range, country: value })),
  )
  const continents: Partial<Record<Continent, readonly Continent[]>> = {}
  for (const { key, value } of freeEntries(sources, schema['continent-overrides'])) {
    for (const continent of key) continents[continent] = [...(continents[continent] ?? []), ...value]
  }
  return {
    database: readDatabase(sources, geoip),
    overrides: overrides.toSorted((a, b) => prefix(b.range) - prefix(a.range)),
    continents,
  }
}

function readDatabase(sources: Sources, read: SectionRead<typeof schema.geoip.settings>): CountryDatabase {
  const { url = '', license } = read.values
  // The original's file has one of these words where nothing is meant.
  if (url === '' || url === 'none' || url === 'default') {
    return license === undefined ? { kind: 'none' } : { kind: 'maxmind', license }
  }
  if (url.startsWith('file://') && url.length > 'file://'.length) {
    return { kind: 'file', path: url.slice('file://'.length) }
  }
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return { kind: 'url', url }
  const message = `${quoted(url)} is not usable; allowed: https://, http:// or file:// and a path, or none`
  sources.faults.push({ severity: 'error', ...read.place('url'), section: 'geoip', key: 'url', message })
  return { kind: 'none' }
}

/** How many bits a range gives. Ranges of the two families never hold the same address. */
const prefix = ({ mask }: IpRange): number =>
  (typeof mask === 'number' ? [mask] : mask).reduce((bits, word) => bits + ones(word), 0)

function ones(word: number): number {
  let count = 0
  for (let rest = word >>> 0; rest !== 0; rest = (rest << 1) >>> 0) count++
  return count
}
