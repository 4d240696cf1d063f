import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { IpAddress } from '../../src/lib/ip-address.ts'
import { admitsBytes, createRateLimit, spend } from '../../src/turn/rate.ts'
import { anyIp, ip, v4 } from './ip.ts'

const here = ip('192.0.2.1')
const noon = 1_760_000_000_000
const times = (count: number, ask: () => boolean): number => Array.from({ length: count }, ask).filter(Boolean).length

test('[Q4] a source is answered so many times a second, and then not at all', () => {
  const limit = createRateLimit({ perSecond: 10, seed: 1 })
  expect(times(50, () => limit.admits(here, noon))).toBe(10)
  expect(times(5, () => limit.admits(here, noon + 100))).toBe(1)
  expect(times(50, () => limit.admits(here, noon + 600))).toBe(5)
  expect(times(50, () => limit.admits(here, noon + 10_000))).toBe(10)
})

test('[Q4] an IPv6 /64 is one source, an IPv4 address is one in either clothes, and 0 is no limit', () => {
  const limit = createRateLimit({ perSecond: 2, seed: 1 })
  const sources = ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::1']
  expect(sources.map((source) => limit.admits(ip(source), noon))).toEqual([true, true, false, true])
  const clothes = ['192.0.2.1', '::ffff:192.0.2.1', '192.0.2.1']
  expect(clothes.map((source) => limit.admits(ip(source), noon))).toEqual([true, true, false])
  const none = createRateLimit({ perSecond: 0, seed: 1 })
  expect(times(1000, () => none.admits(here, noon))).toBe(1000)
})

test('[Q4] a clock that is set back silences nobody until it has caught up', () => {
  const limit = createRateLimit({ perSecond: 10, seed: 1 })
  times(50, () => limit.admits(here, noon))
  expect(times(50, () => limit.admits(here, noon - 3_600_000))).toBe(10)
})

test('[Q5] nobody gets more than his rate, whoever else asks, and all together no more than the table allows', () => {
  const source = fc.oneof(fc.constant(here), fc.constantFrom(...['10.0.0.1', '2001:db8::1'].map(ip)), anyIp)
  fc.assert(
    fc.property(fc.array(fc.tuple(source, fc.nat(50)), { maxLength: 300 }), fc.nat(), (asks, seed) => {
      const limit = createRateLimit({ perSecond: 5, seed, places: 8 })
      const answered: { source: IpAddress; at: number }[] = []
      let now = noon
      for (const [asker, wait] of asks) {
        now += wait
        if (limit.admits(asker, now)) answered.push({ source: asker, at: now })
      }
      const within = (one: IpAddress) => answered.filter(({ source: each }) => each === one).length
      const seconds = (now - noon) / 1000
      expect(within(here)).toBeLessThanOrEqual(5 + 5 * seconds + 1e-6)
      expect(answered.length).toBeLessThanOrEqual(8 * (5 + 5 * seconds + 1e-6))
    }),
  )
})

test('[Q5] a flood from invented addresses leaves a limit on each, and room for others later', () => {
  const limit = createRateLimit({ perSecond: 10, seed: 42, places: 64 })
  let answered = 0
  fc.assert(
    fc.property(v4, (source) => {
      answered += times(3, () => limit.admits(source, noon))
    }),
    { numRuns: 5000 },
  )
  expect(answered).toBeLessThanOrEqual(640)
  expect(limit.admits(here, noon + 1000)).toBe(true)
})

test('[Q5] sources spread over the table', () => {
  const limit = createRateLimit({ perSecond: 1, seed: 7, places: 4096 })
  let answered = 0
  for (let host = 1; host <= 2048; host++) {
    answered += Number(limit.admits({ family: 4, value: 0x0a000000 + host * 256 }, noon))
  }
  expect(answered).toBeGreaterThan(1900)
})

test('[Q6] an allocation relays so many bytes a second each way; 0 is no limit', () => {
  const pace = { paidOff: 0 }
  expect(times(20, () => admitsBytes(pace, 100, 1000, noon))).toBe(10)
  expect(times(20, () => admitsBytes(pace, 100, 1000, noon + 500))).toBe(5)
  expect(times(20, () => admitsBytes(pace, 1, 0, noon))).toBe(20)
  // Larger than a second's worth: alone, or never.
  expect(admitsBytes(pace, 1500, 1000, noon + 500)).toBe(false)
  expect([0, 500, 1000].map((ms) => admitsBytes(pace, 1500, 1000, noon + 1500 + ms))).toEqual([true, false, true])
})

test('[Q6] what is spent within any time is at most a window more than the time', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(300), fc.nat(300))), (asks) => {
      let [paidOff, spent, now] = [0, 0, noon]
      for (const [wait, cost] of asks) {
        now += wait
        const due = spend(paidOff, cost, 1000, now)
        if (due === undefined) continue
        paidOff = due
        spent += cost
      }
      expect(spent).toBeLessThanOrEqual(1000 + now - noon)
    }),
  )
})
