import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createHookAnswers, type HookAnswer } from '../../src/turn/hook-answers.ts'

const limits = { names: 3, waitingPerName: 2, knownFor: 60_000, unknownFor: 10_000 }
const yes: HookAnswer = { known: true, password: 'p' }
const no: HookAnswer = { known: false }

test('[A13] an answer is remembered for a while, a failure is not', () => {
  const hook = createHookAnswers<number>(limits)
  hook.answered('a', yes, 0)
  hook.answered('b', no, 0)
  hook.answered('c', undefined, 0)
  expect(['a', 'b', 'c'].map((name) => hook.find(name, 9999))).toEqual([yes, no, undefined])
  expect(['a', 'b'].map((name) => hook.find(name, 10_000))).toEqual([yes, undefined])
  expect(hook.find('a', 59_999)).toEqual(yes)
  expect(hook.find('a', 60_000)).toBeUndefined()
  hook.answered('a', yes, 60_000)
  hook.answered('a', undefined, 60_001)
  expect(hook.find('a', 60_002)).toBeUndefined()
})

test('[A14] a name is asked about once, whoever waits; who waits is told once', () => {
  const hook = createHookAnswers<number>(limits)
  expect([1, 2, 3].map((waiter) => hook.wait('a', waiter))).toEqual(['ask', 'wait', 'full'])
  expect(hook.answered('a', yes, 0)).toEqual([1, 2])
  expect(hook.answered('a', yes, 0)).toEqual([])
  expect(hook.wait('a', 4)).toBe('ask')
})

test('[A14] memory is bounded: names that are asked about, who waits, and answers', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ maxLength: 2 }), fc.constantFrom('wait', 'yes', 'no')), { maxLength: 60 }),
      (steps) => {
        const hook = createHookAnswers<string>(limits)
        const waiting = new Map<string, number>()
        const names = new Set<string>()
        for (const [name, step] of steps) {
          names.add(name)
          if (step === 'wait') {
            const outcome = hook.wait(name, name)
            if (outcome !== 'full') waiting.set(name, (waiting.get(name) ?? 0) + 1)
            expect(outcome === 'ask').toBe(outcome !== 'full' && waiting.get(name) === 1)
          } else {
            expect(hook.answered(name, step === 'yes' ? yes : no, 0)).toHaveLength(waiting.get(name) ?? 0)
            waiting.delete(name)
            expect(hook.find(name, 1)).toBeDefined()
          }
          expect(waiting.size).toBeLessThanOrEqual(limits.names)
          expect(Math.max(0, ...waiting.values())).toBeLessThanOrEqual(limits.waitingPerName)
          expect([...names].filter((one) => hook.find(one, 1)).length).toBeLessThanOrEqual(limits.names)
        }
      },
    ),
  )
})
