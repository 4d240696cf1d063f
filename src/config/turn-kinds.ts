/** The kinds of value that only `[turn-server]` has. */

import { formatIp, type IpAddress, parseIpAddress } from '../lib/ip-address.ts'
import { type IpRange, type IpRanges, parseIpRange } from '../lib/ip-range.ts'
import type { Kind, Reading } from './kinds.ts'
import { parseListenAddress } from './listen-address.ts'

/** `host` is an address without brackets; `::` is every address of the machine, IPv4 too. Port 0 is any free one. */
export interface TurnListenAddress {
  readonly host: string
  readonly port: number
}

/** At most one of each family. */
export interface AddressPair {
  readonly 4?: IpAddress
  readonly 6?: IpAddress
}

export interface TurnUser {
  readonly name: string
  readonly password: string
}

export const turnListen: Kind<readonly TurnListenAddress[]> = {
  name: 'addresses with port',
  allowed: 'IP addresses with port separated by spaces, such as 203.0.113.7:3478, [2001:db8::7]:3478 or :3478',
  secret: false,
  read(given) {
    const value: TurnListenAddress[] = []
    for (const entry of entriesOf(given)) {
      const address = parseListenAddress(entry)
      if (address?.kind !== 'tcp' || !parseIpAddress(address.host)) return { unusable: entry }
      const isThere = value.some(({ host, port }) => host === address.host && port === address.port && port !== 0)
      if (!isThere) value.push({ host: address.host, port: address.port })
    }
    return { value }
  },
}

export const relayAddresses: Kind<AddressPair> = addressPair(
  'local addresses',
  'one IPv4 and one IPv6 address of this machine, such as 10.0.0.5, 2001:db8::5; not 0.0.0.0 or ::, because clients are told it',
)

export const externalAddresses: Kind<AddressPair> = addressPair(
  'addresses',
  'one IPv4 and one IPv6 address, such as 203.0.113.7, 2001:db8::7',
)

export const peerRanges: Kind<IpRanges> = {
  name: 'ranges of peers',
  allowed: 'IP addresses and networks separated by commas or spaces, such as 10.0.0.0/8, 2001:db8::/32',
  secret: false,
  read(given) {
    const value: IpRange[] = []
    for (const entry of entriesOf(given)) {
      const range = parseIpRange(entry)
      if (!range) return { unusable: entry }
      value.push(range)
    }
    return { value }
  },
}

export const secrets: Kind<readonly string[]> = {
  name: 'secrets, commas',
  allowed: 'any texts separated by commas; in a file also one a line',
  secret: true,
  read(given) {
    return { value: [...new Set(secretEntries(given))] }
  },
}

/** Divided at the first colon, so that a password may have some. */
export const users: Kind<readonly TurnUser[]> = {
  name: 'users, commas',
  allowed: 'name:password separated by commas, each name once and neither empty; in a file also one a line',
  secret: true,
  read(given) {
    const value = new Map<string, TurnUser>()
    for (const entry of secretEntries(given)) {
      const colon = entry.indexOf(':')
      const [name, password] = [entry.slice(0, colon), entry.slice(colon + 1)]
      if (colon < 1 || password === '' || longerThan(longestName, name) || value.has(name)) return { unusable: entry }
      value.set(name, { name, password })
    }
    return { value: [...value.values()] }
  },
}

export const authUrl: Kind<string> = {
  name: 'address of a hook',
  allowed: 'https:// or http://, a host, perhaps a path and ?; no user, password or #',
  secret: false,
  read(given) {
    if (!/^https?:\/\//i.test(given) || given.includes('#') || !URL.canParse(given)) return { unusable: given }
    const { username, password, href } = new URL(given)
    return username === '' && password === '' ? { value: href } : { unusable: given }
  },
}

export const hostName: Kind<string> = {
  name: 'host name',
  allowed: 'a host name or an IP address, such as turn.example.org',
  secret: false,
  read(given) {
    const address = parseIpAddress(given)
    if (address) return { value: formatIp(address) }
    const isName =
      given.length <= 253 && given.split('.').every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,62})$/i.test(label))
    return isName && !/^[\d.]+$/.test(given) ? { value: given } : { unusable: given }
  },
}

/** RFC 8489 section 14.9: fewer than 128 characters. */
export const realm: Kind<string> = {
  name: 'realm',
  allowed: 'up to 127 characters, none of them " or \\',
  secret: false,
  read: (given) => (/^[^"\\\p{Cc}]{1,127}$/u.test(given) ? { value: given } : { unusable: given }),
}

/** Octets, as RFC 8489 section 14.3 has it. */
const longestName = 508

const longerThan = (most: number, text: string): boolean => new TextEncoder().encode(text).length > most

function addressPair(name: string, allowed: string): Kind<AddressPair> {
  return { name, allowed, secret: false, read: readAddressPair }
}

function readAddressPair(given: string): Reading<AddressPair> {
  let value: AddressPair = {}
  for (const entry of entriesOf(given)) {
    const ip = parseIpAddress(entry)
    if (!ip || value[ip.family] || isNobodys(ip)) return { unusable: entry }
    value = { ...value, [ip.family]: ip }
  }
  return { value }
}

/** Every address, multicast, broadcast. */
function isNobodys(ip: IpAddress): boolean {
  if (ip.family === 4) return ip.value === 0 || ip.value >= 0xe0000000
  return ip.words.every((word) => word === 0) || ip.words[0] >= 0xff000000
}

const entriesOf = (given: string): readonly string[] => given.split(/[\s,]+/).filter(Boolean)

const secretEntries = (given: string): readonly string[] =>
  given
    .split(/[,\n]/)
    .map((entry) => entry.trim())
    .filter(Boolean)
