/** The address that an administrator enters in Talk's settings: whether it can be one, and where it leads. */
import { contains, parseIpRange } from '../lib/ip-range.ts'
import { type Finding, fail, ok, quoted, warn } from './finding.ts'

export interface Site {
  /** http or https, without a slash at its end: `/spreed` and `/api/v1/…` come behind it. */
  readonly url: string
  /** IPv6 without brackets. */
  readonly hostname: string
  readonly port: number
  readonly secure: boolean
}

export interface SiteRead {
  readonly findings: readonly Finding[]
  /** Undefined if there is nothing to go on with. */
  readonly site: Site | undefined
}

const check = 'URL'
const example = 'it looks like https://talk.example.org/standalone-signaling'
/** What Talk itself puts behind the address. */
const tail = /\/(?:spreed|api(?:\/v1(?:\/(?:welcome|room(?:\/[^/]*)?|stats))?)?)$/

export function readSite(text: string): SiteRead {
  const refused = (says: string, next = `Give the address as it stands in Talk's settings; ${example}.`): SiteRead => ({
    findings: [fail(check, says, next)],
    site: undefined,
  })
  const given = text.trim()
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(given)) return refused(`${quoted(given)} does not begin with https://`)
  const isSocket = /^wss?:/i.test(given)
  const url = URL.parse(given.replace(/^ws/i, 'http'))
  if (!url || url.hostname === '') return refused(`${quoted(given)} is no readable address`)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return refused(`${quoted(given)} is neither https nor http`)
  if (url.username !== '' || url.password !== '') return refused('there is a user name or password in the address')
  if (url.search !== '' || url.hash !== '') return refused(`${quoted(given)} has something behind ? or #`)

  const path = url.pathname.replace(/\/+$/, '')
  const base = path.replace(tail, '')
  const secure = url.protocol === 'https:'
  const site: Site = {
    url: `${url.origin}${base}`,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    secure,
  }
  const findings = [
    ...(isSocket ? [warn(check, 'it begins with ws', `Enter ${site.url} in Talk's settings.`)] : []),
    ...(base === path
      ? []
      : [warn(check, `Talk puts ${path.slice(base.length)} behind the address itself`, `Enter ${site.url} there.`)]),
    ...(/[A-Z]/.test(base)
      ? [
          warn(
            check,
            `Talk asks for ${base.toLowerCase()} in lower case, whatever is entered`,
            'Use a path in lower case, in the web server in front as well.',
          ),
        ]
      : []),
    ...(secure || isLoopback(site.hostname)
      ? []
      : [
          warn(
            check,
            'without TLS; browsers refuse that from a Nextcloud with https, and what is said can be read on the way',
            'Put a web server with a certificate in front (docs/front-webserver.md) and use its https address.',
          ),
        ]),
  ]
  return { findings: findings.length > 0 ? findings : [ok(check, site.url)], site }
}

const ranges = (...texts: readonly string[]) => texts.map(parseIpRange).filter((range) => range !== undefined)
const loopback = ranges('127.0.0.0/8', '::1')
const nearby = ranges('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', 'fc00::/7', 'fe80::/10')

export const isAddress = (hostname: string): boolean => parseIpRange(hostname) !== undefined
export const isLoopback = (hostname: string): boolean => hostname === 'localhost' || contains(loopback, hostname)
/** Whether an address is one of this machine or of a private network. */
export const isNearby = (address: string): boolean => isLoopback(address) || contains(nearby, address)
