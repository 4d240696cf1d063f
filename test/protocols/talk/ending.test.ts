/** The end of sessions: nothing of them stays, and those who have to know are told. */
import { expect, test } from 'bun:test'
import { comings, inShort, leftIn, talkServer } from './server.ts'

test('[R29] bye is answered with bye and the same id, and the session is gone at once', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  expect(a.asks({ id: '7', type: 'bye', bye: {} })).toEqual([{ id: '7', type: 'bye', bye: {} }])
  expect(a.closed()?.code).toBe(1000)
  expect(comings(b.hears())).toEqual([`-${a.id}`])
  expect(inShort(a.returns())).toEqual(['error no_such_session'])
})

test('[R24] a session that is not resumed within 30 s is removed and leaves its room', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  a.loses()
  server.world.pass(29_999)
  expect(b.hears()).toEqual([])
  server.world.pass(1)
  expect(comings(b.hears())).toEqual([`-${a.id}`])
  expect(server.asked().map(([type]) => type)).toContain('room')
})

test('a connection is never closed with 1001, which the web client takes for the end', () => {
  const server = talkServer()
  const [a, b, c, d] = server.room(4)
  a.say({ type: 'bye', bye: {} })
  server.request({ type: 'disinvite', disinvite: { sessionids: [b.roomSession] } })
  server.world.input((now) => server.talk.overflowed(c.connection, now))
  server.user('d again').joins('den', d.roomSession)
  expect([a, b, c, d].map((client) => client.closed()?.code)).toEqual([1000, 1000, 1008, 1000])
})

test('[R49] when the owner goes its virtual sessions go, and Nextcloud is told of each in its own way', () => {
  const server = talkServer()
  const [a] = server.room(1)
  const bot = server.internal()
  const add = (sessionid: string, more: object) =>
    bot.say(
      JSON.stringify({
        type: 'internal',
        internal: { type: 'addsession', addsession: { sessionid, roomid: 'den', ...more } },
      }),
    )
  add('phone', { userid: 'u', options: { actorId: 'x', actorType: 'phones' } })
  add('plain', { userid: 'u', user: { displayname: 'P' } })
  const [phone, plain] = [...server.state.hub.all()]
    .filter(({ kind }) => kind === 'virtual')
    .map(({ id }): string => id)
  server.asked()
  a.hears()
  bot.say({ type: 'bye', bye: {} })
  expect(comings(a.hears())).toEqual([`-${phone}`, `-${plain}`])
  const place = { version: '1.0', roomid: 'den', userid: 'u', action: 'leave' }
  expect(server.asked()).toEqual([
    ['room', { ...place, sessionid: phone ?? '', actorid: 'x', actortype: 'phones' }],
    ['session', { ...place, action: 'remove', sessionid: plain ?? '', user: { displayname: 'P' } }],
  ])
})

test('[R49] two answers for one name leave one virtual session', () => {
  const server = talkServer()
  const [a] = server.room(1)
  const bot = server.internal()
  const add = () =>
    bot.say({ type: 'internal', internal: { type: 'addsession', addsession: { sessionid: 'v', roomid: 'den' } } })
  server.isSlow = true
  add()
  bot.loses()
  bot.returns()
  add()
  server.answer()
  server.answer()
  const virtuals = [...server.state.hub.all()].filter(({ kind }) => kind === 'virtual')
  expect(virtuals).toHaveLength(1)
  expect(comings(a.hears())).toEqual([expect.stringMatching(/^\+/), expect.stringMatching(/^-/), `+${virtuals[0]?.id}`])
})

test('nothing is left when all have gone', () => {
  const server = talkServer()
  const [a, b, c, d] = server.room(4)
  const bot = server.internal()
  bot.joins('den')
  bot.say({
    type: 'internal',
    internal: { type: 'addsession', addsession: { sessionid: 'v', roomid: 'den', flags: 1 } },
  })
  a.say({ type: 'transient', transient: { type: 'set', key: 'k', value: 1, ttl: 60e9 } })
  for (const client of [a, b]) client.say({ type: 'bye', bye: {} })
  for (const client of [c, d, bot]) client.loses()
  server.world.pass(60_000)
  expect(leftIn(server.state)).toEqual({})
  expect(server.talk.nextDeadline()).toBeUndefined()
})
