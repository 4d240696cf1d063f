/** Addresses for tests, from text and at random. */
import fc from 'fast-check'
import { type IpAddress, parseIp, type TransportAddress } from '../../src/lib/ip-address.ts'
import { type IpRanges, parseIpRange } from '../../src/lib/ip-range.ts'

/** An IPv4 address in IPv6 clothes stays what it is. */
export function ip(text: string): IpAddress {
  const parsed = parseIp(text)
  if (!parsed) throw new Error(`${text} is no address`)
  return parsed
}

export const at = (text: string, port: number): TransportAddress => ({ ip: ip(text), port })

export function ranges(...texts: readonly string[]): IpRanges {
  return texts.map((text) => {
    const range = parseIpRange(text)
    if (!range) throw new Error(`${text} is no range`)
    return range
  })
}

export const word: fc.Arbitrary<number> = fc.integer({ min: 0, max: 0xffffffff })
export const port: fc.Arbitrary<number> = fc.integer({ min: 0, max: 0xffff })
export const v4: fc.Arbitrary<IpAddress> = word.map((value) => ({ family: 4, value }))
export const v6: fc.Arbitrary<IpAddress> = fc.tuple(word, word, word, word).map((words) => ({ family: 6, words }))
export const anyIp: fc.Arbitrary<IpAddress> = fc.oneof(v4, v6)
