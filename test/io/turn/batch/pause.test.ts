import { expect, test } from 'bun:test'
import { createPauseWith } from '../../../../src/io/turn/batch/pause.ts'

/** How often it slept in one second of rounds that come every `every` ms and find so many datagrams each. */
function sleeps(every: number, handled: number, longest = 150): number {
  let count = 0
  const pause = createPauseWith(
    () => count++,
    () => longest,
  )
  for (let now = 1000; now < 2000; now += every) pause.after(handled, now)
  return count
}

test('sleeps while many datagrams come one by one', () => {
  expect(sleeps(0.1, 1)).toBeGreaterThan(9_900)
})

test('sleeps neither when little comes nor when much comes at once', () => {
  expect(sleeps(0.5, 1)).toBe(0)
  expect(sleeps(0.5, 12)).toBe(0)
  expect(sleeps(0.1, 64)).toBe(0)
})

test('never sleeps where it may not', () => {
  expect(sleeps(0.1, 1, 0)).toBe(0)
})

test('does not sleep after a round that found nothing', () => {
  const slept: number[] = []
  const pause = createPauseWith(
    (micros) => slept.push(micros),
    () => 150,
  )
  for (let now = 0; now < 100; now += 0.1) pause.after(1, now)
  slept.length = 0
  pause.after(0, 100)
  expect(slept).toEqual([])
  pause.after(1, 100)
  expect(slept[0]).toBeLessThanOrEqual(150)
})

test('stops when it has become quiet', () => {
  const slept: number[] = []
  const pause = createPauseWith(
    (micros) => slept.push(micros),
    () => 150,
  )
  for (let now = 0; now < 100; now += 0.1) pause.after(1, now)
  for (let now = 100; now < 110; now += 1) pause.after(1, now)
  slept.length = 0
  for (let now = 110; now < 200; now += 1) pause.after(1, now)
  expect(slept).toEqual([])
})
