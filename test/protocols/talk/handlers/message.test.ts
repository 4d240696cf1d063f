/** Whom a message reaches. */
import { expect, test } from 'bun:test'
import { at } from '../../../support/json.ts'
import { inShort, talkServer } from '../server.ts'

test('[R30] a message to a session reaches it, wherever it is, and the sender hears nothing', () => {
  const server = talkServer()
  const [a] = server.room(1)
  const b = server.user('b')
  b.joins('attic')
  a.sends({ type: 'session', sessionid: b.id }, { x: 1 })
  expect(at(b.hears()[0], 'message')).toEqual({
    sender: { type: 'session', sessionid: a.id, userid: 'user 1' },
    data: { x: 1 },
  })
  expect(a.hears()).toEqual([])
})

test('[R30] not itself, nobody of another backend, nobody who is not there', () => {
  const server = talkServer()
  const [a] = server.room(1)
  const stranger = server.user('zoe', [], 'two')
  for (const sessionid of [a.id, stranger.id, a.resumeId, 'nobody']) a.sends({ type: 'session', sessionid }, 1)
  expect([a.hears(), stranger.hears()]).toEqual([[], []])
})

test('[R31] a message to a user reaches all sessions of that user on the same backend', () => {
  const server = talkServer()
  const [phone, laptop] = [server.user('bob'), server.user('bob')]
  const other = server.user('bob', [], 'two')
  server.user('alice').sends({ type: 'user', userid: 'bob' }, 1)
  expect([phone, laptop, other].map((client) => client.hears().length)).toEqual([1, 1, 0])
})

test('[R31] nobody can write to himself, not even to another device', () => {
  const server = talkServer()
  const [phone, laptop] = [server.user('bob'), server.user('bob')]
  phone.sends({ type: 'user', userid: 'bob' }, 1)
  expect([phone.hears(), laptop.hears()]).toEqual([[], []])
  expect(server.world.facts.map(({ fact }) => fact)).toContain('message-ignored')
})

test('[R32] a message to the room reaches all others in it, and from outside nobody', () => {
  const server = talkServer()
  const [a, b, c, d] = server.room(3)
  a.sends({ type: 'room' }, 1)
  d.sends({ type: 'room' }, 2)
  expect([a, b, c, d].map((client) => client.hears().map((message) => at(message, 'message', 'data') ?? null))).toEqual(
    [[], [1], [1], []],
  )
})

test('[R7] a message to the call reaches those of the room who are in it, from others of the room too', () => {
  const server = talkServer()
  const [a, b, c, d] = server.room(3)
  server.request({ type: 'incall', incall: { changed: [{ sessionId: b.roomSession, inCall: 3 }] } })
  for (const client of [a, b, c]) client.hears()
  a.sends({ type: 'call' }, 1)
  d.sends({ type: 'call' }, 2)
  expect([a, b, c].map((client) => inShort(client.hears()))).toEqual([[], ['message'], []])
})

test('[R33] the text of the data is not touched', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  const data = '{"b":1.0, "a":9007199254740993,"a":"\\u00e9"}'
  a.say(`{"type":"message","message":{"recipient":{"type":"session","sessionid":"${b.id}"},"data":${data}}}`)
  expect(server.world.hear(b.connection)[0]).toEndWith(`"data":${data}}}`)
})

test('[R34] control is for internal clients and those with the permission; from others it is dropped without a word', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  const bot = server.internal()
  server.request({
    type: 'participants',
    participants: { changed: [{ sessionId: a.roomSession, permissions: [] }] },
  })
  for (const client of [a, b]) client.hears()
  const to = { type: 'session', sessionid: b.id }
  a.sends(to, 1, 'control')
  expect([a.hears(), b.hears()]).toEqual([[], []])
  bot.sends(to, 1, 'control')
  expect(at(b.hears()[0], 'control')).toEqual({ sender: { type: 'session', sessionid: bot.id }, data: 1 })
  a.sends(to, 2)
  expect(inShort(b.hears())).toEqual(['message'])
})
