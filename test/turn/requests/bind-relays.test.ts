import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { clientKey } from '../../../src/turn/five-tuple.ts'
import { endAll, expectNothingLeft, type Put, type Stage, settings, stage, udp } from './stage.ts'

describe('[R18] a port that cannot be bound', () => {
  test('is replaced by another, and told of', () => {
    let failures = 3
    const self = stage({ binder: () => (failures-- > 0 ? 'failed' : 'bound') })
    expect(self.client().allocate()?.kind).toBe('success')
    const tried = self.actions.flatMap((action) => (action.do === 'bind-relay' ? [action.port] : []))
    expect(new Set(tried).size).toBe(4)
    expect(self.facts.filter(({ fact }) => fact === 'turn-bind-failed')).toHaveLength(3)
    expect(self.ledger.ports[4].inUse).toBe(1)
  })

  test('eight times, then 508, signed', () => {
    const self = stage({ binder: () => 'failed' })
    const reply = self.client().allocate()
    expect([reply?.code, reply?.message.integrityAt !== undefined]).toEqual([508, true])
    expect(self.actions).toHaveLength(8)
    expectNothingLeft(self)
  })

  test('of a pair takes the other with it', () => {
    const self = stage({ binder: () => 'failed' })
    expect(self.client().allocate((to) => udp(to) && to.put('evenPort', true))?.code).toBe(508)
    expectNothingLeft(self)
  })

  test('of a token is not replaced', () => {
    const self = stage()
    const token = self
      .client()
      .allocate((to) => udp(to) && to.put('evenPort', true))
      ?.message.get('reservationToken')
      ?.slice()
    self.binder = () => 'failed'
    const asked = self.actions.length
    const reply = self.client(5001).allocate((to) => udp(to) && to.put('reservationToken', token ?? new Uint8Array(8)))
    expect([reply?.code, self.actions.length - asked]).toEqual([508, 1])
  })
})

describe('[R19] who goes before it is done', () => {
  test('leaves nothing behind, once the world has said how it went', () => {
    for (const outcome of ['bound', 'failed'] as const) {
      const self = stage({ binder: () => 'later' })
      const client = self.client(5000, { listener: 1 })
      client.allocate((to) => udp(to) && to.put('additionalAddressFamily', 2))
      const [first, second] = self.waiting.splice(0)
      if (first) self.bind(first, 'bound')
      self.run(self.server.closed(clientKey(client.client), self.now))
      expect([self.server.size, self.ledger.quotas.total]).toEqual([0, 0])
      expect(self.ledger.ports[6].inUse).toBe(1)
      if (second) self.bind(second, outcome)
      expectNothingLeft(self)
      expect(client.hear()).toBeUndefined()
    }
  })

  test('may come back before that', () => {
    const self = stage({ binder: () => 'later' })
    const client = self.client(5000, { listener: 1 })
    client.allocate()
    self.run(self.server.closed(clientKey(client.client), self.now))
    client.allocate()
    for (const one of self.waiting.splice(0)) self.bind(one, 'bound')
    expect(client.hear()?.kind).toBe('success')
    expect([self.server.size, self.sockets.size, self.ledger.ports[4].inUse]).toEqual([1, 1, 1])
  })

  test('a socket that nobody asked for is closed', () => {
    const self = stage()
    self.sockets.set(77, { family: 4, port: 50_000 })
    self.run(self.server.relayBound(1, 4, 50_000, 77, self.now))
    self.run(self.server.relayFailed(1, 4, 50_001, 'what?', self.now))
    expectNothingLeft(self)
  })
})

const families: readonly Put[] = [
  udp,
  (to) => udp(to) && to.put('requestedAddressFamily', 2),
  (to) => udp(to) && to.put('additionalAddressFamily', 2),
  (to) => udp(to) && to.put('evenPort', true),
]

type Step = (self: Stage) => void
const who = fc.integer({ min: 0, max: 4 })
const client = (self: Stage, index: number) => self.client(5000 + index, { listener: index % 2 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(who, fc.constantFrom(...families)).map(
    ([index, put]): Step =>
      (self) =>
        void client(self, index).allocate(put),
  ),
  who.map(
    (index): Step =>
      (self) =>
        void client(self, index).ask('refresh', (to) => to.put('lifetime', 0)),
  ),
  who.map(
    (index): Step =>
      (self) =>
        void client(self, index).ask('refresh'),
  ),
  who.map(
    (index): Step =>
      (self) =>
        self.run(self.server.closed(clientKey(client(self, index).client), self.now)),
  ),
  fc.tuple(fc.nat(), fc.constantFrom('bound', 'failed')).map(
    ([at, outcome]): Step =>
      (self) => {
        const [one] = self.waiting.splice(at % Math.max(self.waiting.length, 1), 1)
        if (one) self.bind(one, outcome)
      },
  ),
  fc.constantFrom(10_000, 700_000).map(
    (ms): Step =>
      (self) =>
        self.pass(ms),
  ),
  fc.constant<Step>((self) => endAll(self, 'ended by an administrator')),
)

test('[R19] whatever happens in whichever order, at rest nothing is held, counted or open', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.constantFrom('later', 'bound'), (steps, outcome) => {
      const quotas = { perUser: 3, perSource: 0, total: 0 }
      const self = stage({ settings: settings({ quotas }), ports: { min: 50_000, max: 50_007 }, binder: () => outcome })
      for (const one of steps) {
        one(self)
        expect(self.ledger.quotas.total).toBe(self.server.size)
        expect(self.ledger.quotas.total).toBeLessThanOrEqual(3)
      }
      endAll(self)
      expect(self.server.size).toBe(0)
      while (self.waiting.length > 0) for (const one of self.waiting.splice(0)) self.bind(one, 'bound')
      expectNothingLeft(self)
      const told = (name: string) => self.facts.filter(({ fact }) => fact === name).length
      expect(told('turn-ended')).toBe(told('turn-allocated'))
    }),
    { numRuns: 150 },
  )
})
