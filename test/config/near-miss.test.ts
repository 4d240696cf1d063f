import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { distance, nearMiss } from '../../src/config/near-miss.ts'

test.each([
  ['', '', 0],
  ['', 'abc', 3],
  ['secret', 'secret', 0],
  ['secert', 'secret', 1],
  ['secre', 'secret', 1],
  ['ssecret', 'secret', 1],
  ['zecret', 'secret', 1],
  ['sercett', 'secret', 2],
])('from %p to %p are %p slips', (left, right, slips) => {
  expect(distance(left, right)).toBe(slips)
})

test('the distance is the same both ways, zero only from itself, and at most the longer word', () => {
  const word = fc.string({ unit: fc.constantFrom(...'abc'), maxLength: 8 })
  fc.assert(
    fc.property(word, word, (left, right) => {
      const slips = distance(left, right)
      expect(slips).toBe(distance(right, left))
      expect(slips === 0).toBe(left === right)
      expect(slips).toBeLessThanOrEqual(Math.max(left.length, right.length))
      expect(slips).toBeGreaterThanOrEqual(Math.abs(left.length - right.length))
    }),
  )
})

describe('nearMiss', () => {
  test.each([
    ['listn', 'listen'],
    ['wirtetimeout', 'writetimeout'],
    ['readtimeouts', 'readtimeout'],
    ['ur', 'url'],
    ['key', undefined],
    ['abc', undefined],
    ['completely', undefined],
  ])('of %p is %p', (word, meant) => {
    expect(nearMiss(word, ['url', 'listen', 'readtimeout', 'writetimeout'])).toBe(meant)
  })

  test('is the nearest of several', () => {
    expect(nearMiss('timeot', ['timeit', 'timeout'])).toBe('timeit')
    expect(nearMiss('timeou', ['timeit', 'timeout'])).toBe('timeout')
  })
})
