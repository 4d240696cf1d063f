import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { rfc3339 } from '../../src/lib/rfc3339.ts'

test('as Date writes it, until the year 9999', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 11, 31, 23, 59, 59, 999) }), (time) => {
      expect(rfc3339(time)).toBe(new Date(time).toISOString())
    }),
  )
  for (const time of [0, Date.UTC(2000, 1, 29), Date.UTC(2000, 11, 31), Date.UTC(2100, 1, 28), Date.UTC(2100, 2, 1)]) {
    expect(rfc3339(time + 0.7)).toBe(new Date(time).toISOString())
  }
})
