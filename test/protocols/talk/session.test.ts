/** What a session may do, and under which name others see it. */
import { expect, test } from 'bun:test'
import { hasPermission, isClientSession, isPrivileged, userIdOf } from '../../../src/protocols/talk/session.ts'
import { sessionNamed, virtualNamed } from './server.ts'

test('[R41] without a list everything is allowed but hiding names', () => {
  const session = sessionNamed('a')
  expect([hasPermission(session, 'control'), hasPermission(session, 'hide-displaynames')]).toEqual([true, false])
})

test('[R41] with a list only what stands in it is', () => {
  const session = sessionNamed('a', { permissions: new Set(['hide-displaynames']) })
  expect([hasPermission(session, 'control'), hasPermission(session, 'hide-displaynames')]).toEqual([false, true])
})

test('[R34] an internal client may do what a moderator may, whatever its list says', () => {
  const none: ReadonlySet<string> = new Set()
  expect(isPrivileged(sessionNamed('a', { permissions: none, kind: 'internal' }), 'control')).toBe(true)
  expect(isPrivileged(sessionNamed('a', { permissions: none }), 'control')).toBe(false)
})

test('a guest is seen under the name that Nextcloud gave him for the room', () => {
  expect(userIdOf(sessionNamed('a', { userId: 'alice', roomUserId: 'other' }))).toBe('alice')
  expect(userIdOf(sessionNamed('a', { roomUserId: 'guest-1' }))).toBe('guest-1')
  expect(userIdOf(sessionNamed('a'))).toBe('')
})

test('a virtual session is no client', () => {
  const owner = sessionNamed('a', { kind: 'internal' })
  expect([isClientSession(owner), isClientSession(virtualNamed('v', owner)), isClientSession(undefined)]).toEqual([
    true,
    false,
    false,
  ])
})
