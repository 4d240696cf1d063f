/** Counting everybody. */
import { expect, test } from 'bun:test'
import { takeCensus } from '../../../src/protocols/talk/census.ts'
import { talkServer } from './server.ts'

test('sessions are counted by backend and kind, rooms with those in the call', () => {
  const server = talkServer()
  const [a] = server.room(2)
  server.user('zoe', [], 'two')
  const bot = server.internal()
  bot.joins('den')
  bot.say({ type: 'internal', internal: { type: 'addsession', addsession: { sessionid: 'v', roomid: 'den' } } })
  server.request({ type: 'incall', incall: { changed: [{ sessionId: a.roomSession, inCall: 7 }] } })
  const census = takeCensus(server.state)
  expect(census.connections).toBe(6)
  expect(census.sessions).toEqual([
    { backend: 'one', clienttype: 'client', count: 4 },
    { backend: 'two', clienttype: 'client', count: 1 },
    { backend: 'one', clienttype: 'internal', count: 1 },
    { backend: 'one', clienttype: 'virtual', count: 1 },
  ])
  expect(census.rooms).toEqual([
    {
      backend: 'one',
      room: 'den',
      sessions: { client: 2, internal: 1, virtual: 1 },
      inCall: { client: 1, internal: 1, virtual: 1 },
    },
  ])
})

test('[R19] who makes calls is listed, and of one that lost its connection only the session', () => {
  const server = talkServer()
  const bot = server.internal(['start-dialout'])
  server.internal()
  server.user('alice', ['start-dialout'])
  const listed = { sessionid: bot.id, connected: true, features: ['start-dialout'] }
  expect(takeCensus(server.state).dialout).toEqual([{ ...listed, address: '192.0.2.1', useragent: 'a test' }])
  bot.loses()
  expect(takeCensus(server.state).dialout).toEqual([
    { sessionid: bot.id, connected: false, features: [], address: undefined, useragent: undefined },
  ])
})
