/** IP addresses and CIDR ranges: read once from text, then asked often whether they hold an address. */

type Words = readonly [number, number, number, number]

export type IpAddress =
  /** 32 bits, unsigned. */
  | { readonly family: 4; readonly value: number }
  /** 128 bits as four unsigned 32-bit words, most significant first. */
  | { readonly family: 6; readonly words: Words }

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
  if (parsed.family === 4) return dotted(parsed.value)
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

const longestAddress = 45

/** Reads an address without a prefix; `::ffff:a.b.c.d` becomes IPv4, a zone (`%eth0`) is left out. */
export function parseIpAddress(text: string): IpAddress | undefined {
  // A socket that listens for both families reports IPv4 peers like this, so it is worth a short way.
  const mapped = text.startsWith('::ffff:') && text.includes('.')
  if (!mapped && text.includes(':')) return parseV6(text)
  const value = parseV4(mapped ? text.slice(7) : text)
  return value === undefined ? undefined : { family: 4, value }
}

/** Four decimal parts without leading zeros, which some readers take for octal. */
function parseV4(text: string): number | undefined {
  let value = 0
  let part = -1
  let parts = 0
  for (let index = 0; index <= text.length; index++) {
    const code = index === text.length ? 0x2e : text.charCodeAt(index)
    if (code === 0x2e) {
      if (part < 0 || ++parts > 4) return undefined
      value = value * 256 + part
      part = -1
    } else if (code >= 0x30 && code <= 0x39) {
      if (part === 0) return undefined
      part = (part < 0 ? 0 : part * 10) + code - 0x30
      if (part > 255) return undefined
    } else return undefined
  }
  return parts === 4 ? value : undefined
}

/** RFC 4291 section 2.2; a zone (`%eth0`), which sockets report for link-local peers, is left out. */
function parseV6(withZone: string): IpAddress | undefined {
  const zone = withZone.indexOf('%')
  const text = zone === -1 ? withZone : withZone.slice(0, zone)
  if (text.length > longestAddress) return undefined
  const gap = text.indexOf('::')
  const head = groupsOf(gap === -1 ? text : text.slice(0, gap), gap === -1)
  const tail = gap === -1 ? [] : groupsOf(text.slice(gap + 2), true)
  if (!head || !tail) return undefined
  const missing = 8 - head.length - tail.length
  if (gap === -1 ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail]
  const word = (index: number) => (((groups[index] ?? 0) << 16) | (groups[index + 1] ?? 0)) >>> 0
  const words: Words = [word(0), word(2), word(4), word(6)]
  if (words[0] === 0 && words[1] === 0 && words[2] === 0xffff) return { family: 4, value: words[3] }
  return { family: 6, words }
}

function groupsOf(text: string, mayEndInV4: boolean): number[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const groups: number[] = []
  for (const [index, part] of parts.entries()) {
    if (mayEndInV4 && index === parts.length - 1 && part.includes('.')) {
      const value = parseV4(part)
      if (value === undefined) return undefined
      groups.push(value >>> 16, value & 0xffff)
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(part)) return undefined
      groups.push(Number.parseInt(part, 16))
    }
  }
  return groups
}

function dotted(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`
}
