/** Goodbye. */
import { expect, test } from 'bun:test'
import { comings, inShort, talkServer } from '../server.ts'

test('[R29] bye ends the session and closes the connection; nobody comes back from it', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  expect(a.asks({ id: '1', type: 'bye' })).toEqual([{ id: '1', type: 'bye', bye: {} }])
  expect([a.closed()?.code, server.state.hub.get(a.id as never)]).toEqual([1000, undefined])
  expect(comings(b.hears())).toEqual([`-${a.id}`])
  expect(inShort(a.returns())).toEqual(['error no_such_session'])
})

test('[R29] a bye that waits for its turn counts when the connection is lost', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  server.isSlow = true
  a.joins('attic')
  a.say({ id: '2', type: 'bye' })
  a.loses()
  expect(server.state.hub.get(a.id as never)).toBeUndefined()
  expect(comings(b.hears())).toEqual([`-${a.id}`])
})

test('[R21] before the hello there is nothing to say goodbye to', () => {
  expect(inShort(talkServer().visitor().asks({ id: '1', type: 'bye' }))).toEqual(['error hello_expected'])
})
