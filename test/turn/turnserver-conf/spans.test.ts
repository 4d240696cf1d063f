import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { formatIp } from '../../../src/lib/ip-address.ts'
import { contains, type IpRange, parseIpRange } from '../../../src/lib/ip-range.ts'
import { networks, readSpan, type Span, without } from '../../../src/turn/turnserver-conf/spans.ts'
import { v4, v6 } from '../ip.ts'

const span = (text: string): Span => {
  const read = readSpan(text)
  if (!read) throw new Error(`${text} is no span`)
  return read
}
const ranges = (texts: readonly string[]): readonly IpRange[] => texts.flatMap((text) => parseIpRange(text) ?? [])

test.each([
  ['10.0.0.1', ['10.0.0.1']],
  ['10.0.0.0-10.255.255.255', ['10.0.0.0/8']],
  ['83.166.64.0-83.166.95.255', ['83.166.64.0/19']],
  ['10.0.0.1-10.0.0.6', ['10.0.0.1', '10.0.0.2/31', '10.0.0.4/31', '10.0.0.6']],
  ['0.0.0.0-255.255.255.255', ['0.0.0.0/0']],
  ['172.16.5.4/12', ['172.16.0.0/12']],
  ['fe80::-febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', ['fe80::/10']],
  ['::1', ['::1']],
  ['::/0', ['::/0']],
  ['10.0.0.0 - 10.0.0.255', ['10.0.0.0/24']],
])('%s is %p', (text, expected) => expect(networks(span(text))).toEqual(expected))

test.each([
  '',
  '-',
  '10.0.0.2-10.0.0.1',
  '10.0.0.1-::2',
  '10.0.0.1-',
  'a-b',
  '1.1.1.1-2.2.2.2-3.3.3.3',
  '10.0.0.0/33',
  '1.1.1.0/24-2.2.2.2',
])('%p is none', (text) => expect(readSpan(text)).toBeUndefined())

test('taking out', () => {
  const left = (from: string, ...holes: string[]) => without([span(from)], holes.map(span)).flatMap(networks)
  expect(left('10.0.0.0/30', '10.0.0.1')).toEqual(['10.0.0.0', '10.0.0.2/31'])
  expect(left('10.0.0.0/30', '10.0.0.0/8')).toEqual([])
  expect(left('10.0.0.0/30', '11.0.0.0', '::/0')).toEqual(['10.0.0.0/30'])
  expect(left('0.0.0.0/0', '0.0.0.0', '255.255.255.255')).toHaveLength(62)
})

describe('networks hold exactly the span', () => {
  const pair = fc.oneof(fc.tuple(v4, v4, v4), fc.tuple(v6, v6, v6))
  test('and without a hole exactly the rest', () => {
    fc.assert(
      fc.property(pair, ([one, other, third]) => {
        const [from, to, hole] = [one, other, third].map(formatIp)
        const read = readSpan(`${from}-${to}`) ?? readSpan(`${to}-${from}`)
        const taken = readSpan(hole ?? '')
        // Only a mapped IPv4 address among IPv6 ones is not of the family of the others.
        fc.pre(read !== undefined && taken !== undefined)
        const all = ranges(networks(read))
        for (const end of [from, to]) expect(contains(all, end ?? '')).toBe(true)
        const isIn = taken.family === read.family && taken.first >= read.first && taken.last <= read.last
        expect(contains(all, hole ?? '')).toBe(isIn)
        const rest = ranges(without([read], [taken]).flatMap(networks))
        expect(contains(rest, hole ?? '')).toBe(false)
        if (hole !== from) expect(contains(rest, from ?? '')).toBe(true)
      }),
    )
  })
})
