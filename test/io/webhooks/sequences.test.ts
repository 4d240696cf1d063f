import { expect, test } from 'bun:test'
import { createSequences } from '../../../src/io/webhooks/sequences.ts'

test('each room counts for itself', () => {
  const sequences = createSequences()
  expect(['a', 'a', 'b', 'a'].map(sequences.next)).toEqual([1, 2, 1, 3])
})

test('a room that was forgotten begins above every number that was forgotten', () => {
  const sequences = createSequences(2)
  for (const room of ['a', 'a', 'a', 'b', 'c']) sequences.next(room)
  expect(sequences.next('a')).toBe(4)
  expect(sequences.next('c')).toBe(2)
})

test('a restart goes on where it was', () => {
  const first = createSequences(2)
  for (const room of ['a', 'a', 'b', 'c']) first.next(room)
  const { floor, last } = first.snapshot()
  const second = createSequences(2)
  second.raiseFloor(floor)
  for (const [room, sequence] of last) second.seen(room, sequence)
  expect(['b', 'c', 'd'].map(second.next)).toEqual([2, 2, 3])
})
