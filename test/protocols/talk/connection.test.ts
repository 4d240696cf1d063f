/** The phases of a connection, the order of what is said, and how it ends. */
import { expect, test } from 'bun:test'
import { toRoom } from '../../../src/core/address.ts'
import { roomKey } from '../../../src/core/ids.ts'
import { createThrottle } from '../../../src/core/throttle.ts'
import { createTalk } from '../../../src/protocols/talk/connection.ts'
import { featuresOf } from '../../../src/protocols/talk/features.ts'
import { parseJson } from '../../support/json.ts'
import { createWorld } from '../../support/world.ts'
import { clouds, comings, inShort, internalAuth, talkServer, testIds, testSettings } from './server.ts'

test('[R1] the first frame is the welcome', () => {
  const world = createWorld(createTalk(testSettings(), testIds(), createThrottle()))
  expect(world.hear(world.open()).map(parseJson)).toEqual([
    { type: 'welcome', welcome: { version: '1.2.3', features: [...featuresOf(false).welcome] } },
  ])
})

test('[R21] before the hello every other message is answered with hello_expected', () => {
  const client = talkServer().visitor()
  for (const type of ['room', 'bye', 'unheard-of']) {
    expect(inShort(client.asks({ id: '1', type, [type]: {} }))).toEqual(['error hello_expected'])
  }
  expect(inShort(client.asks('{"id":"1","type":"message"}'))).toEqual(['error invalid_format'])
  expect(inShort(client.hello({ version: '1.0', auth: internalAuth() }))).toEqual(['hello'])
})

test('[R20] what is no message is answered, and the connection stays usable', () => {
  const server = talkServer()
  const [a] = server.room(1)
  expect(a.asks('no JSON')).toMatchObject([{ type: 'error', error: { code: 'invalid_format' } }])
  expect(a.asks('{"id":"7","type":"room"}')).toMatchObject([{ id: '7', error: { code: 'invalid_format' } }])
  server.world.binary(a.connection)
  expect(inShort(a.hears())).toEqual(['error invalid_format'])
  expect(inShort(a.leaves())).toEqual(['room'])
})

test('[R27] a second hello is ignored', () => {
  const server = talkServer()
  const [a] = server.room(1)
  const { id } = a
  for (const hello of [{ version: '1.0', auth: internalAuth() }, { version: '1.0', resumeid: a.resumeId }, {}]) {
    expect(a.hello(hello)).toEqual([])
  }
  expect([a.id, server.state.hub.size]).toEqual([id, 4])
})

test('[R28] a message of an unknown type is ignored', () => {
  const server = talkServer()
  const [a] = server.room(1)
  expect(a.asks({ id: '1', type: 'toString' })).toEqual([])
  expect(server.world.facts).toContainEqual({ fact: 'message-unknown', type: 'toString' })
})

test('[R46] what a client sends is handled in its order, also while the backend is being asked', () => {
  const server = talkServer()
  const [a, b] = server.room(1)
  server.isSlow = true
  b.joins('den')
  b.sends({ type: 'room' }, 1)
  b.say({ id: 'garbled', type: 'message' })
  b.say({ id: 'again', type: 'room', room: { roomid: 'attic' } })
  b.sends({ type: 'room' }, 2)
  expect([a.hears(), b.hears()]).toEqual([[], []])
  server.answer()
  expect(inShort(a.hears())).toEqual(['event room join', 'message'])
  expect(inShort(b.hears())).toEqual(['room', 'event room join', 'event room join', 'error invalid_format'])
  server.answer()
  expect(inShort(a.hears())).toEqual(['event room leave'])
  expect(server.state.connections.get(b.connection)?.inbox).toEqual([])
})

test('[R46] more than 1,000 messages waiting close the connection', () => {
  const server = talkServer()
  const a = server.user('alice')
  server.isSlow = true
  a.joins('den')
  for (let n = 0; n < 1_000; n++) a.sends({ type: 'room' }, n)
  expect(a.closed()).toBeUndefined()
  a.sends({ type: 'room' }, 'one too many')
  expect(a.closed()?.code).toBe(1008)
  expect(server.world.facts.map(({ fact }) => fact)).toContain('inbox-overflowed')
  expect(inShort(a.returns())).toEqual(['hello'])
})

test('[R45] who reads too slowly is closed with a reason, his session ends, and that is counted', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  server.world.input((now) => server.talk.overflowed(a.connection, now))
  expect(a.closed()).toEqual({ code: 1008, reason: 'the client reads too slowly' })
  expect(comings(b.hears())).toEqual([`-${a.id}`])
  expect(server.world.facts.filter(({ fact }) => fact === 'queue-overflowed')).toHaveLength(1)
  expect(inShort(a.returns())).toEqual(['error no_such_session'])
})

test('[R8] a session outlives its connection, and nobody hears of the break', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  a.loses()
  expect([b.hears(), server.state.hub.size, server.state.connections.size]).toEqual([[], 4, 3])
})

test('[R30] what another node tells reaches those who are here', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  const told = { event: 'news', message: { type: 'room', room: { roomid: 'den' } } } as const
  server.world.input((now) => server.talk.told(toRoom(roomKey('one', 'den')), told, now))
  expect([a, b].map((client) => inShort(client.hears()))).toEqual([['room'], ['room']])
  // It came from the other nodes, so it does not go back to them.
  expect(server.world.told.some(({ event }) => event === told)).toBe(false)
})

test('[R50] what another node tells comes after the news of who came', () => {
  const server = talkServer()
  const [a] = server.room(22)
  server.world.pass(50)
  for (const name of ['first', 'second']) server.user(name).joins('den')
  a.hears()
  const told = { event: 'news', message: { type: 'room', room: { roomid: 'den' } } } as const
  server.world.input((now) => server.talk.told(toRoom(roomKey('one', 'den')), told, now))
  expect(inShort(a.hears())).toEqual(['event room join', 'room'])
})

test('answers to questions that nobody asked change nothing', () => {
  const server = talkServer()
  server.room(1)
  const before = server.talk.census()
  for (const number of [0, -1, 7, 1e9]) server.world.answer(number, { answer: 'done' })
  expect(server.talk.census()).toEqual(before)
})

test('what Nextcloud refuses without anybody waiting is noted', () => {
  const server = talkServer()
  const [a] = server.room(1)
  server.isSlow = true
  a.leaves()
  server.answer({ answer: 'refused', code: 'odd', message: undefined })
  expect(server.world.facts).toContainEqual({ fact: 'backend-refused', backend: 'one', what: 'leave', code: 'odd' })
})

test('[R21] nothing is heard on a connection that is about to close', () => {
  const server = talkServer()
  const { talk, world } = server
  const client = server.user('alice')
  const now = world.clock.now()
  const bye = talk.decode('{"type":"bye"}')
  const join = talk.decode('{"type":"room","room":{"roomid":"den"}}')
  if (!bye.ok || !join.ok) throw new Error('messages')
  const verbs = (effects: readonly { readonly do: string }[]) => effects.map((effect) => effect.do)
  expect(verbs(talk.received(client.connection, bye.value, now))).toContain('close')
  expect(verbs(talk.received(client.connection, join.value, now))).toEqual(['note'])
  expect(verbs(talk.garbled(client.connection, '1', 'odd', now))).toEqual([])
})

test('[R30] two Nextclouds do not see each other', () => {
  const server = talkServer()
  const [a] = server.room(1)
  const zoe = server.user('zoe', [], 'two')
  expect(clouds.two).not.toBe(clouds.one)
  expect(comings(zoe.joins('den'))).toEqual([`+${zoe.id}`])
  expect(a.hears()).toEqual([])
})
