/** Who keeps failing is slowed down, then refused, and forgiven in time. */
import { expect, test } from 'bun:test'
import { createThrottle } from '../../src/core/throttle.ts'

const minute = 60_000

test('failures double the delay, from 100 ms up to 25 s', () => {
  const throttle = createThrottle()
  const delays = Array.from({ length: 12 }, (_, n) => throttle.failed('a', 'x', n))
  expect(delays).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_000, 25_000, 25_000, 25_000])
})

test('ten failures within 30 minutes close the door, until the first of them is older', () => {
  const throttle = createThrottle()
  for (let n = 0; n < 9; n++) throttle.failed('a', 'x', n * minute)
  expect(throttle.allows('a', 'x', 9 * minute)).toBe(true)
  throttle.failed('a', 'x', 9 * minute)
  expect(throttle.allows('a', 'x', 9 * minute)).toBe(false)
  expect(throttle.allows('a', 'x', 30 * minute - 1)).toBe(false)
  expect(throttle.allows('a', 'x', 30 * minute)).toBe(true)
})

test('addresses and kinds of attempt are counted apart', () => {
  const throttle = createThrottle()
  for (let n = 0; n < 10; n++) throttle.failed('a', 'x', 0)
  expect([throttle.allows('a', 'y', 0), throttle.allows('b', 'x', 0), throttle.allows('a', 'x', 0)]).toEqual([
    true,
    true,
    false,
  ])
})

test('after twelve hours a failure counts no more', () => {
  const throttle = createThrottle()
  throttle.failed('a', 'x', 0)
  expect(throttle.failed('a', 'x', 12 * 60 * minute)).toBe(100)
})

test('a flood from many addresses is forgotten from its beginning, and whoever fails again is remembered anew', () => {
  const throttle = createThrottle(3)
  const fail = (address: string): number => throttle.failed(address, 'x', 0)
  for (const address of ['a', 'b', 'c', 'a', 'd']) fail(address)
  expect([fail('b'), fail('a')]).toEqual([100, 400])
})
