import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createHistogram } from '../../src/bench/histogram.ts'

test('an empty histogram answers 0', () => {
  const histogram = createHistogram()
  expect([histogram.count(), histogram.percentile(0.5), histogram.max()]).toEqual([0, 0, 0])
})

test('small values are exact', () => {
  const histogram = createHistogram()
  for (let value = 1; value <= 100; value += 1) histogram.record(value)
  expect([0.5, 0.9, 0.99, 1].map((share) => histogram.percentile(share))).toEqual([50, 90, 99, 100])
})

test('negative and enormous values are counted at the edges', () => {
  const histogram = createHistogram()
  histogram.record(-5)
  histogram.record(2 ** 45)
  expect(histogram.count()).toBe(2)
  expect(histogram.percentile(0.5)).toBe(0)
  expect(histogram.max()).toBe(2 ** 45)
})

test('every percentile is within 1 % of the sorted list', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 1_000_000_000 }), { minLength: 1, maxLength: 300 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, share) => {
        const histogram = createHistogram()
        for (const value of values) histogram.record(value)
        const sorted = values.toSorted((a, b) => a - b)
        const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? 0
        const answer = histogram.percentile(share)
        expect(answer).toBeGreaterThanOrEqual(exact)
        expect(answer).toBeLessThanOrEqual(exact * 1.01 + 1)
      },
    ),
  )
})
