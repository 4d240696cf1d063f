import { expect, test } from 'bun:test'
import { isSamePassword } from '../../../src/protocols/relay/credentials.ts'

test('[L6] passwords are equal or not, whatever their length', () => {
  expect(isSamePassword('secret', 'secret')).toBeTrue()
  expect(isSamePassword('secret', 'secret2')).toBeFalse()
  expect(isSamePassword('', 'secret')).toBeFalse()
  expect(isSamePassword('é', 'e\u0301')).toBeFalse()
})
