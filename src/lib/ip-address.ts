/** IP addresses as numbers, which is how the wire has them, and as text, which is how sockets and people have them. */

export type Ipv6Words = readonly [number, number, number, number]

/** An address exactly as it was written: an IPv4 address in IPv6 clothes is not undressed here. */
export type IpAddress =
  /** 32 bits, unsigned. */
  | { readonly family: 4; readonly value: number }
  /** 128 bits as four unsigned 32-bit words, most significant first. */
  | { readonly family: 6; readonly words: Ipv6Words }

export interface TransportAddress {
  readonly ip: IpAddress
  readonly port: number
}

const longestAddress = 45

/** Dotted decimal or RFC 4291, exactly as written; a zone (`%eth0`), which sockets report for link-local peers, is left out. */
export function parseIp(text: string): IpAddress | undefined {
  if (text.includes(':')) {
    const words = parseV6(text)
    return words && { family: 6, words }
  }
  const value = parseV4(text)
  return value === undefined ? undefined : { family: 4, value }
}

/** The same, but `::ffff:a.b.c.d` becomes IPv4. */
export function parseIpAddress(text: string): IpAddress | undefined {
  // A socket that listens for both families reports IPv4 peers like this, so it is worth a short way.
  if (text.startsWith('::ffff:') && text.includes('.')) {
    const value = parseV4(text.slice(7))
    return value === undefined ? undefined : { family: 4, value }
  }
  const ip = parseIp(text)
  return ip && unmapped(ip)
}

/** What a socket for both families reports as `::ffff:a.b.c.d` is an IPv4 address; everything else is what it is. */
export function unmapped(ip: IpAddress): IpAddress {
  if (ip.family === 4) return ip
  const [first, second, third, fourth] = ip.words
  return first === 0 && second === 0 && third === 0xffff ? { family: 4, value: fourth } : ip
}

/** IPv6 in the form of RFC 5952, with IPv4-mapped addresses in their mixed notation. */
export function formatIp(ip: IpAddress): string {
  if (ip.family === 4) return dotted(ip.value)
  const [first, second, third, fourth] = ip.words
  if (first === 0 && second === 0 && third === 0xffff) return `::ffff:${dotted(fourth)}`
  const groups = ip.words.flatMap((word) => [word >>> 16, word & 0xffff])
  const [from, length] = longestGap(groups)
  const hex = (some: readonly number[]) => some.map((group) => group.toString(16)).join(':')
  return length < 2 ? hex(groups) : `${hex(groups.slice(0, from))}::${hex(groups.slice(from + length))}`
}

/** `192.0.2.1:3478`, `[2001:db8::1]:3478`. */
export function formatTransportAddress({ ip, port }: TransportAddress): string {
  return ip.family === 4 ? `${formatIp(ip)}:${port}` : `[${formatIp(ip)}]:${port}`
}

/** Where the first of the longest runs of zeros begins and how many groups it has. */
function longestGap(groups: readonly number[]): readonly [number, number] {
  let [from, length] = [0, 0]
  for (let at = 0; at < groups.length; at++) {
    let end = at
    while (groups[end] === 0) end++
    if (end - at > length) [from, length] = [at, end - at]
    at = Math.max(at, end - 1)
  }
  return [from, length]
}

function dotted(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`
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

/** RFC 4291 section 2.2. */
function parseV6(withZone: string): Ipv6Words | undefined {
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
  return [word(0), word(2), word(4), word(6)]
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
