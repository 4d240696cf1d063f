/** The URLs by which a Nextcloud is named: one spelling for each, and the paths below it that we ask. */
import { failure, type Result, success } from '../../../lib/result.ts'

/** Why a text does not name a Nextcloud. */
export type UrlFault =
  | 'empty'
  | 'too long'
  | 'unreadable'
  | 'not http or https'
  | 'has a user name'
  | 'has a query or fragment'

/** Everything from here on in a hello's url is Talk's own path, not part of the base. */
const talkPath = 'ocs/v2.php/apps/spreed/'
const longestUrl = 2048
/** The URL parser drops or rewrites these without a word, so that two readers would see two URLs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
const rewritten = /[\u0000-\u0020\u007f\\]/

/**
 * The base URL in its one spelling: lower-case host, no standard port, a slash at the end, nothing of Talk's own path.
 * Takes `auth.url` of a hello (base or full OCS path), `backend` of an internal hello, and `Spreed-Signaling-Backend`.
 */
export function readBackendUrl(text: string): Result<string, UrlFault> {
  if (text === '') return failure('empty')
  if (text.length > longestUrl) return failure('too long')
  if (rewritten.test(text)) return failure('unreadable')
  const withSlash = text.endsWith('/') ? text : `${text}/`
  const end = withSlash.indexOf(talkPath)
  const base = end < 0 ? withSlash : withSlash.slice(0, end)
  // Without the two slashes the parser would take `https:host` for an absolute URL as well.
  if (!/^https?:\/\/[^/]/i.test(base))
    return failure(/^(?!https?:)[a-z][a-z0-9+.-]*:\/\//i.test(base) ? 'not http or https' : 'unreadable')
  const url = URL.parse(base)
  if (!url) return failure('unreadable')
  if (url.username !== '' || url.password !== '' || /^https?:\/\/[^/]*@/i.test(base)) return failure('has a user name')
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(base)) return failure('has a query or fragment')
  return success(url.pathname.endsWith('/') ? url.href : `${url.href}/`)
}

/** As `readBackendUrl`, where nobody asks why. */
export function normaliseBackendUrl(text: string): string | undefined {
  const read = readBackendUrl(text)
  return read.ok ? read.value : undefined
}

/** Where Talk takes our requests; `v3` if its capabilities list `signaling-v3`. */
export const signalingUrl = (base: string, version: 'v1' | 'v3'): string =>
  `${base}${talkPath}api/${version}/signaling/backend`

/** Where Nextcloud tells what it can do. */
export const capabilitiesUrl = (base: string): string => `${base}ocs/v2.php/cloud/capabilities`

/** Scheme, host and port of a URL in its one spelling. */
export const originOf = (url: string): string => url.slice(0, url.indexOf('/', url.indexOf('//') + 2))
