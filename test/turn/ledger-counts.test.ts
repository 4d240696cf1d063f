import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createCounts } from '../../src/turn/ledger-counts.ts'
import { ownMemory } from '../../src/turn/ledger-memory.ts'

test('[Q3] counts as a map does, however its keys crowd together, and keeps no place for whoever has none', () => {
  const key = fc.tuple(fc.nat(2), fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1))
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), key), { maxLength: 200 }), fc.nat(), (steps, seed) => {
      const counts = createCounts(16, seed, ownMemory())
      const model = new Map<string, number>()
      for (const [add, one] of steps) {
        const before = model.get(String(one)) ?? 0
        if (add) counts.add(one)
        else counts.subtract(one)
        model.set(String(one), Math.max(0, before + (add ? 1 : -1)))
        for (const [name, count] of model) {
          const [upper = 0, lower = 0] = name.split(',').map(Number)
          expect(counts.of([upper, lower])).toBe(count)
        }
      }
    }),
  )
})
