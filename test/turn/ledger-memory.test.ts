import { expect, test } from 'bun:test'
import type { Memory } from '../../src/turn/ledger-memory.ts'
import {
  octetsIn,
  octetsTaken,
  ownMemory,
  sharedMemory,
  shortsIn,
  timesIn,
  wordsIn,
} from '../../src/turn/ledger-memory.ts'

const tables = (memory: Memory) => ({
  octets: octetsIn(memory, 3),
  shorts: shortsIn(memory, 3),
  words: wordsIn(memory, 3),
  times: timesIn(memory, 2),
})

test('[Q11] tables in shared memory lie side by side, and whoever takes the same finds the same', () => {
  const size = octetsTaken(tables)
  expect(size).toBe(8 + 8 + 16 + 16)
  const buffer = new SharedArrayBuffer(8 + size)
  const [one, other] = [tables(sharedMemory(buffer, 8, true)), tables(sharedMemory(buffer, 8, false))]
  one.octets.fill(1)
  one.shorts.fill(2)
  one.words.fill(3)
  one.times.fill(4)
  expect(Object.values(other).map((table) => [...table])).toEqual([
    [1, 1, 1],
    [2, 2, 2],
    [3, 3, 3],
    [4, 4],
  ])
  expect([...new Uint8Array(buffer, 0, 8)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
})

test('what does not fit into shared memory is refused; memory of its own has no end', () => {
  expect(() => tables(sharedMemory(new SharedArrayBuffer(40), 0, true))).toThrow('smaller')
  expect(timesIn(ownMemory(), 1000)).toHaveLength(1000)
})
