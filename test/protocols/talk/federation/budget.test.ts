/** How much another server may say, and who is known to be in its room. */
import { expect, test } from 'bun:test'
import { RawJson } from '../../../../src/protocols/json-wire.ts'
import { createAttempts } from '../../../../src/protocols/talk/federation/attempts.ts'
import { createBudget } from '../../../../src/protocols/talk/federation/budget.ts'
import { createPresent } from '../../../../src/protocols/talk/federation/present.ts'

test('[R91] bursts pass, and so does a steady thousand a second; more does not', () => {
  const steady = createBudget(0)
  for (let second = 0; second < 100; second++) {
    for (let n = 0; n < 1_000; n++) expect(steady.spend(100, second * 1_000 + n)).toBe(true)
  }
  const burst = createBudget(0)
  for (let n = 0; n < 10_000; n++) expect(burst.spend(10, 0)).toBe(true)
  expect(burst.spend(10, 0)).toBe(false)
  expect(burst.spend(10, 5_000)).toBe(true)
  const long = createBudget(0)
  for (let n = 0; n < 16; n++) expect(long.spend(1_048_576, 0)).toBe(true)
  expect(long.spend(1_048_576, 0)).toBe(false)
})

test('[R91] what is saved up is bounded, and a clock that stands still gives nothing', () => {
  const budget = createBudget(0)
  for (let n = 0; n < 10_000; n++) budget.spend(1, 1_000_000)
  expect(budget.spend(1, 1_000_000)).toBe(false)
  expect(budget.spend(1, 999_000)).toBe(false)
})

test('[R91] connections are made for somebody 20 at once, then one every 3 s; others are not concerned', () => {
  const attempts = createAttempts()
  const tries = (owner: string, now: number, count: number) =>
    Array.from({ length: count }, () => attempts.spend(owner, now)).filter((may) => may).length
  expect(tries('alice', 0, 30)).toBe(20)
  expect(tries('bob', 0, 30)).toBe(20)
  expect([tries('alice', 2_999, 5), tries('alice', 3_000, 5), tries('alice', 9_000, 5)]).toEqual([0, 1, 2])
  expect(tries('alice', 1_000_000, 30)).toBe(20)
})

test('[R91] so many people are kept in mind; whoever has all of his attempts back makes room', () => {
  const attempts = createAttempts()
  for (let n = 0; n < 10_000; n++) expect(attempts.spend(`user ${n}`, 0)).toBe(true)
  expect([attempts.spend('late', 0), attempts.spend('user 1', 0)]).toEqual([false, true])
  expect(attempts.spend('late', 3_000)).toBe(true)
})

test('[R89] who is there keeps the moment of his arrival until he leaves', () => {
  const present = createPresent(1_000)
  const entry = (text: string) => new RawJson(`"${text}"`)
  present.add('a', entry('a'), 1)
  present.add('b', entry('b'), 5)
  present.add('a', entry('a again'), 9)
  expect(present.until(5)?.map(({ text }) => text)).toEqual(['"b"', '"a again"'])
  expect(present.until(4)?.map(({ text }) => text)).toEqual(['"a again"'])
  present.remove('a')
  present.remove('nobody')
  expect(present.until(9)).toHaveLength(1)
  present.add('c', entry('x'.repeat(2_000)), 10)
  expect(present.until(10)).toBeUndefined()
  present.clear()
  expect(present.until(10)).toEqual([])
})
