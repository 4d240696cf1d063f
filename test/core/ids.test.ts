/** What makes two ids the same. */
import { expect, test } from 'bun:test'
import { connectionId, resumeId, roomKey, sessionId, userKey } from '../../src/core/ids.ts'

test('an id is the text or number that it was made of', () => {
  expect<number>(connectionId(7)).toBe(7)
  expect<string>(sessionId('s')).toBe('s')
  expect<string>(resumeId('r')).toBe('r')
})

test('rooms and users of the same name under two tenants are two', () => {
  expect(roomKey('one', 'den')).not.toBe(roomKey('two', 'den'))
  expect(userKey('one', 'alice')).not.toBe(userKey('two', 'alice'))
  expect(roomKey('one', 'den')).toBe(roomKey('one', 'den'))
})
