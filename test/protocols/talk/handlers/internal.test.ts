/** Virtual sessions, and the flags of internal clients. */
import { expect, test } from 'bun:test'
import { at, type Json, type JsonObject, textAt } from '../../../support/json.ts'
import { notAsked, refusal } from '../nextcloud.ts'
import { type Client, comings, inShort, talkServer } from '../server.ts'

const saying = (type: string, body: JsonObject, id?: string): JsonObject => ({
  ...(id === undefined ? {} : { id }),
  type: 'internal',
  internal: { type, [type]: body },
})
const named = { sessionid: 'v', roomid: 'den' }
const usersIn = (message: Json | undefined): Json | undefined => at(message, 'event', 'update', 'users')

/** A room with one client, and an internal client outside of it. */
function scene(features: readonly string[] = []) {
  const server = talkServer()
  const [a, b] = server.room(1)
  const bot = server.internal(features)
  server.asked()
  const add = (more: JsonObject = {}, id?: string): readonly Json[] =>
    bot.asks(saying('addsession', { ...named, ...more }, id))
  const virtualId = (): string => [...server.state.hub.all()].find(({ kind }) => kind === 'virtual')?.id ?? 'none'
  return { server, a, b, bot, add, virtualId }
}
const shortAndClear = (client: Client): readonly string[] => inShort(client.hears())

test('[R49] the room hears of the join, the participants and the flags', () => {
  const { a, add, bot, virtualId } = scene()
  expect(add({ userid: 'u', user: { displayname: 'Phone' }, flags: 4 })).toEqual([])
  const heard = a.hears()
  expect(inShort(heard)).toEqual(['event room join', 'event participants update', 'event participants flags'])
  expect(at(heard[0], 'event', 'join')).toEqual([
    { sessionid: virtualId(), userid: 'u', user: { displayname: 'Phone' } },
  ])
  expect(at(heard[2], 'event', 'flags')).toEqual({ roomid: 'den', sessionid: virtualId(), flags: 4 })
  expect(bot.hears()).toEqual([])
})

test('[R49] Nextcloud is asked: as a join with an actor, as a session without', () => {
  const { server, add, virtualId } = scene()
  add({ userid: 'u', options: { actorId: 'x', actorType: 'phones' } })
  expect(server.asked()).toEqual([
    [
      'room',
      {
        version: '1.0',
        roomid: 'den',
        userid: 'u',
        sessionid: virtualId(),
        actorid: 'x',
        actortype: 'phones',
        incall: 9,
      },
    ],
  ])
  const other = scene()
  other.add({ userid: 'u', user: { x: 1 } })
  expect(other.server.asked()).toEqual([
    [
      'session',
      { version: '1.0', roomid: 'den', action: 'add', sessionid: other.virtualId(), userid: 'u', user: { x: 1 } },
    ],
  ])
})

test('[R49] a refusal with an actor and a backend that cannot be asked are add_failed', () => {
  const actor = { options: { actorId: 'x', actorType: 'phones' } }
  for (const [more, answer] of [
    [actor, refusal('no_such_room')],
    [actor, notAsked],
    [{}, notAsked],
  ] as const) {
    const { server, a, bot, add } = scene()
    server.isSlow = true
    add(more, '1')
    server.answer(answer)
    expect([shortAndClear(bot), a.hears(), server.state.hub.size]).toEqual([['error add_failed'], [], 5])
  }
})

test('[R49] that Talk does not know requests of that type is no failure', () => {
  const { server, a, bot, add } = scene()
  server.isSlow = true
  add({}, '1')
  server.answer(refusal('unknown_type'))
  expect([bot.hears(), shortAndClear(a)[0]]).toEqual([[], 'event room join'])
})

test('[R49] a room in which nobody is cannot get one, not even if all leave meanwhile', () => {
  const { server, a, bot, add } = scene()
  expect(inShort(bot.asks(saying('addsession', { sessionid: 'v', roomid: 'attic' }, '1')))).toEqual([
    'error add_failed',
  ])
  server.isSlow = true
  add({}, '2')
  a.leaves()
  server.answer()
  expect(shortAndClear(bot)).toEqual(['error add_failed'])
})

test('[R49] the same name again replaces the former', () => {
  const { a, add, virtualId } = scene()
  add()
  const first = virtualId()
  a.hears()
  add()
  expect(comings(a.hears())).toEqual([`-${first}`, `+${virtualId()}`])
})

test("[R49] messages to it go to its owner with the owner's name for it", () => {
  const { a, bot, add, virtualId } = scene()
  add()
  a.sends({ type: 'session', sessionid: virtualId() }, 1)
  expect(at(bot.hears()[0], 'message')).toEqual({
    sender: { type: 'session', sessionid: a.id, userid: 'user 1' },
    recipient: { type: 'session', sessionid: 'v' },
    data: 1,
  })
})

test('[R49] updatesession tells the room new flags, and only new ones', () => {
  const { a, bot, add } = scene()
  add()
  a.hears()
  bot.say(saying('updatesession', { ...named, flags: 1 }))
  bot.say(saying('updatesession', { ...named, flags: 1 }))
  bot.say(saying('updatesession', { ...named, sessionid: 'nobody', flags: 2 }))
  expect(shortAndClear(a)).toEqual(['event participants flags'])
})

test('[R49] removesession tells the room and Nextcloud; what Nextcloud says against it is told unless it has no such room', () => {
  for (const [answer, heard] of [
    [undefined, []],
    [refusal('no_such_room'), []],
    [refusal('odd'), ['error remove_failed']],
    [notAsked, ['error remove_failed']],
  ] as const) {
    const { server, a, bot, add, virtualId } = scene()
    add()
    const id = virtualId()
    a.hears()
    server.isSlow = true
    bot.say(saying('removesession', named, '1'))
    expect([comings(a.hears()), server.state.hub.size]).toEqual([[`-${id}`], 5])
    server.answer(answer)
    expect(shortAndClear(bot)).toEqual([...heard])
  }
})

test('[R49] who is not an internal client cannot do any of this', () => {
  const { server, a, b } = scene()
  b.say(saying('addsession', named))
  expect([a.hears(), b.hears(), server.asked()]).toEqual([[], [], []])
  expect(server.world.facts.map(({ fact }) => fact)).toContain('message-ignored')
})

test('[R15] a virtual session is in the call by phone unless its owner says otherwise', () => {
  const flagsOf = (features: readonly string[], more: JsonObject) => {
    const { a, add } = scene(features)
    add(more)
    const users = usersIn(a.hears().at(-1))
    return Array.isArray(users) ? at(users[0], 'inCall') : undefined
  }
  expect([flagsOf([], {}), flagsOf([], { incall: 3 }), flagsOf(['internal-incall'], {})]).toEqual([9, 3, 0])
})

test('[R15] when it is disinvited the owner is told to hang up', () => {
  const { server, bot, add, virtualId } = scene()
  add()
  server.request({ type: 'disinvite', disinvite: { sessionids: [virtualId()] } })
  expect(at(bot.hears()[0], 'control')).toEqual({
    recipient: { type: 'session', sessionid: 'v' },
    data: { type: 'hangup', hangup: { reason: 'disinvited' } },
  })
})

test('[R15] its flags for the call can be changed, which the room is told', () => {
  const { a, add, bot } = scene()
  add()
  a.hears()
  for (const incall of [0, 0, 1]) bot.say(saying('updatesession', { ...named, incall }))
  expect(a.hears().map((message) => at((usersIn(message) as readonly Json[])[0], 'inCall') ?? null)).toEqual([0, 1])
})

test('[R14] an internal client sets its own flags, also before it joins', () => {
  const { a, bot } = scene(['internal-incall'])
  bot.say(saying('incall', { incall: 1 }))
  expect([a.hears(), bot.hears()]).toEqual([[], []])
  bot.joins('den')
  expect(usersIn(a.hears().at(-1))).toMatchObject([{ sessionId: bot.id, inCall: 1, internal: true }])
  bot.hears()
  bot.say(saying('incall', { incall: 0 }))
  expect(usersIn(a.hears().at(-1))).toMatchObject([{ inCall: 0 }])
  a.sends({ type: 'call' }, 1)
  expect(inShort(bot.hears())).toEqual(['event participants update'])
})

test('[R46] what the owner says next waits for the answer', () => {
  const { server, a, bot, add } = scene()
  server.isSlow = true
  add()
  bot.say(saying('updatesession', { ...named, flags: 1 }))
  expect(a.hears()).toEqual([])
  server.answer()
  expect(shortAndClear(a)).toEqual(['event room join', 'event participants update', 'event participants flags'])
})

test('[R49] of an owner who has gone when the answer comes there is no virtual session', () => {
  const { server, bot, add, a } = scene()
  server.isSlow = true
  add()
  bot.loses()
  server.world.pass(30_000)
  server.answer()
  expect([comings(a.hears()), server.state.hub.size]).toEqual([[], 4])
})

test('[R49] a room message does not reach the owner through his virtual sessions', () => {
  const { a, bot, add } = scene()
  add()
  a.sends({ type: 'room' }, 1)
  expect(bot.hears()).toEqual([])
  expect(textAt(bot.asks({ id: '1', type: 'room', room: { roomid: '' } })[0], 'id')).toBe('1')
})

test('[R15] whoever is disinvited from another room is not hung up', () => {
  const { server, bot, add, virtualId } = scene()
  add({ userid: 'u' })
  const disinvite = { type: 'disinvite', disinvite: { sessionids: [virtualId()] } }
  server.request(disinvite, 'attic')
  expect(bot.hears()).toEqual([])
  server.request(disinvite, 'den')
  expect(at(bot.hears()[0], 'control', 'recipient')).toEqual({ type: 'session', sessionid: 'v', userid: 'u' })
})

test('[R5] an internal client that came back asks for its room again and hears who is there', () => {
  const { server, a, bot } = scene(['internal-incall'])
  bot.joins('den')
  a.hears()
  bot.loses()
  bot.returns('2.0')
  const heard = bot.joins('den', bot.id)
  expect(inShort(heard)).toEqual(['room', 'event room join', 'event room join'])
  expect(comings(heard)).toEqual([`+${bot.id}`, `+${a.id}`])
  expect(a.hears()).toEqual([])
  expect(inShort(bot.joins('den', bot.id))).toEqual(['error already_joined'])
  // Another room in between, and it is as for everybody.
  bot.loses()
  bot.returns('2.0')
  bot.leaves()
  bot.joins('den')
  expect(inShort(bot.joins('den'))).toEqual(['error already_joined'])
  a.loses()
  a.returns()
  expect(inShort(a.joins('den'))).toEqual(['error already_joined'])
  expect(server.state.hub.size).toBe(5)
})
