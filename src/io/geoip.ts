/** In which country an address is: by the operator's overrides, else by a database in MaxMind's format that is kept fresh. */
import { readFile, stat } from 'node:fs/promises'
import { type Response as MaxmindRecord, Reader } from 'maxmind'
import type { CountryDatabase, GeoIpConfig } from '../config/config.ts'
import { formatIp, parseIpAddress } from '../lib/ip-address.ts'
import { containsAddress, parseIpRange } from '../lib/ip-range.ts'
import { databaseIn, longestDatabase } from './geoip-archive.ts'
import { readBody } from './read-body.ts'

const freshFor = 24 * 3_600_000
const firstPause = 1_000
const longestPause = 300_000
const fetchTimeout = 120_000

export type GeoIpFact =
  /** `built`: when its maker made it. */
  | { readonly fact: 'countries-loaded'; readonly from: string; readonly built: string }
  | { readonly fact: 'countries-unusable'; readonly from: string; readonly error: string }

export interface Countries extends Disposable {
  /** Two letters, upper case; undefined if it is not known, or nobody's. */
  of(address: string): string | undefined
  /** Takes over the overrides. */
  configured(overrides: GeoIpConfig['overrides']): void
  /** Resolves when the database has been tried for the first time. */
  readonly tried: Promise<void>
}

export interface GeoIpSurroundings {
  readonly note: (fact: GeoIpFact) => void
  /** PEM of authorities to trust in place of the built-in ones. */
  readonly authorities?: string | undefined
}

export function startCountries(
  { database, overrides }: GeoIpConfig,
  { note, authorities }: GeoIpSurroundings,
): Countries {
  let known = overrides
  let reader: Reader<MaxmindRecord> | undefined
  let version: string | undefined
  let pause = firstPause
  let timer: ReturnType<typeof setTimeout> | undefined
  const ended = new AbortController()

  async function refresh(): Promise<void> {
    try {
      const found = await fetched(database, version, { authorities, ended: ended.signal })
      if (found) {
        // It throws if it is no database; then the one that is there stays.
        const next = new Reader<MaxmindRecord>(databaseIn(found.bytes))
        next.get('192.0.2.1')
        const built = next.metadata.buildEpoch.toISOString()
        reader = next
        version = found.version
        note({ fact: 'countries-loaded', from: nameOf(database), built })
      }
      pause = firstPause
      again(freshFor)
    } catch (error) {
      if (ended.signal.aborted) return
      note({ fact: 'countries-unusable', from: nameOf(database), error: withoutSecret(error, database) })
      again(pause)
      pause = Math.min(longestPause, pause * 2)
    }
  }

  function again(ms: number): void {
    if (ended.signal.aborted) return
    timer = setTimeout(() => void refresh(), ms)
    // Whether it is fresh is no reason to stay alive.
    timer.unref()
  }

  return {
    tried: database.kind === 'none' ? Promise.resolve() : refresh(),
    of(address) {
      const ip = parseIpAddress(address)
      if (!ip) return undefined
      for (const { range, country } of known) if (containsAddress([range], ip)) return country
      if (!reader || containsAddress(nobodys, ip)) return undefined
      const code = countryIn(recordIn(reader, formatIp(ip)))?.toUpperCase()
      return code !== undefined && /^[A-Z]{2}$/.test(code) ? code : undefined
    },
    configured(next) {
      known = next
    },
    [Symbol.dispose]() {
      ended.abort()
      clearTimeout(timer)
    },
  }
}

/** Networks without a country, whatever a database says. */
const nobodys = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '::1',
  'fc00::/7',
  'fe80::/10',
]
  .map(parseIpRange)
  .filter((range) => range !== undefined)

/** A database may be broken in a place where nobody has looked yet. */
function recordIn(reader: Reader<MaxmindRecord>, address: string): unknown {
  try {
    return reader.get(address)
  } catch {
    return undefined
  }
}

/** The record is the database's; nothing is known of it. */
function countryIn(record: unknown): string | undefined {
  const country: unknown = isObject(record) ? record['country'] : undefined
  const code = isObject(country) ? country['iso_code'] : undefined
  return typeof code === 'string' ? code : undefined
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

interface Found {
  readonly bytes: Buffer
  /** Tells whether there is another one next time. */
  readonly version: string | undefined
}

/** Undefined if nothing has changed. */
function fetched(
  database: CountryDatabase,
  version: string | undefined,
  how: { readonly authorities: string | undefined; readonly ended: AbortSignal },
): Promise<Found | undefined> {
  switch (database.kind) {
    case 'file':
      return fromFile(database.path, version)
    case 'url':
      return fromUrl(database.url, version, how)
    case 'maxmind': {
      const query = new URLSearchParams({
        edition_id: 'GeoLite2-Country',
        license_key: database.license,
        suffix: 'tar.gz',
      })
      return fromUrl(`https://download.maxmind.com/app/geoip_download?${query}`, version, how)
    }
    case 'none':
      return Promise.resolve(undefined)
  }
}

async function fromFile(path: string, version: string | undefined): Promise<Found | undefined> {
  const { mtimeMs, size } = await stat(path)
  if (size > longestDatabase) throw new Error('larger than a database can be')
  const present = `${mtimeMs} ${size}`
  return present === version ? undefined : { bytes: await readFile(path), version: present }
}

async function fromUrl(
  url: string,
  version: string | undefined,
  { authorities, ended }: { readonly authorities: string | undefined; readonly ended: AbortSignal },
): Promise<Found | undefined> {
  const answer = await fetch(url, {
    signal: AbortSignal.any([ended, AbortSignal.timeout(fetchTimeout)]),
    headers: version === undefined ? {} : { 'if-modified-since': version },
    ...(authorities === undefined ? {} : { tls: { ca: authorities } }),
  })
  if (answer.status === 304) return undefined
  if (answer.status !== 200) throw new Error(`status ${answer.status}`)
  const body = await readBody(answer, longestDatabase)
  if (!body.ok) throw new Error(body.error)
  return { bytes: Buffer.from(body.value), version: answer.headers.get('last-modified') ?? undefined }
}

/** For the log: what is behind the host may be a secret. */
function nameOf(database: CountryDatabase): string {
  if (database.kind === 'file') return database.path
  return database.kind === 'url' ? new URL(database.url).host : 'MaxMind'
}

function withoutSecret(error: unknown, database: CountryDatabase): string {
  const text = error instanceof Error ? error.message : String(error)
  const secret = database.kind === 'maxmind' ? database.license : database.kind === 'url' ? database.url : ''
  return secret === '' ? text : text.replaceAll(secret, '…')
}
