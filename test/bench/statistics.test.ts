import { expect, test } from 'bun:test'
import { median, ratios, spread } from '../../src/bench/statistics.ts'

test('the median of odd and even lists', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(median([])).toBeNaN()
})

test('a spread keeps the values in the order of the rounds', () => {
  expect(spread([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5, values: [5, 1, 3] })
})

test('ratios are taken within a round, and rounds without both sides are left out', () => {
  expect(ratios([1, 2, undefined, 4, 5], [2, 2, 2, undefined, 0])).toEqual([0.5, 1])
})
