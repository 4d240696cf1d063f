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

/** Dotted decimal or RFC 4291; a zone (`%eth0`) is left out. Undefined for anything else. */
export function parseIp(text: string): IpAddress | undefined {
  if (!text.includes(':')) {
    const value = parseV4(text)
    return value === undefined ? undefined : { family: 4, value }
  }
  const words = parseV6(text.replace(/%.*$/s, ''))
  return words && { family: 6, words }
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

function parseV4(text: string): number | undefined {
  if (!/^(?:(?:0|[1-9]\d{0,2})(?:\.(?!$)|$)){4}$/.test(text)) return undefined
  let value = 0
  for (const part of text.split('.')) {
    if (Number(part) > 255) return undefined
    value = value * 256 + Number(part)
  }
  return value
}

function parseV6(text: string): Ipv6Words | undefined {
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

function groupsOf(text: string, mayEndInV4: boolean): readonly number[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const groups: number[] = []
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16))
    else {
      const value = mayEndInV4 && index === parts.length - 1 ? parseV4(part) : undefined
      if (value === undefined) return undefined
      groups.push(value >>> 16, value & 0xffff)
    }
  }
  return groups
}
