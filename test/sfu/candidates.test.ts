/** ICE candidates: which lines are one, and which addresses pass. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseIpRange } from '../../src/lib/ip-range.ts'
import { type CandidateFilter, mayComeIn, mayGoOut, parseCandidate } from '../../src/sfu/candidates.ts'

const ranges = (...texts: readonly string[]): CandidateFilter['blocked'] =>
  texts.flatMap((text) => parseIpRange(text) ?? [])
const of = (address: string): string => `candidate:1 1 udp 2122260223 ${address} 50000 typ host generation 0`

function passes(filter: CandidateFilter, address: string, way = mayComeIn): boolean {
  const line = parseCandidate(of(address))
  if (!line || line === 'end') throw new Error(`no candidate: ${address}`)
  return way(filter, line)
}

test('what browsers write', () => {
  expect(
    parseCandidate(
      'candidate:842163049 1 udp 1677729535 203.0.113.7 54321 typ srflx raddr 192.168.1.2 rport 54321 generation 0 ufrag 4ZcD network-cost 999',
    ),
  ).toEqual({ component: 1, transport: 'udp', address: '203.0.113.7', port: 54321, type: 'srflx' })
  expect(parseCandidate('candidate:1 1 TCP 2105524479 fd00::1 9 typ host tcptype active')).toMatchObject({
    transport: 'TCP',
    address: 'fd00::1',
  })
  expect(parseCandidate(of('0b2e-4c.local'))).toMatchObject({ address: '0b2e-4c.local' })
  expect(parseCandidate('1 1 udp 1 192.0.2.1 9 typ relay')).toMatchObject({ type: 'relay' })
})

test('the empty line is the end', () => expect(parseCandidate('')).toBe('end'))

describe('what is no candidate', () => {
  const bad = [
    ' ',
    'candidate:',
    'a=candidate:1 1 udp 1 192.0.2.1 9 typ host',
    'candidate:1 1 udp 1 192.0.2.1 9',
    'candidate:1 1 udp 1 192.0.2.1 9 typ',
    'candidate:1 1 udp 1 192.0.2.1 9 typ other',
    'candidate:1 0x1 udp 1 192.0.2.1 9 typ host',
    'candidate:1 1 udp -1 192.0.2.1 9 typ host',
    'candidate:1 1 udp 4294967296 192.0.2.1 9 typ host',
    'candidate:1 1 udp 1 192.0.2.1 65536 typ host',
    'candidate:1  1 udp 1 192.0.2.1 9 typ host',
    'candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=x',
    'candidate:1 1 udp 1 192.0.2.1 9 typ host\u0000',
    `candidate:1 1 udp 1 192.0.2.1 9 typ host ${'x'.repeat(1_024)}`,
  ]
  for (const text of bad) test(JSON.stringify(text).slice(0, 60), () => expect(parseCandidate(text)).toBeUndefined())
})

test('what is blocked does not pass, unless it is allowed', () => {
  const filter = { blocked: ranges('10.0.0.0/8', 'fd00::/8'), allowed: ranges('10.1.0.0/16') }
  const inward = (address: string): boolean => passes(filter, address)
  expect(['192.0.2.1', '10.1.2.3', '2001:db8::1'].map(inward)).toEqual([true, true, true])
  expect(['10.2.0.1', 'fd00::1', '::ffff:10.2.0.1', '::ffff:a02:1'].map(inward)).toEqual([false, false, false, false])
})

test('clients cannot name hosts or no address at all, also where nothing is blocked', () => {
  const filter = { blocked: [], allowed: [] }
  for (const address of ['intern.example', 'x.local', '0.0.0.0', '::', '127.1', '0177.0.0.1']) {
    expect(passes(filter, address)).toBe(false)
  }
  expect(passes(filter, 'x.local', mayGoOut)).toBe(true)
})

test('what is blocked is not told to clients either', () => {
  const filter = { blocked: ranges('172.16.0.0/12'), allowed: [] }
  expect(['172.17.0.2', '198.51.100.1'].map((address) => passes(filter, address, mayGoOut))).toEqual([false, true])
})

test('nothing is thrown, and nothing with a line break is a candidate', () => {
  const word = fc.constantFrom('candidate:1', '1', 'udp', 'typ', 'host', '192.0.2.1', '\n', '4294967296', '')
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.string())), (words) => {
      const read = parseCandidate(words.join(' '))
      if (read !== undefined) expect(words.join(' ')).not.toMatch(/[\r\n]/)
    }),
  )
})
