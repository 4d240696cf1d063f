import { expect, test } from 'bun:test'
import { roomName, roomOfPath } from '../../../src/protocols/relay/room-name.ts'

test.each([
  ['/websocket/den', 'den'],
  ['/websocket/den/', 'den'],
  ['/websocket/a%20b', 'a b'],
  ['/websocket/a%2Fb', 'a/b'],
  ['/websocket/%E2%98%83', '☃'],
  ['/websocket/..', '..'],
])('[L1] %s leads to %p', (path, room) => {
  expect<string>(roomOfPath(path, '/websocket')).toBe(room)
})

test.each(['/websocket', '/websocket/', '/websocket//', '/websocket/a/b', '/websocket//a', '/websockets/a', '/', ''])(
  '[L1] %p leads nowhere',
  (path) => {
    expect<string>(roomOfPath(path, '/websocket')).toBe('elsewhere')
  },
)

test.each(['%', '%zz', '%ff', '%00', 'a%0Ab', '%E2%80%A8', 'x'.repeat(256), '%E2%98%83'.repeat(86)])(
  '[L1] %p is no name',
  (segment) => {
    expect<string>(roomOfPath(`/websocket/${segment}`, '/websocket')).toBe('unusable')
  },
)

test('[L1] a relay at the root', () => {
  expect<string>(roomOfPath('/den', '')).toBe('den')
  expect(roomName('x'.repeat(255))).toBeDefined()
  expect(roomName('')).toBeUndefined()
  expect(roomName('\ud800')).toBeUndefined()
})
