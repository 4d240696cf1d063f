import { expect, test } from 'bun:test'
import { createRandom } from '../../src/io/random.ts'

test('no two draws are alike, whatever their size, and none changes later', () => {
  const random = createRandom()
  const drawn = Array.from({ length: 1_000 }, (_, n) => random(16 + (n % 40)))
  const before = drawn.map((bytes) => Buffer.from(bytes).toString('hex'))

  for (let n = 0; n < 1_000; n++) random(32)

  expect(drawn.map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual(before)
  expect(new Set(before.map((hex) => hex.slice(0, 32))).size).toBe(1_000)
})

test('a draw may be larger than a portion', () => {
  expect(createRandom()(10_000)).toHaveLength(10_000)
})
