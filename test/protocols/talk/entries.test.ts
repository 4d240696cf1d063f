/** How members of a room are described to the others. */
import { expect, test } from 'bun:test'
import { RawJson } from '../../../src/protocols/json-wire.ts'
import { entryOf, visibleEntries } from '../../../src/protocols/talk/entries.ts'
import { sessionNamed, virtualNamed } from './server.ts'

test("[R18] an entry has the client's features and Nextcloud's session id, if there are any", () => {
  const user = new RawJson('{"displayname":"Alice"}')
  const known = sessionNamed('a', { userId: 'alice', userData: user, roomSession: 'r1', features: ['chat-relay'] })
  expect(entryOf(known)).toEqual({
    sessionid: known.id,
    userid: 'alice',
    user,
    roomsessionid: 'r1',
    features: ['chat-relay'],
  })
  const guest = sessionNamed('b')
  expect(entryOf(guest)).toEqual({ sessionid: guest.id, userid: '' })
})

test('[R49] of a virtual session only the user is told', () => {
  const virtual = virtualNamed('v', sessionNamed('a', { kind: 'internal' }), { userId: 'phone' })
  expect(entryOf(virtual)).toEqual({ sessionid: virtual.id, userid: 'phone' })
})

test('[R82] somebody of another Nextcloud is marked', () => {
  expect(entryOf(sessionNamed('a', { kind: 'federation' })).federated).toBe(true)
})

test('[R12] who must not see names gets entries without them', () => {
  const entries = [entryOf(sessionNamed('a', { userData: new RawJson('{"displayname":"Alice","x":1}') }))]
  const shown = visibleEntries(sessionNamed('b', { permissions: new Set(['hide-displaynames']) }), entries)
  expect(shown.map(({ user }) => user?.text)).toEqual(['{"x":1}'])
  expect(visibleEntries(sessionNamed('b'), entries)).toBe(entries)
})
