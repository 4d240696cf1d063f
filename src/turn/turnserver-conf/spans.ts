/** Ranges of addresses as coturn writes them (`first-last`): read, taken from each other, and written as networks. */

import { formatIp, type IpAddress, parseIpAddress } from '../../lib/ip-address.ts'
import { parseIpRange } from '../../lib/ip-range.ts'

/** First and last address, as numbers. */
export interface Span {
  readonly family: 4 | 6
  readonly first: bigint
  readonly last: bigint
}

/** One address, `first-last`, or a network; undefined for anything else. */
export function readSpan(text: string): Span | undefined {
  const [from = '', to = from, ...more] = text.split('-').map((part) => part.trim())
  if (more.length > 0) return undefined
  if (text.includes('/')) return networkSpan(text)
  const [first, last] = [parseIpAddress(from), parseIpAddress(to)]
  if (!first || !last || first.family !== last.family) return undefined
  const span = { family: first.family, first: numberOf(first), last: numberOf(last) }
  return span.first <= span.last ? span : undefined
}

function networkSpan(text: string): Span | undefined {
  const range = parseIpRange(text)
  if (!range) return undefined
  const { family } = range
  const first = numberOf(family === 4 ? { family, value: range.base } : { family, words: range.base })
  const mask = numberOf(family === 4 ? { family, value: range.mask } : { family, words: range.mask })
  return { family, first, last: first + ((1n << bitsOf(family)) - 1n - mask) }
}

/** What is left of `spans` without `holes`. */
export function without(spans: readonly Span[], holes: readonly Span[]): readonly Span[] {
  let left = spans
  for (const hole of holes) left = left.flatMap((span) => cut(span, hole))
  return left
}

function cut(span: Span, hole: Span): readonly Span[] {
  if (span.family !== hole.family || hole.last < span.first || hole.first > span.last) return [span]
  const before = { ...span, last: hole.first - 1n }
  const after = { ...span, first: hole.last + 1n }
  return [before, after].filter(({ first, last }) => first <= last)
}

/** The fewest networks that hold exactly the span: `10.0.0.0/8`, `192.0.2.1`. */
export function networks({ family, first, last }: Span): readonly string[] {
  const bits = bitsOf(family)
  const found: string[] = []
  for (let next = first; next <= last; ) {
    let free = 0n
    while (free < bits && next % (1n << (free + 1n)) === 0n && next + (1n << (free + 1n)) - 1n <= last) free++
    found.push(free === 0n ? formatIp(addressOf(family, next)) : `${formatIp(addressOf(family, next))}/${bits - free}`)
    next += 1n << free
  }
  return found
}

const bitsOf = (family: 4 | 6): bigint => (family === 4 ? 32n : 128n)

function numberOf(ip: IpAddress): bigint {
  return ip.family === 4 ? BigInt(ip.value) : ip.words.reduce((number, word) => (number << 32n) | BigInt(word), 0n)
}

function addressOf(family: 4 | 6, number: bigint): IpAddress {
  const word = (shift: bigint): number => Number((number >> shift) & 0xffffffffn)
  return family === 4 ? { family, value: word(0n) } : { family, words: [word(96n), word(64n), word(32n), word(0n)] }
}
