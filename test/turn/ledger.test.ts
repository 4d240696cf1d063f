import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createLedger, type LedgerShape, ledgerBytes, type SharedLedger } from '../../src/turn/ledger.ts'
import { createPorts, type Wish } from '../../src/turn/ports.ts'
import type { HammerResult, HammerTask } from './hammer.ts'
import { ip } from './ip.ts'

const shape: LedgerShape = { min: 4001, max: 4011 }
const unlimited = { quotas: { perUser: 0, perSource: 0, total: 0 }, challengeRate: 0, bindingRate: 0 }
const here = ip('192.0.2.1')
const bob = { user: 'bob', source: here }

function two(limits = unlimited, random = (_: number): number => 0): readonly [SharedLedger, SharedLedger] {
  const memory = new SharedArrayBuffer(ledgerBytes(shape))
  const open = () => createLedger({ memory, shape, limits, random })
  return [open(), open()]
}

test('[Q11] those who share a ledger have the same ports as one who has them alone', () => {
  const step = fc.record({
    by: fc.constantFrom(0 as const, 1 as const),
    do: fc.constantFrom('take', 'take', 'release', 'keep', 'claim', 'wait'),
    wish: fc.constantFrom<Wish>('any', 'even', 'pair'),
    port: fc.integer({ min: 4000, max: 4012 }),
    chance: fc.nat(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      let chance = 0
      let now = 0
      const random = (below: number): number => chance % below
      const alone = createPorts({ ...shape, random })
      const shared = two(unlimited, random)
      for (const one of steps) {
        chance = one.chance
        const ports = [alone, shared[one.by].ports[6]] as const
        const token = `token of ${one.port}`
        if (one.do === 'wait') now += one.chance % 40_000
        if (one.do === 'release') for (const each of ports) each.release(one.port, now)
        if (one.do === 'keep') for (const each of ports) each.keep(one.port, token, now)
        const [first, second] = ports.map((each) =>
          one.do === 'claim' ? each.claim(token, now) : one.do === 'take' ? each.take(one.wish, now) : undefined,
        )
        expect([second, shared[0].ports[6].inUse, shared[1].ports[6].inUse]).toEqual([first, alone.inUse, alone.inUse])
      }
      expect(shared[0].ports[4].inUse).toBe(0)
    }),
  )
})

test('[Q1] [Q2] [Q3] a quota is one for all who share it', () => {
  const [one, other] = two({ ...unlimited, quotas: { perUser: 2, perSource: 3, total: 4 } })
  const eve = { user: 'eve', source: here }
  const far = { user: 'eve', source: ip('2001:db8::1') }
  expect([one.quotas.take(bob), other.quotas.take(bob), one.quotas.take(bob)]).toEqual(['ok', 'ok', 'user'])
  expect([one.quotas.take(eve), other.quotas.take(eve), other.quotas.take(far)]).toEqual(['ok', 'source', 'ok'])
  expect(one.quotas.take({ user: 'mallory', source: ip('192.0.2.9') })).toBe('total')
  other.quotas.release(bob)
  expect([one.quotas.take(bob), one.quotas.total, other.quotas.total]).toEqual(['ok', 4, 4])
})

test('[Q4] how often a stranger is answered is counted by all together, each kind of answer by itself', () => {
  const [one, other] = two({ ...unlimited, challengeRate: 2, bindingRate: 1 })
  expect([one, other, one].map((each) => each.challenges.admits(here, 0))).toEqual([true, true, false])
  expect([other, one].map((each) => each.bindings.admits(here, 0))).toEqual([true, false])
})

test('[Q1] [Q4] other limits leave what is counted as it is', () => {
  const [one, other] = two()
  expect([one.quotas.take(bob), other.quotas.take(bob), one.challenges.admits(here, 0)]).toEqual(['ok', 'ok', true])
  const limits = { quotas: { perUser: 2, perSource: 0, total: 0 }, challengeRate: 1, bindingRate: 0 }
  one.limit(limits)
  expect([one.quotas.take(bob), other.quotas.take(bob)]).toEqual(['user', 'ok'])
  expect([0, 0].map((now) => one.challenges.admits(here, now))).toEqual([true, false])
  one.limit(unlimited)
  expect([one.quotas.take(bob), one.challenges.admits(here, 0), one.quotas.total]).toEqual(['ok', true, 4])
})

test('[Q3] there is room for as many allocations as there are ports, all of different users', () => {
  const [one] = two()
  const holders = Array.from({ length: 2 * 11 }, (_, index) => ({
    user: `user ${index}`,
    source: ip(`192.0.2.${index}`),
  }))
  expect(holders.map((holder) => one.quotas.take(holder))).not.toContain('total')
  for (const holder of holders) one.quotas.release(holder)
  expect(one.quotas.total).toBe(0)
})

test('a ledger without memory to share has some of its own', () => {
  const ledger = createLedger({ shape, limits: unlimited, random: () => 0 })
  expect([ledger.ports[4].take('any', 0), ledger.ports[4].inUse, ledger.ports[6].inUse]).toEqual([4001, 1, 0])
})

test('[Q11] two workers at once: no port in two hands, and nothing left at the end', async () => {
  const wide: LedgerShape = { min: 50_000, max: 50_063 }
  const count = wide.max - wide.min + 1
  const memory = new SharedArrayBuffer(ledgerBytes(wide))
  const owners = new SharedArrayBuffer((count + 1) * 4)
  const results = await Promise.all([1, 2].map((name) => hammered({ memory, shape: wide, owners, name, rounds: 8000 })))
  for (const { conflicts, taken, claimed } of results) {
    expect(conflicts).toBe(0)
    expect(taken).toBeGreaterThan(100)
    expect(claimed).toBeGreaterThan(10)
  }
  const ledger = createLedger({ memory, shape: wide, limits: unlimited, random: () => 0 })
  expect([ledger.quotas.total, ledger.ports[4].inUse]).toEqual([0, 0])
  const all = Array.from({ length: count + 1 }, () => ledger.ports[4].take('any', 10 ** 9))
  expect(new Set(all).size).toBe(count + 1)
  // A user for whom counts were left over would not have room for this.
  ledger.limit({ ...unlimited, quotas: { perUser: 1, perSource: 1, total: 0 } })
  for (let port = wide.min; port <= wide.max; port++) {
    const holder = { user: `user ${port}`, source: ip(`192.0.2.${port % 8}`) }
    expect(ledger.quotas.take(holder)).toBe('ok')
    ledger.quotas.release(holder)
  }
  expect(ledger.quotas.take({ user: 'everybody', source: here })).toBe('ok')
})

async function hammered(task: HammerTask): Promise<HammerResult> {
  const worker = new Worker(new URL('./hammer.ts', import.meta.url))
  const { promise, resolve, reject } = Promise.withResolvers<HammerResult>()
  worker.onmessage = ({ data }: MessageEvent<HammerResult>) => resolve(data)
  worker.onerror = ({ message }) => reject(new Error(message))
  worker.postMessage(task)
  return promise.finally(() => worker.terminate())
}
