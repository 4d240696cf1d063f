/** Who may set which value. */
import { expect, test } from 'bun:test'
import type { Json, JsonObject } from '../../../support/json.ts'
import { inShort, talkServer } from '../server.ts'

const saying = (transient: JsonObject): JsonObject => ({ id: '1', type: 'transient', transient })
const set = (key: string, value: Json): JsonObject => saying({ type: 'set', key, value })

test('[R16] outside of a room there is nothing to share', () => {
  expect(inShort(talkServer().user('alice').asks(set('k', 1)))).toEqual(['error not_in_room'])
})

test('[R16] another verb is ignored, a missing key is a fault', () => {
  const [a] = talkServer().room(1)
  expect(inShort(a.asks(saying({ type: 'shake', key: 'k' })))).toEqual(['error ignored'])
  expect(inShort(a.asks(saying({ type: 'set', value: 1 })))).toEqual(['error invalid_format'])
  expect(inShort(a.asks(set('', 1)))).toEqual(['error invalid_format'])
})

test('[R16] with a list of permissions it takes the one for this, unless one is an internal client', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  const bot = server.internal()
  bot.joins('den')
  const permit = (permissions: Json) =>
    server.request({ type: 'participants', participants: { changed: [{ sessionId: a.roomSession, permissions }] } })
  const shortly = (message: JsonObject) => {
    a.hears()
    return inShort(a.asks(message))
  }
  permit(['control'])
  expect(shortly(set('k', 1))).toEqual(['error not_allowed'])
  permit(['transient-data'])
  expect(shortly(set('k', 1))).toEqual(['transient set'])
  b.hears()
  bot.say(set('k', 2))
  expect(inShort(b.hears())).toEqual(['transient set'])
})

test("[R16] another's own value is not for me, except for internal clients", () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  expect(inShort(a.asks(set(`sd:${a.id}`, 'mine')))).toEqual(['transient set'])
  expect(inShort(b.asks(set(`sd:${a.id}`, 'yours'))).slice(-1)).toEqual(['error not_allowed'])
  expect(inShort(b.asks(saying({ type: 'remove', key: `sd:${a.id}` })))).toEqual(['error not_allowed'])
  const bot = server.internal()
  bot.joins('den')
  a.hears()
  bot.say(set(`sd:${a.id}`, 'ours'))
  expect(inShort(a.hears())).toEqual(['transient set'])
})

test('[R16] null and a missing value remove', () => {
  const [a] = talkServer().room(1)
  for (const message of [set('k', null), saying({ type: 'set', key: 'k' }), saying({ type: 'remove', key: 'k' })]) {
    a.say(set('k', 1))
    a.hears()
    expect(inShort(a.asks(message))).toEqual(['transient remove'])
  }
})

test('[R16] a time to live is in nanoseconds; none and 0 are for ever', () => {
  const server = talkServer()
  const [a] = server.room(1)
  a.say(saying({ type: 'set', key: 'short', value: 1, ttl: 300_000_000 }))
  a.say(saying({ type: 'set', key: 'long', value: 1, ttl: 0 }))
  a.hears()
  server.world.pass(299)
  expect(a.hears()).toEqual([])
  server.world.pass(1)
  expect(a.hears()).toMatchObject([{ transient: { type: 'remove', key: 'short' } }])
  server.world.pass(100_000)
  expect(a.hears()).toEqual([])
})

test('[R54] a room holds as many values as it may; those that are there can be changed', () => {
  const server = talkServer()
  const [a, b] = server.room(1)
  for (let n = 0; n < 1_000; n++) a.say(set(`k${n}`, n))
  expect(inShort(a.hears()).every((short) => short === 'transient set')).toBe(true)
  expect(inShort(a.asks(set('one too many', 1)))).toEqual(['error not_allowed'])
  expect(inShort(a.asks(set('k7', 'changed')))).toEqual(['transient set'])
  a.asks(saying({ type: 'remove', key: 'k8' }))
  expect(inShort(a.asks(set('room again', 1)))).toEqual(['transient set'])
  expect(inShort(b.joins('den')).at(-1)).toBe('transient initial')
})

test('[R33] values are passed on as they came', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  a.say('{"type":"transient","transient":{"type":"set","key":"k","value":{"b":1.0,  "a":2}}}')
  expect(server.world.hear(b.connection)[0]).toContain('"value":{"b":1.0,  "a":2}')
})

test('[R16] two values of any depth can be compared', () => {
  const [a] = talkServer({ queue: { bytes: 1e6, messages: 10 } }).room(1)
  const deep = (space: string) => `${'['.repeat(30_000)}${space}${']'.repeat(30_000)}`
  const text = (value: string) => `{"type":"transient","transient":{"type":"set","key":"k","value":${value}}}`
  expect([a.asks(text(deep(''))).length, a.asks(text(deep(' '))).length]).toEqual([1, 0])
})
