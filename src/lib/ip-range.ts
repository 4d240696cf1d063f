/** CIDR ranges: read once from text, then asked often whether they hold an address. */

import { formatIp, type IpAddress, parseIpAddress, type Ipv6Words as Words } from './ip-address.ts'

/** A block of addresses; `base` has no bit set outside `mask`. */
export type IpRange =
  | { readonly family: 4; readonly base: number; readonly mask: number }
  | { readonly family: 6; readonly base: Words; readonly mask: Words }

export type IpRanges = readonly IpRange[]

/**
 * Reads `10.0.0.1`, `10.0.0.0/8`, `::1`, `2001:db8::/32`. Host bits behind the prefix are ignored.
 * IPv4 addresses in IPv6 clothes (`::ffff:a.b.c.d`) become IPv4, so that both spellings meet.
 */
export function parseIpRange(text: string): IpRange | undefined {
  const slash = text.indexOf('/')
  const address = parseIpAddress(slash === -1 ? text : text.slice(0, slash))
  if (!address) return undefined
  const mapped = address.family === 4 && text.includes(':')
  const bits = address.family === 6 || mapped ? 128 : 32
  const prefix = slash === -1 ? bits : prefixLength(text.slice(slash + 1), bits)
  if (prefix === undefined) return undefined
  if (address.family === 4) return v4Range(address.value, mapped ? prefix - 96 : prefix)
  return v6Range(address.words, prefix)
}

/** Whether one of the ranges holds the address; text that is no address is in none. */
export function contains(ranges: IpRanges, address: string): boolean {
  const parsed = parseIpAddress(address)
  return parsed !== undefined && containsAddress(ranges, parsed)
}

/** The same for an address that is there as a number. One of IPv6 that holds an IPv4 address is not undressed here. */
export function containsAddress(ranges: IpRanges, address: IpAddress): boolean {
  for (const range of ranges) if (holds(range, address)) return true
  return false
}

/** Whether every address of `inner` is one of `outer`. */
export function liesWithin(inner: IpRange, outer: IpRange): boolean {
  if (inner.family === 4) {
    return outer.family === 4 && (inner.mask & outer.mask) >>> 0 === outer.mask && holdsValue(outer, inner.base)
  }
  if (outer.family === 4) return false
  const isNarrower = outer.mask.every((word, index) => ((inner.mask[index] ?? 0) & word) >>> 0 === word)
  return isNarrower && holdsWords(outer, inner.base)
}

/**
 * The name under which an address is counted and slowed down: an IPv4 address itself, of an IPv6 address its /64,
 * because that is what one subscriber has at hand. Whatever is no address shares the one key `unknown`.
 */
export function addressKey(address: string): string {
  const parsed = parseIpAddress(address)
  if (!parsed) return 'unknown'
  if (parsed.family === 4) return formatIp(parsed)
  const [first, second] = parsed.words
  const groups = [first >>> 16, first & 0xffff, second >>> 16, second & 0xffff]
  return `${groups.map((group) => group.toString(16)).join(':')}::/64`
}

function v4Range(value: number, prefix: number): IpRange | undefined {
  // A mapped range wider than ::ffff:0:0/96 would also hold addresses that are not IPv4.
  if (prefix < 0) return undefined
  const mask = leadingOnes(prefix)
  return { family: 4, base: (value & mask) >>> 0, mask }
}

function v6Range(words: Words, prefix: number): IpRange {
  const mask: Words = [
    leadingOnes(prefix),
    leadingOnes(prefix - 32),
    leadingOnes(prefix - 64),
    leadingOnes(prefix - 96),
  ]
  const base: Words = [
    (words[0] & mask[0]) >>> 0,
    (words[1] & mask[1]) >>> 0,
    (words[2] & mask[2]) >>> 0,
    (words[3] & mask[3]) >>> 0,
  ]
  return { family: 6, base, mask }
}

function holds(range: IpRange, address: IpAddress): boolean {
  if (range.family === 4) return address.family === 4 && holdsValue(range, address.value)
  return address.family === 6 && holdsWords(range, address.words)
}

const holdsValue = ({ base, mask }: IpRange & { readonly family: 4 }, value: number): boolean =>
  (value & mask) >>> 0 === base

function holdsWords({ base, mask }: IpRange & { readonly family: 6 }, words: Words): boolean {
  return (
    (words[0] & mask[0]) >>> 0 === base[0] &&
    (words[1] & mask[1]) >>> 0 === base[1] &&
    (words[2] & mask[2]) >>> 0 === base[2] &&
    (words[3] & mask[3]) >>> 0 === base[3]
  )
}

function leadingOnes(count: number): number {
  if (count <= 0) return 0
  return count >= 32 ? 0xffffffff : (0xffffffff << (32 - count)) >>> 0
}

function prefixLength(text: string, most: number): number | undefined {
  if (!/^(?:0|[1-9]\d{0,2})$/.test(text)) return undefined
  const length = Number(text)
  return length <= most ? length : undefined
}
