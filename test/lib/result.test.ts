/** The two outcomes. */
import { expect, test } from 'bun:test'
import { failure, success } from '../../src/lib/result.ts'

test('an outcome is a value or an error', () => {
  expect(success(1)).toEqual({ ok: true, value: 1 })
  expect(failure('why')).toEqual({ ok: false, error: 'why' })
})
