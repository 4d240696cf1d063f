import { expect, test } from 'bun:test'
import { evenSchedule } from '../../src/bench/schedule.ts'

test('what is due within one tick is due at its beginning', () => {
  const schedule = evenSchedule(1_000, 0.01)
  expect(schedule.total).toBe(10)
  expect([0, 3, 4, 8].map(schedule.dueAt)).toEqual([0, 0, 4, 8])
})

test('a rate below one a tick keeps its mean', () => {
  const schedule = evenSchedule(20, 2)
  expect(schedule.total).toBe(40)
  expect([0, 1, 20].map(schedule.dueAt)).toEqual([0, 48, 1_000])
})
