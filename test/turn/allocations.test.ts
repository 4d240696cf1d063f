import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Relay } from '../../src/turn/allocation.ts'
import { createAllocations } from '../../src/turn/allocations.ts'
import { opened, pending } from './opened.ts'

const both: readonly Relay[] = [
  { family: 4, port: 50_000, socket: 0 },
  { family: 6, port: 50_000, socket: 0 },
]

test('[Q17] a client’s place is held while its ports are bound; then it is found by client and by port', () => {
  const allocations = createAllocations()
  const held = pending()
  expect([allocations.hold(held), allocations.hold(pending())]).toEqual([true, false])
  expect(allocations.byClient(held.clientKey)).toBe(held)
  expect([allocations.byPort(4, 50_000), allocations.size, [...allocations.all()]]).toEqual([undefined, 1, []])

  const allocation = opened(0, both)
  allocations.add(allocation, 600_000)
  expect(allocations.hold(pending())).toBe(false)
  expect(allocations.byClient(held.clientKey)).toBe(allocation)
  expect([4 as const, 6 as const].map((family) => allocations.byPort(family, 50_000))).toEqual([allocation, allocation])
  expect(allocations.byPort(4, 50_001)).toBeUndefined()
  expect([allocations.size, [...allocations.all()], allocations.nextDeadline()]).toEqual([1, [allocation], 600_000])
})

test('[Q17] what is removed is gone from every map', () => {
  const allocations = createAllocations()
  const { clientKey } = pending()
  expect(allocations.remove(clientKey)).toBeUndefined()
  allocations.hold(pending())
  expect(allocations.remove(clientKey)).toEqual(pending())
  allocations.hold(pending())
  const allocation = opened(0, both)
  allocations.add(allocation, 600_000)
  expect(allocations.remove(clientKey)).toBe(allocation)
  expect([allocations.byClient(clientKey), allocations.byPort(4, 50_000), allocations.byPort(6, 50_000)]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  expect([allocations.size, allocations.nextDeadline(), allocations.takeExpired(10 ** 9)]).toEqual([
    0,
    undefined,
    undefined,
  ])
})

test('[Q17] two allocations never share a client or a port: that would be a bug', () => {
  const allocations = createAllocations()
  expect(() => allocations.add(opened(), 1)).toThrow('no place')
  allocations.hold(pending())
  allocations.add(opened(), 1)
  expect(() => allocations.add(opened(), 1)).toThrow('no place')
  allocations.hold(pending(1))
  expect(() => allocations.add(opened(1, [{ family: 4, port: 50_000, socket: 1 }]), 1)).toThrow('another allocation')
  allocations.add(opened(1, [{ family: 6, port: 50_000, socket: 1 }]), 1)
})

test('[Q18] an allocation ends when its time has come, unless it was prolonged', () => {
  const allocations = createAllocations()
  const [first, second] = [opened(1), opened(2)]
  for (const [index, one] of [first, second].entries()) {
    allocations.hold(pending(index + 1))
    allocations.add(one, 600_000 + index)
  }
  allocations.prolong(first, 700_000)
  expect([allocations.nextDeadline(), allocations.takeExpired(600_000)]).toEqual([600_001, undefined])
  expect([allocations.takeExpired(700_000), allocations.takeExpired(700_000)]).toEqual([second, first])
  expect([allocations.takeExpired(700_000), allocations.size, allocations.byPort(4, 50_001)]).toEqual([
    undefined,
    0,
    undefined,
  ])
  allocations.prolong(first, 800_000)
  expect(allocations.nextDeadline()).toBeUndefined()
})

test('[Q17, Q18] whatever happens, the maps agree', () => {
  const step = fc.record({
    do: fc.constantFrom('hold', 'add', 'remove', 'prolong', 'wait'),
    index: fc.integer({ min: 0, max: 4 }),
    ms: fc.nat(100),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const allocations = createAllocations()
      const model = new Map<number, number | 'held'>()
      let now = 0
      for (const { do: what, index, ms } of steps) {
        const { clientKey } = pending(index)
        const known = model.get(index)
        const found = allocations.byClient(clientKey)
        if (what === 'hold' && allocations.hold(pending(index))) model.set(index, 'held')
        if (what === 'add' && known === 'held') {
          allocations.add(opened(index), now + ms)
          model.set(index, now + ms)
        }
        if (what === 'remove') {
          allocations.remove(clientKey)
          model.delete(index)
        }
        if (what === 'prolong' && found?.phase === 'open') {
          allocations.prolong(found, now + ms)
          model.set(index, now + ms)
        }
        if (what === 'wait') {
          now += ms
          for (let one = allocations.takeExpired(now); one; one = allocations.takeExpired(now)) {
            const gone = Number(one.id.slice(1))
            expect(model.get(gone)).toBeLessThanOrEqual(now)
            model.delete(gone)
          }
        }
        const ends = [...model.values()].filter((end) => end !== 'held')
        expect(allocations.nextDeadline()).toBe(ends.length > 0 ? Math.min(...ends) : undefined)
        expect([...allocations.all()].length).toBe(ends.length)
        expect(allocations.size).toBe(model.size)
        for (const each of [0, 1, 2, 3, 4]) {
          const there = allocations.byClient(pending(each).clientKey)
          expect(there?.phase).toBe(
            model.get(each) === undefined ? undefined : model.get(each) === 'held' ? 'binding' : 'open',
          )
          expect(allocations.byPort(4, 50_000 + each)).toBe(there?.phase === 'open' ? there : undefined)
        }
      }
    }),
  )
})

test('[Q17] a relay that is given up is found no more, the other still is', () => {
  const allocations = createAllocations()
  allocations.hold(pending())
  const allocation = opened(0, both)
  allocations.add(allocation, 600_000)
  const [first] = allocation.relays
  if (first) allocations.removeRelay(allocation, first)
  if (first) allocations.removeRelay(allocation, first)
  expect([allocations.byPort(4, 50_000), allocations.byPort(6, 50_000), allocation.relays.length]).toEqual([
    undefined,
    allocation,
    1,
  ])
})
