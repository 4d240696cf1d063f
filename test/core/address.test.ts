/** The four kinds of addresses. */
import { expect, test } from 'bun:test'
import { toCall, toRoom, toSession, toUser } from '../../src/core/address.ts'
import { roomKey, sessionId, userKey } from '../../src/core/ids.ts'

test('an address says to whom, by kind', () => {
  const room = roomKey('one', 'den')
  expect(toSession(sessionId('s'))).toEqual({ kind: 'session', session: sessionId('s') })
  expect(toUser(userKey('one', 'alice'))).toEqual({ kind: 'user', user: userKey('one', 'alice') })
  expect([toRoom(room), toCall(room)]).toEqual([
    { kind: 'room', room },
    { kind: 'call', room },
  ])
})
