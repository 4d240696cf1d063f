import { expect, test } from 'bun:test'
import { eachUserIndex, userId } from '../../src/bench/talk-client.ts'

test('user ids are found again in whatever repeats them', () => {
  const text = Buffer.from(
    `${userId(7)} {"join":[{"userid":"${userId(0)}"},{"userid":"${userId(12_345)}"}]} ${userId(8)}`,
  )
  const found: number[] = []
  eachUserIndex(text, 12, text.length - 13, (index) => found.push(index))
  expect(found).toEqual([0, 12_345])
})
