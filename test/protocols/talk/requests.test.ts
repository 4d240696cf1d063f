/** What Nextcloud's requests do. */
import { expect, test } from 'bun:test'
import { readRoomRequest } from '../../../src/protocols/talk/backend/room-request.ts'
import { mentionedSessions } from '../../../src/protocols/talk/requests.ts'
import { at, type Json, textAt } from '../../support/json.ts'
import { type Client, comings, inShort, talkServer } from './server.ts'

const usersIn = (message: Json | undefined): Json | undefined => at(message, 'event', 'update', 'users')
const incall = (...changed: readonly (readonly [Client, number])[]) => ({
  type: 'incall',
  incall: { changed: changed.map(([client, flags]) => ({ sessionId: client.roomSession, inCall: flags })) },
})

test('[R38] update tells the room its properties only if they changed byte for byte', () => {
  const server = talkServer()
  const [a] = server.room(1)
  const update = (properties: Json) => {
    server.request({ type: 'update', update: { properties } })
    return a.hears()
  }
  expect(update({ name: 'New', n: 1 })).toEqual([
    { type: 'room', room: { roomid: 'den', properties: { name: 'New', n: 1 } } },
  ])
  expect(update({ name: 'New', n: 1 })).toEqual([])
  expect(inShort(update({ n: 1, name: 'New' }))).toEqual(['room'])
})

test('[R39] who is invited hears of it, the others of the room of an update', () => {
  const server = talkServer()
  const [a, b, c] = [server.user('a'), server.user('b'), server.user('c')]
  server.request({ type: 'invite', invite: { userids: ['a', 'a'], alluserids: ['a', 'b'], properties: { x: 1 } } })
  expect(a.hears()).toEqual([
    { type: 'event', event: { target: 'roomlist', type: 'invite', invite: { roomid: 'den', properties: { x: 1 } } } },
  ])
  expect(b.hears()).toEqual([
    { type: 'event', event: { target: 'roomlist', type: 'update', update: { roomid: 'den', properties: { x: 1 } } } },
  ])
  expect(c.hears()).toEqual([])
})

test('[R39] news of a room always have properties, if only none', () => {
  const server = talkServer()
  const a = server.user('a')
  for (const body of [
    { type: 'invite', invite: { userids: ['a'] } },
    { type: 'update', update: { userids: ['a'], properties: [] } },
    { type: 'disinvite', disinvite: { userids: ['b'], alluserids: ['a'] } },
  ]) {
    server.request(body)
    const [message] = a.hears()
    expect(at(message, 'event', 'invite', 'properties') ?? at(message, 'event', 'update', 'properties')).toEqual({})
  }
})

test('[R39] who is disinvited from the room that he is in is closed after the event', () => {
  const server = talkServer()
  const [a, b, c] = server.room(3)
  // Who is named twice is told once.
  const sessionids = [a.roomSession, b.roomSession]
  server.request({ type: 'disinvite', disinvite: { userids: ['user 1'], sessionids } })
  for (const client of [a, b]) {
    expect(inShort(client.hears()).filter((short) => short !== 'event room leave')).toEqual([
      'event roomlist disinvite',
    ])
    expect(client.closed()?.code).toBe(1000)
  }
  expect(new Set(comings(c.hears()))).toEqual(new Set([`-${a.id}`, `-${b.id}`]))
  expect(c.closed()).toBeUndefined()
})

test('[R39] who is in another room is told and stays', () => {
  const server = talkServer()
  const [a] = server.room(1)
  server.request({ type: 'disinvite', disinvite: { userids: ['user 1'] } }, 'attic')
  expect([inShort(a.hears()), a.closed()]).toEqual([['event roomlist disinvite'], undefined])
})

test('[R39] delete empties the room: clients hear that they are in none, internal ones of the end of the room as well', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  const bot = server.internal()
  bot.joins('den')
  for (const client of [a, b, bot]) client.hears()
  server.request({ type: 'delete', delete: { userids: ['user 1'] } })
  expect([a, b, bot].map((client) => inShort(client.hears()))).toEqual([
    ['room', 'event roomlist disinvite'],
    ['room'],
    ['event room delete', 'room'],
  ])
  expect([server.state.rooms.size, a.closed()]).toEqual([0, undefined])
  expect(server.asked().map(([, body]) => textAt(body, 'action'))).toEqual(['leave', 'leave'])
})

test('[R39] [R23] a guest whose room is deleted has ten seconds to find another', () => {
  const server = talkServer()
  const guest = server.guest()
  guest.joins('den')
  server.request({ type: 'delete', delete: {} })
  server.world.pass(10_000)
  expect(inShort(guest.hears())).toEqual(['room', 'bye room_join_timeout'])
})

test('[R40] incall tells the room who is in the call, and who left it once', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  server.request(incall([a, 7], [b, 3]))
  expect(usersIn(a.hears()[0])).toEqual([
    { sessionId: a.id, inCall: 7 },
    { sessionId: b.id, inCall: 3 },
  ])
  server.request(incall([b, 0]))
  expect(usersIn(a.hears()[0])).toEqual([
    { sessionId: a.id, inCall: 7 },
    { sessionId: b.id, inCall: 0 },
  ])
  server.request(incall([a, 1]))
  expect(usersIn(a.hears()[0])).toEqual([{ sessionId: a.id, inCall: 1 }])
})

test('[R7] the call is those whom Nextcloud said to be in it', () => {
  const server = talkServer()
  const [a, b, c] = server.room(3)
  server.request(incall([a, 7], [b, 1], [c, 0]))
  for (const client of [a, b, c]) client.hears()
  c.sends({ type: 'call' }, 1)
  expect([a, b, c].map((client) => inShort(client.hears()))).toEqual([['message'], ['message'], []])
  server.request(incall([b, 0]))
  for (const client of [a, b, c]) client.hears()
  a.sends({ type: 'call' }, 2)
  expect([a, b, c].map((client) => client.hears())).toEqual([[], [], []])
})

test('[R43] who is not here is left out, and if nobody is left nothing is told', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  const users = ['0', '', 'nobody', a.roomSession].map((sessionId) => ({ sessionId, inCall: 7 }))
  server.request({ type: 'incall', incall: { changed: users.slice(0, 3) } })
  server.request({ type: 'participants', participants: { changed: [], users: users.slice(0, 3) } })
  expect(b.hears()).toEqual([])
  server.request({ type: 'incall', incall: { changed: [], users } })
  expect(usersIn(b.hears()[0])).toEqual([{ sessionId: a.id, inCall: 7 }])
})

test('[R43] one who sits in another room is not taken into this call', () => {
  const server = talkServer()
  const [a, b, c] = server.room(1)
  for (const client of [b, c]) client.joins('attic')
  server.request(incall([b, 7]))
  for (const client of [a, b, c]) client.hears()
  a.sends({ type: 'call' }, 1)
  expect(b.hears()).toEqual([])
  // Nor into that of the room that it is in.
  c.sends({ type: 'call' }, 2)
  expect(b.hears()).toEqual([])
})

test('[R10] incall with all moves every client, is told shortly, and only if that changes something', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  const all = (flags: number | boolean) => {
    server.request({ type: 'incall', incall: { all: true, incall: flags } })
    return [a, b].map((client) => client.hears().map((message) => at(message, 'event', 'update') ?? null))
  }
  const update = (flags: number) => [{ roomid: 'den', incall: flags, all: true }]
  expect(all(7)).toEqual([update(7), update(7)])
  expect(all(1)).toEqual([[], []])
  a.sends({ type: 'call' }, 1)
  expect(inShort(b.hears())).toEqual(['message'])
  expect(all(false)).toEqual([update(0), update(0)])
  expect(all(0)).toEqual([[], []])
  a.sends({ type: 'call' }, 1)
  expect(b.hears()).toEqual([])
})

test('[R10] all into the call concerns neither internal nor virtual sessions; all out of it does', () => {
  const server = talkServer()
  const [a] = server.room(1)
  const bot = server.internal(['internal-incall'])
  bot.joins('den')
  a.hears()
  bot.hears()
  server.request({ type: 'incall', incall: { all: true, incall: 1 } })
  expect([inShort(a.hears()), inShort(bot.hears())]).toEqual([['event participants update'], []])
  server.request({ type: 'incall', incall: { all: true, incall: 0 } })
  expect([inShort(a.hears()), inShort(bot.hears())]).toEqual([
    ['event participants update'],
    ['event participants update'],
  ])
})

test('[R41] permissions count at once', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  const permissions = (given: Json) =>
    server.request({
      type: 'participants',
      participants: { changed: [{ sessionId: a.roomSession, permissions: given }] },
    })
  const controls = () => {
    b.hears()
    a.sends({ type: 'room' }, 1, 'control')
    return b.hears().length
  }
  expect(controls()).toBe(1)
  permissions(['publish-media'])
  expect(controls()).toBe(0)
  permissions(['control'])
  expect(controls()).toBe(1)
  permissions('odd')
  expect(controls()).toBe(1)
})

test('[R41] a list of participants says nothing of who is in the call', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  server.request(incall([a, 7], [b, 7]))
  a.hears()
  server.request({ type: 'participants', participants: { changed: [{ sessionId: a.roomSession, name: 'A' }] } })
  expect(usersIn(a.hears()[0])).toEqual([
    { sessionId: a.id, inCall: 7, name: 'A' },
    { sessionId: b.id, inCall: 7 },
  ])
  const users = [a, b].map((client) => ({ sessionId: client.roomSession, inCall: 0 }))
  server.request({ type: 'participants', participants: { changed: [{ sessionId: a.roomSession, x: 1 }], users } })
  expect(usersIn(a.hears()[0])).toEqual([
    { sessionId: a.id, inCall: 0 },
    { sessionId: b.id, inCall: 0 },
  ])
  const den = server.state.rooms.find(server.backend('one'), 'den')
  expect(den && server.state.hub.callSize(den.key)).toBe(2)
})

test('[R11] switchto tells the named sessions, with their details if given', () => {
  const server = talkServer()
  const [a, b, c] = server.room(3)
  server.request({
    type: 'switchto',
    switchto: { roomid: 'attic', sessions: { [a.roomSession]: { x: 1 }, [b.roomSession]: null, nobody: {} } },
  })
  expect([a, b, c].map((client) => client.hears().map((message) => at(message, 'event', 'switchto') ?? null))).toEqual([
    [{ roomid: 'attic', details: { x: 1 } }],
    [{ roomid: 'attic' }],
    [],
  ])
})

test('[R17] a message for the room reaches everybody in it as it came', () => {
  const server = talkServer()
  const [a, b] = server.room(1)
  server.request({ type: 'message', message: { data: { n: [1] } } })
  server.request({ type: 'message', message: {} })
  expect(a.hears()).toEqual([
    { type: 'event', event: { target: 'room', type: 'message', message: { roomid: 'den', data: { n: [1] } } } },
  ])
  expect(b.hears()).toEqual([])
})

test('[R42] a request that was overtaken by a newer one of the same type for the same room is ignored', () => {
  const server = talkServer()
  const [a] = server.room(1)
  const { talk, world } = server
  let number = 100
  const send = (received: number, body: Json) => {
    const read = readRoomRequest(JSON.stringify(body))
    if (!read.ok) throw new Error('no request')
    const from = { backend: server.backend('one'), backendUrl: 'https://one.example/', roomId: 'den' }
    world.input(() => talk.requested({ number: ++number, ...from, request: read.value, received }))
  }
  const now = world.clock.now()
  const update = (name: string) => ({ type: 'update', update: { properties: { name } } })
  send(now + 2, update('second'))
  send(now + 1, update('first'))
  send(now + 1, { type: 'message', message: { data: 'of another type' } })
  send(now + 2, update('of the same time'))
  expect(a.hears().map((message) => textAt(message, 'room', 'properties', 'name') ?? inShort([message])[0])).toEqual([
    'second',
    'event room message',
    'of the same time',
  ])
  expect(world.facts.map(({ fact }) => fact)).toContain('backend-request-stale')
})

test('[R9] every request is answered with 200, whoever is there', () => {
  const server = talkServer()
  for (const type of ['invite', 'disinvite', 'update', 'delete', 'incall', 'participants', 'message']) {
    expect(server.request({ type, [type]: {} })).toEqual({ status: 200, body: '{}' })
  }
  expect(server.request({ type: 'switchto', switchto: { roomid: 'attic', sessions: [] } })?.status).toBe(200)
})

test('[R9] a request that comes twice is carried out twice', () => {
  const server = talkServer()
  const [a] = server.room(1)
  for (let time = 0; time < 2; time++) server.request({ type: 'message', message: { data: 1 } })
  expect(a.hears()).toHaveLength(2)
})

test('the sessions that a request names are known', () => {
  const server = talkServer()
  const mentioned = (body: Json) => {
    const read = readRoomRequest(JSON.stringify(body))
    if (!read.ok) throw new Error('no request')
    const from = { number: 1, backend: server.backend('one'), backendUrl: '', roomId: 'den', received: 0 }
    return mentionedSessions({ ...from, request: read.value })
  }
  const entries = [{ sessionId: 'a' }, { sessionId: '0' }]
  expect(mentioned({ type: 'incall', incall: { changed: entries, users: [{ sessionId: 'b' }] } })).toEqual(['a', 'b'])
  expect(mentioned({ type: 'participants', participants: { changed: entries } })).toEqual(['a'])
  expect(mentioned({ type: 'disinvite', disinvite: { sessionids: ['a'] } })).toEqual(['a'])
  expect(mentioned({ type: 'switchto', switchto: { roomid: 'x', sessions: { a: {}, '0': {} } } })).toEqual(['a'])
  for (const type of ['invite', 'update', 'delete', 'message', 'dialout']) expect(mentioned({ type })).toEqual([])
})

test('[R40] an entry that says nothing of the call leaves it as it is', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  server.request(incall([a, 7]))
  server.request({ type: 'incall', incall: { changed: [{ sessionId: a.roomSession, name: 'A' }] } })
  for (const client of [a, b]) client.hears()
  b.sends({ type: 'call' }, 1)
  expect(inShort(a.hears())).toEqual(['message'])
})

test('[R39] with the room its values go, and their deadlines', () => {
  const server = talkServer()
  const [a] = server.room(1)
  a.say({ type: 'transient', transient: { type: 'set', key: 'k', value: 1, ttl: 60e9 } })
  server.request({ type: 'delete', delete: {} })
  expect(server.state.deadlines.has('value one|den k')).toBe(false)
})

test('[R39] who is sent away is not counted as one who was too slow', () => {
  const server = talkServer()
  const [a] = server.room(1)
  server.request({ type: 'disinvite', disinvite: { sessionids: [a.roomSession] } })
  expect(server.world.facts).toContainEqual({
    fact: 'session-ended',
    session: a.id as never,
    backend: 'one',
    why: 'disinvited',
  })
  expect(server.world.facts.map(({ fact }) => fact)).not.toContain('queue-overflowed')
})
