/** The beginning of a session. */
import { expect, test } from 'bun:test'
import { inShort, talkServer } from './server.ts'

test('[R1] the hello is answered with both ids, the user and what we can do', () => {
  const server = talkServer()
  const client = server.visitor()
  const [answer] = client.hello({ version: '1.0', auth: { url: 'https://one.example/', params: { userid: 'alice' } } })
  expect(answer).toMatchObject({
    id: 'hello',
    type: 'hello',
    hello: { version: '1.0', sessionid: client.id, resumeid: client.resumeId, userid: 'alice' },
  })
  expect(answer).toMatchObject({ hello: { server: { version: '1.2.3' } } })
})

test('[R47] a backend has as many sessions of clients as it may have, and one that goes makes room', () => {
  const server = talkServer()
  const first = server.user('alice', [], 'small')
  const second = server.visitor()
  const hello = { version: '1.0', auth: { url: 'https://small.example/', params: { userid: 'bob' } } }
  expect(inShort(second.hello(hello))).toEqual(['error session_limit_exceeded'])
  expect(inShort(server.internal([], 'small').asks({ id: '1', type: 'room', room: { roomid: '' } }))).toEqual(['room'])
  first.say({ type: 'bye', bye: {} })
  expect(inShort(second.hello(hello))).toEqual(['hello'])
  expect(server.state.sessionsPerBackend.get('small')).toBe(1)
})

test('[R47] a parked session counts, until it is gone', () => {
  const server = talkServer()
  server.user('alice', [], 'small').loses()
  const hello = { version: '1.0', auth: { url: 'https://small.example/', params: {} } }
  expect(inShort(server.visitor().hello(hello))).toEqual(['error session_limit_exceeded'])
  server.world.pass(30_000)
  expect(inShort(server.visitor().hello(hello))).toEqual(['hello'])
})

test('[R23] a guest who is in no room for 10 s is let go; users and internal clients are not', () => {
  const server = talkServer()
  const [guest, user, bot] = [server.guest(), server.user('alice'), server.internal()]
  server.world.pass(10_000)
  expect([guest, user, bot].map((client) => inShort(client.hears()))).toEqual([['bye room_join_timeout'], [], []])
  expect(inShort(guest.returns())).toEqual(['error no_such_session'])
})

test('[R23] a guest in a room may stay, also over a break', () => {
  const server = talkServer()
  const guest = server.guest()
  guest.joins('den')
  guest.loses()
  server.world.pass(20_000)
  expect(inShort(guest.returns())).toEqual(['hello', 'event room join'])
  server.world.pass(60_000)
  expect(guest.closed()).toBeUndefined()
})

test('[R14] an internal client begins in the call with audio, unless it sets its flags itself', () => {
  const server = talkServer()
  server.internal()
  server.internal(['internal-incall'])
  expect([...server.state.hub.all()].map(({ inCall }) => inCall)).toEqual([3, 0])
})

test('[R47] an internal client that goes makes no room for anybody', () => {
  const server = talkServer()
  server.user('alice', [], 'small')
  server.internal([], 'small').say({ type: 'bye', bye: {} })
  const hello = { version: '1.0', auth: { url: 'https://small.example/', params: {} } }
  expect(inShort(server.visitor().hello(hello))).toEqual(['error session_limit_exceeded'])
})
