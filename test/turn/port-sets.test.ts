import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createPool, createQueue, type Queue } from '../../src/turn/port-sets.ts'

const inOrder = (queue: Queue): readonly number[] => {
  const ports: number[] = []
  for (let port = queue.first(); port !== undefined; port = queue.after(port)) ports.push(port)
  return ports
}
const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 100, max: 106 })), { maxLength: 60 })

test('[Q8] a queue keeps the order in which ports were added', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const queue = createQueue(100, 106)
      let model: readonly number[] = []
      for (const [add, port] of all) {
        if (add === model.includes(port)) continue
        if (add) queue.add(port)
        else queue.remove(port)
        model = add ? [...model, port] : model.filter((one) => one !== port)
        expect(inOrder(queue)).toEqual([...model])
      }
    }),
  )
})

test('[Q7] a pool holds what was not removed, and finds from any place on', () => {
  fc.assert(
    fc.property(steps, fc.nat(), (all, chance) => {
      const pool = createPool(100, 106)
      const model = new Set([100, 101, 102, 103, 104, 105, 106])
      for (const [add, port] of all) {
        if (add === model.has(port)) continue
        if (add) pool.add(port)
        else pool.remove(port)
        if (add) model.add(port)
        else model.delete(port)
        const seen = new Set<number>()
        const random = (below: number) => chance % below
        expect(
          pool.find(random, (one) => {
            seen.add(one)
            return false
          }),
        ).toBeUndefined()
        expect(seen).toEqual(model)
        const first = pool.find(random, () => true)
        expect(first === undefined ? model.size === 0 : model.has(first)).toBe(true)
      }
    }),
  )
})
