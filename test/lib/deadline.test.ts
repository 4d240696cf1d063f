/** Deadlines come in their order, each once, and a cancelled one never. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createDeadlines } from '../../src/lib/deadline.ts'

test('the earliest comes first, and not before its time', () => {
  const deadlines = createDeadlines<string>()
  deadlines.set('b', 20, 'second')
  deadlines.set('a', 10, 'first')
  expect(deadlines.next()).toBe(10)
  expect(deadlines.takeDue(9)).toBeUndefined()
  expect(deadlines.takeDue(20)).toBe('first')
  expect(deadlines.takeDue(20)).toBe('second')
  expect(deadlines.takeDue(20)).toBeUndefined()
  expect(deadlines.next()).toBeUndefined()
})

test('of the same millisecond the one that was set first comes first', () => {
  const deadlines = createDeadlines<number>()
  for (let item = 0; item < 50; item++) deadlines.set(`key ${item}`, 5, item)
  expect(Array.from({ length: 50 }, () => deadlines.takeDue(5))).toEqual(Array.from({ length: 50 }, (_, item) => item))
})

test('setting a key again replaces its deadline, cancelling removes it', () => {
  const deadlines = createDeadlines<string>()
  deadlines.set('a', 10, 'old')
  deadlines.set('a', 30, 'new')
  deadlines.set('b', 15, 'never')
  deadlines.cancel('b')
  deadlines.cancel('unknown')
  expect([deadlines.has('a'), deadlines.has('b'), deadlines.size]).toEqual([true, false, 1])
  expect(deadlines.next()).toBe(30)
  expect(deadlines.takeDue(29)).toBeUndefined()
  expect(deadlines.takeDue(30)).toBe('new')
})

type Step =
  | { readonly do: 'set'; readonly key: number; readonly at: number }
  | { readonly do: 'cancel'; readonly key: number }
  | { readonly do: 'take'; readonly now: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant<'set'>('set'), key: fc.nat(8), at: fc.nat(20) }),
  fc.record({ do: fc.constant<'cancel'>('cancel'), key: fc.nat(8) }),
  fc.record({ do: fc.constant<'take'>('take'), now: fc.nat(20) }),
)

test('they behave like a list that is sorted anew every time', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const deadlines = createDeadlines<string>()
      let model: { readonly key: number; readonly at: number; readonly item: string }[] = []
      for (const [index, one] of steps.entries()) {
        if (one.do !== 'take') model = model.filter(({ key }) => key !== one.key)
        if (one.do === 'set') {
          deadlines.set(`key ${one.key}`, one.at, `item ${index}`)
          model = [...model, { ...one, item: `item ${index}` }].sort((a, b) => a.at - b.at)
        } else if (one.do === 'cancel') deadlines.cancel(`key ${one.key}`)
        else {
          const [first] = model
          const isDue = first !== undefined && first.at <= one.now
          expect(deadlines.takeDue(one.now)).toBe(isDue ? first.item : undefined)
          if (isDue) model = model.slice(1)
        }
        expect([deadlines.next(), deadlines.size]).toEqual([model[0]?.at, model.length])
      }
    }),
  )
})
