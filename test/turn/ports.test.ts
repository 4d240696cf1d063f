import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createPorts, type Ports, reservationLifetime, restPeriod, type Wish } from '../../src/turn/ports.ts'

/** The lowest place, always. */
const first = (): number => 0
const ports = (min: number, max: number, random: (below: number) => number = first): Ports =>
  createPorts({ min, max, random })
const takeAll = (from: Ports, wish: Wish, now = 0): readonly number[] => {
  const taken: number[] = []
  for (let port = from.take(wish, now); port !== undefined; port = from.take(wish, now)) taken.push(port)
  return taken
}
const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)

test('[Q7] every port of the range is given out once, then none', () => {
  const all = ports(50_000, 50_009)
  expect(sorted(takeAll(all, 'any'))).toEqual(Array.from({ length: 10 }, (_, index) => 50_000 + index))
  expect([all.inUse, all.take('any', 10 ** 9)]).toEqual([10, undefined])
  expect(takeAll(ports(65_535, 65_535), 'any')).toEqual([65_535])
})

test('[Q7] which one is left to chance', () => {
  const asked: number[] = []
  const some = ports(50_000, 50_099, (below) => {
    asked.push(below)
    return below - 1
  })
  expect([some.take('any', 0), some.take('any', 0), asked]).toEqual([50_099, 50_098, [100, 99]])
})

test('[Q8] a port that was given up rests for 30 s while others are free', () => {
  const some = ports(50_000, 50_002)
  const port = some.take('any', 0) ?? 0
  some.release(port, 1000)
  expect(some.inUse).toBe(0)
  expect([some.take('any', 1000), some.take('any', 1000)]).not.toContain(port)
  expect(some.take('any', 1000 + restPeriod)).toBe(port)
})

test('[Q8] when nothing else is left, the one that rested longest is taken', () => {
  const some = ports(50_000, 50_002)
  const all = takeAll(some, 'any')
  for (const [index, port] of all.entries()) some.release(port, index)
  expect([3, 3, 3, 3].map((now) => some.take('any', now))).toEqual([...all, undefined])
})

test('[Q8] only what is in use can be given up, once', () => {
  const some = ports(50_000, 50_001)
  for (const port of [49_999, 50_000, 50_002]) some.release(port, 0)
  expect(sorted(takeAll(some, 'any'))).toEqual([50_000, 50_001])
  some.release(50_000, 0)
  some.release(50_000, 0)
  expect(takeAll(some, 'any')).toEqual([50_000])
})

describe('[Q9] even ports and pairs', () => {
  test('an even port is even', () => {
    expect(sorted(takeAll(ports(50_001, 50_006), 'even'))).toEqual([50_002, 50_004, 50_006])
  })

  test('a pair begins even and lies in the range as a whole', () => {
    const some = ports(50_001, 50_006)
    expect(sorted(takeAll(some, 'pair'))).toEqual([50_002, 50_004])
    expect(some.inUse).toBe(4)
    expect(takeAll(ports(50_001, 50_002), 'pair')).toEqual([])
  })

  test('rests end for an even port or a pair as well', () => {
    const some = ports(50_000, 50_003)
    for (const port of takeAll(some, 'any')) some.release(port, 0)
    expect(sorted(takeAll(some, 'pair'))).toEqual([50_000, 50_002])
    some.release(50_002, 1)
    expect(some.take('even', 1)).toBe(50_002)
  })
})

describe('[Q10] a reservation', () => {
  test('keeps its port for 30 s, for one who shows the token', () => {
    const some = ports(50_000, 50_001)
    const even = some.take('pair', 0) ?? 0
    some.keep(even + 1, 'token', 0)
    expect([some.inUse, some.take('any', reservationLifetime - 1)]).toEqual([1, undefined])
    expect(some.claim('other', 1)).toBeUndefined()
    expect(some.claim('token', reservationLifetime - 1)).toBe(50_001)
    expect([some.claim('token', reservationLifetime - 1), some.inUse]).toEqual([undefined, 2])
  })

  test('is over after that', () => {
    const some = ports(50_000, 50_001)
    some.take('pair', 0)
    some.keep(50_001, 'token', 0)
    expect(some.claim('token', reservationLifetime)).toBeUndefined()
    expect(some.take('any', reservationLifetime)).toBe(50_001)
  })

  test('is of a port in use, and not given up by who has it not', () => {
    const some = ports(50_000, 50_001)
    some.keep(50_001, 'token', 0)
    expect(some.claim('token', 0)).toBeUndefined()
    some.take('pair', 0)
    some.keep(50_001, 'token', 0)
    some.release(50_001, 0)
    expect(some.claim('token', 0)).toBe(50_001)
  })
})

test('[Q11] no port is ever two people’s, and none gets lost', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('take' as const), wish: fc.constantFrom<Wish>('any', 'even', 'pair') }),
    fc.record({ do: fc.constant('release' as const), port: fc.integer({ min: 4000, max: 4012 }) }),
    fc.record({ do: fc.constant('keep' as const), port: fc.integer({ min: 4000, max: 4012 }) }),
    fc.record({ do: fc.constant('claim' as const), token: fc.constantFrom('4001', '4002', '4003', '4005') }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 10_000, 40_000) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.infiniteStream(fc.nat()), (steps, chance) => {
      const some = createPorts({ min: 4001, max: 4011, random: (below) => (chance.next().value ?? 0) % below })
      const held = new Set<number>()
      let now = 0
      for (const one of steps) {
        if (one.do === 'wait') now += one.ms
        else if (one.do === 'release') {
          some.release(one.port, now)
          held.delete(one.port)
        } else if (one.do === 'keep') {
          if (!held.has(one.port)) continue
          some.keep(one.port, String(one.port), now)
          held.delete(one.port)
        } else {
          const port = one.do === 'take' ? some.take(one.wish, now) : some.claim(one.token, now)
          if (port === undefined) continue
          const got = one.do === 'take' && one.wish === 'pair' ? [port, port + 1] : [port]
          for (const each of got) {
            expect(each >= 4001 && each <= 4011 && !held.has(each)).toBe(true)
            held.add(each)
          }
        }
        expect(some.inUse).toBe(held.size)
      }
      for (const port of held) some.release(port, now)
      expect(takeAll(some, 'any', now + 60_000)).toHaveLength(11)
    }),
  )
})
