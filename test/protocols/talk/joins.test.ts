/** How a room learns who came: at once, and in a crowd together. */
import { expect, test } from 'bun:test'
import { flushAllJoins } from '../../../src/protocols/talk/joins.ts'
import { type Clients, comings, inShort, talkServer } from './server.ts'

const joinsHeardBy = (clients: Clients | readonly Clients[number][]) => clients.map((client) => comings(client.hears()))

test('[R35] the comer hears the answer, of itself, then of those who are there; the others hear of it', () => {
  const server = talkServer()
  const [a, b, c] = server.room(2)
  const heard = c.joins('den')
  expect(inShort(heard)).toEqual(['room', 'event room join', 'event room join'])
  expect(comings(heard)).toEqual([`+${c.id}`, `+${a.id}`, `+${b.id}`])
  expect(joinsHeardBy([a, b])).toEqual([[`+${c.id}`], [`+${c.id}`]])
})

test('[R35] then come the flags of virtual sessions and the values that the room shares', () => {
  const server = talkServer()
  const [a, b] = server.room(1)
  const bot = server.internal()
  bot.say({
    type: 'internal',
    internal: { type: 'addsession', addsession: { sessionid: 'v', roomid: 'den', flags: 4 } },
  })
  a.say({ type: 'transient', transient: { type: 'set', key: 'k', value: 1 } })
  const heard = b.joins('den')
  expect(inShort(heard)).toEqual([
    'room',
    'event room join',
    'event room join',
    'event participants flags',
    'transient initial',
  ])
})

/** A room with so many that newcomers are announced together, and two who are not in it. */
function crowd(count = 20) {
  const server = talkServer()
  const clients = server.room(count)
  server.world.pass(50)
  const [d, e] = [server.user('dora'), server.user('emil')]
  return { server, clients, d, e }
}

test('[R50] in a room of 20 those who come within 50 ms are announced together', () => {
  const { server, clients, d, e } = crowd()
  const [a] = clients
  const first = server.user('first')
  first.joins('den')
  expect(comings(a.hears())).toEqual([`+${first.id}`])

  expect(inShort(d.joins('den'))).toEqual(['room'])
  server.world.pass(20)
  expect(inShort(e.joins('den'))).toEqual(['room'])
  expect(a.hears()).toEqual([])
  server.world.pass(29)
  expect(a.hears()).toEqual([])
  server.world.pass(1)
  const [joined, ...others] = a.hears()
  expect([others, comings([joined ?? null])]).toEqual([[], [`+${d.id}`, `+${e.id}`]])
})

test('[R50] each of them hears first of all newcomers, itself among them, then of all who were there', () => {
  const { server, clients, d, e } = crowd()
  server.user('first').joins('den')
  for (const client of [d, e]) client.joins('den')
  server.world.pass(50)
  for (const client of [d, e]) {
    const [newcomers, present, ...others] = client.hears()
    expect(others).toEqual([])
    expect(comings([newcomers ?? null])).toEqual([`+${d.id}`, `+${e.id}`])
    expect(comings([present ?? null])).toHaveLength(clients.length + 1)
  }
})

test('[R50] in a room of 19 nobody waits', () => {
  const { clients, d, e } = crowd(17)
  for (const client of [d, e]) client.joins('den')
  expect(comings(clients[0].hears())).toEqual([`+${d.id}`, `+${e.id}`])
})

test('[R50] whatever else is said in the meantime comes after the announcement', () => {
  const somethingElse: readonly ((scene: ReturnType<typeof crowd>) => void)[] = [
    ({ d }) => d.sends({ type: 'room' }, 'hello'),
    ({ d, clients: [a] }) => d.sends({ type: 'session', sessionid: a.id }, 'hello'),
    ({ clients: [, b] }) => b.sends({ type: 'room' }, 'hello'),
    ({ server }) => server.request({ type: 'message', message: { data: 1 } }),
    ({ server, d }) =>
      server.request({ type: 'incall', incall: { changed: [{ sessionId: d.roomSession, inCall: 1 }] } }),
    ({ d }) => d.say({ type: 'transient', transient: { type: 'set', key: 'k', value: 1 } }),
    ({ clients: [, b] }) => b.leaves(),
    ({ clients: [, b] }) => b.say({ type: 'bye', bye: {} }),
    ({ server }) => server.internal().joins('den'),
    ({ server }) =>
      server.internal().say({
        type: 'internal',
        internal: { type: 'addsession', addsession: { sessionid: 'v', roomid: 'den' } },
      }),
  ]
  for (const [index, act] of somethingElse.entries()) {
    const scene = crowd()
    const [a] = scene.clients
    scene.server.user('first').joins('den')
    scene.d.joins('den')
    a.hears()
    act(scene)
    const heard = a.hears()
    expect([index, inShort(heard.slice(0, 1)), comings(heard.slice(0, 1))[0]]).toEqual([
      index,
      ['event room join'],
      `+${scene.d.id}`,
    ])
    expect(heard.length).toBeGreaterThan(1)
  }
})

test('[R50] the end of a value is told after the announcement, too', () => {
  const { server, clients, d } = crowd()
  const [a] = clients
  a.say({ type: 'transient', transient: { type: 'set', key: 'k', value: 1, ttl: 30_000_000 } })
  server.user('first').joins('den')
  d.joins('den')
  a.hears()
  server.world.pass(30)
  expect(inShort(a.hears())).toEqual(['event room join', 'transient remove'])
})

test('[R50] who goes before he was announced is announced first', () => {
  const { server, clients, d } = crowd()
  server.user('first').joins('den')
  clients[0].hears()
  d.joins('den')
  d.leaves()
  expect(comings(clients[0].hears())).toEqual([`+${d.id}`, `-${d.id}`])
})

test('[R50] an announcement is made once, and leaves no deadline behind', () => {
  const { server, clients, d } = crowd()
  const { state } = server
  server.user('first').joins('den')
  d.joins('den')
  expect([state.unannounced.size, state.deadlines.has('joins one\nden')]).toEqual([1, true])
  clients[0].hears()
  server.world.input((now) => {
    state.setNow(now)
    flushAllJoins(state)
    flushAllJoins(state)
    return state.takeEffects()
  })
  expect(comings(clients[0].hears())).toEqual([`+${d.id}`])
  expect([state.unannounced.size, state.deadlines.has('joins one\nden')]).toEqual([0, false])
})

test('[R50] the twentieth of a room is the first who may have to wait', () => {
  for (const [present, waits] of [
    [18, false],
    [19, true],
  ] as const) {
    const server = talkServer()
    const [a] = server.room(present - 1)
    const [last, next] = [server.user('last'), server.user('next')]
    last.joins('den')
    a.hears()
    next.joins('den')
    expect([present, comings(a.hears())]).toEqual([present, waits ? [] : [`+${next.id}`]])
  }
})

test('[R35] of a virtual session without flags nothing is told but that it is there', () => {
  const server = talkServer()
  const [, b] = server.room(1)
  server.internal().say({
    type: 'internal',
    internal: { type: 'addsession', addsession: { sessionid: 'v', roomid: 'den' } },
  })
  expect(inShort(b.joins('den'))).toEqual(['room', 'event room join', 'event room join'])
})
