import { expect, test } from 'bun:test'
import { within } from '../../src/io/within.ts'

test('what comes in time is what it is, what never comes is a failure', async () => {
  expect(await within(1000, Promise.resolve(7))).toBe(7)
  await expect(within(1000, Promise.reject(new Error('why')))).rejects.toThrow('why')
  await expect(within(1, new Promise(() => {}))).rejects.toThrow('within 1 ms')
})
