/** The kinds of value that a setting may have: how each is read from text, and what is allowed. */

import { type IpRanges, parseIpRange } from '../lib/ip-range.ts'
import { type ListenAddress, parseListenAddress } from './listen-address.ts'

/** The value, or the piece of the text that cannot be used. */
export type Reading<T> = { readonly value: T } | { readonly unusable: string }

export interface Kind<T> {
  /** One or two words for a table. */
  readonly name: string
  /** Completes the sentence "allowed: …". */
  readonly allowed: string
  /** Of secrets no message may show a piece, and each may come from a file. */
  readonly secret: boolean
  read(text: string): Reading<T>
}

const anyText = 'any text'

export const text: Kind<string> = kind('text', anyText, (given) => ({ value: given }))

export const path: Kind<string> = kind('path', 'the path of a file', (given) => ({ value: given }))

export const flag: Kind<boolean> = kind('yes or no', 'true, yes, on, 1, or false, no, off, 0', (given) => {
  const word = given.toLowerCase()
  if (['true', 't', 'yes', 'y', 'on', '1'].includes(word)) return { value: true }
  if (['false', 'f', 'no', 'n', 'off', '0'].includes(word)) return { value: false }
  return { unusable: given }
})

/** The bytes that a secret may have. */
type Lengths = { readonly atLeast: number } | { readonly oneOf: readonly number[] }

export function secret(bytes: Lengths): Kind<string> {
  const allowed = lengths(bytes)
  const read = (given: string): Reading<string> => {
    const length = new TextEncoder().encode(given).length
    const fits = 'atLeast' in bytes ? length >= bytes.atLeast : bytes.oneOf.includes(length)
    return fits ? { value: given } : { unusable: given }
  }
  const name = allowed === anyText ? 'secret' : `secret (${allowed})`
  return { name, allowed, secret: true, read }
}

export function integer(least: number, most: number, unit = 'number'): Kind<number> {
  const allowed = `a whole number from ${least} to ${most}`
  return kind(`${unit} (${least} to ${most})`, allowed, (given) => {
    const value = /^\d{1,15}$/.test(given) ? Number(given) : -1
    return value >= least && value <= most ? { value } : { unusable: given }
  })
}

export const bitrate: Kind<number> = integer(0, 10 ** 12, 'bits per second')

const mostSeconds = 86_400

/** Read into milliseconds; at most a day, so that no timer overflows. */
export const seconds: Kind<number> = kind('seconds', `seconds from 0 to ${mostSeconds}, fractions too`, (given) => {
  const value = /^\d{1,6}(?:\.\d{1,6})?$/.test(given) ? Number(given) : -1
  return value >= 0 && value <= mostSeconds ? { value: Math.round(value * 1000) } : { unusable: given }
})

/** The original takes 0 for "not set" here, and files say so. */
export function zeroIsDefault(inner: Kind<number>, fallback: number): Kind<number> {
  const read = (given: string): Reading<number> => {
    const reading = inner.read(given)
    return 'value' in reading && reading.value === 0 ? { value: fallback } : reading
  }
  return { ...inner, name: `${inner.name}, 0: default`, allowed: `${inner.allowed}; 0 is the default`, read }
}

export function choice<const T extends string>(...words: readonly T[]): Kind<T> {
  return kind(words.join(' or '), words.join(' or '), (given) => {
    const value = words.find((word) => word === given.toLowerCase())
    return value === undefined ? { unusable: given } : { value }
  })
}

export const words: Kind<readonly string[]> = kind('list, spaces', 'a list separated by spaces', (given) => ({
  value: given.split(/\s+/).filter(Boolean),
}))

export const list: Kind<readonly string[]> = kind('list, commas', 'a list separated by commas', (given) => ({
  value: entriesOf(given),
}))

/** A list that may hold passwords, such as urls of brokers. */
export const secretList: Kind<readonly string[]> = { ...list, secret: true }

export const ipRanges: Kind<IpRanges> = kind(
  'IP ranges',
  'IP addresses and networks separated by commas, such as 127.0.0.1, 10.0.0.0/8, 2001:db8::/32',
  (given) => each(entriesOf(given), parseIpRange),
)

export const listenAddresses: Kind<readonly ListenAddress[]> = kind(
  'listen addresses',
  'addresses separated by spaces, such as 127.0.0.1:8080, [::1]:8080, :8080 or /run/heliograph.sock',
  (given) => each(given.split(/\s+/).filter(Boolean), parseListenAddress),
)

/** As the original writes them. */
export const continentCodes = ['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA'] as const
export type Continent = (typeof continentCodes)[number]

export const continents: Kind<readonly Continent[]> = kind(
  'continents',
  `continent codes separated by commas: ${continentCodes.join(', ')}`,
  (given) => each(entriesOf(given), (entry) => continentCodes.find((code) => code === entry.toUpperCase())),
)

const urlAllowed = 'https:// or http://, a host and perhaps a path; no user, password, ? or #'

export const url: Kind<string> = kind('url', urlAllowed, (given) => {
  const value = parseUrl(given)
  return value === undefined ? { unusable: given } : { value }
})

export const urls: Kind<readonly string[]> = kind(
  'urls',
  `a list separated by commas, each entry ${urlAllowed}`,
  (given) => {
    const reading = each(entriesOf(given), parseUrl)
    return 'value' in reading ? { value: [...new Set(reading.value)] } : reading
  },
)

/** Scheme and host in lower case, without a standard port, with a slash at the end: so that equal ones are equal. */
function parseUrl(given: string): string | undefined {
  if (!/^https?:\/\//i.test(given) || !URL.canParse(given)) return undefined
  const parsed = new URL(given)
  if (parsed.username !== '' || parsed.password !== '' || /[?#]/.test(given)) return undefined
  return parsed.href.endsWith('/') ? parsed.href : `${parsed.href}/`
}

export const urlPath: Kind<string> = kind(
  'path of a url',
  'a path of a url that begins with /, such as /calls',
  (given) => (/^\/[^\s?#]*$/.test(given) ? { value: given } : { unusable: given }),
)

function kind<T>(name: string, allowed: string, read: (text: string) => Reading<T>): Kind<T> {
  return { name, allowed, secret: false, read }
}

function entriesOf(given: string): readonly string[] {
  return given
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
}

function each<T>(entries: readonly string[], parse: (entry: string) => T | undefined): Reading<readonly T[]> {
  const value: T[] = []
  for (const entry of entries) {
    const parsed = parse(entry)
    if (parsed === undefined) return { unusable: entry }
    value.push(parsed)
  }
  return { value }
}

function lengths(bytes: Lengths): string {
  if ('oneOf' in bytes) return `${bytes.oneOf.slice(0, -1).join(', ')} or ${bytes.oneOf.at(-1)} bytes`
  return bytes.atLeast === 1 ? anyText : `at least ${bytes.atLeast} bytes`
}
