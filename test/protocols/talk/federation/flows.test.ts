/** People of two Nextclouds in one room, each on his own server: what each of them sees of the other. */
import { expect, test } from 'bun:test'
import type { SfuEvent } from '../../../../src/sfu/sfu.ts'
import { at, type Json } from '../../../support/json.ts'
import { mediaSettings, offer, says, sdp } from '../media/stage.ts'
import { comings, inShort, leftIn } from '../server.ts'
import { joinThere, pair } from './pair.ts'

test('[R80] a join is answered once, under the name that the client has for the room; then it hears who is there', () => {
  const both = pair()
  const [b] = both.room(1)
  const a = both.user('alice', ['chat-relay'])
  const heard = both.joins(a)
  expect(heard[0]).toEqual({
    id: 'to my den',
    type: 'room',
    room: { roomid: 'my den', properties: { name: 'The den', type: 2 } },
  })
  expect(inShort(heard)).toEqual(['room', 'event room join', 'event room join'])
  expect(comings(heard)).toEqual([`+${a.id}`, `+${b.id}`])

  const [came] = b.hears()
  expect(came).toMatchObject({
    event: {
      join: [
        {
          sessionid: both.idThere(a),
          userid: 'alice@one.example',
          user: { actorId: 'alice@one.example' },
          roomsessionid: 'seat in my den',
          features: ['chat-relay'],
          federated: true,
        },
      ],
    },
  })
  expect(JSON.stringify(came)).not.toContain(a.id)
})

test('[R80] the room that the session was in is left once the other is sure, and not before', () => {
  const both = pair()
  both.room(1)
  const a = both.user('alice')
  const c = both.user('carol')
  a.joins('attic')
  c.joins('attic')
  both.pass(50)
  for (const one of [a, c]) one.hears()
  both.cut()
  expect(both.joins(a)).toMatchObject([{ id: 'to my den', type: 'error', error: { code: 'federation_error' } }])
  c.sends({ type: 'room' }, { still: 'here' })
  expect(inShort(a.hears())).toEqual(['message'])

  both.mend()
  both.joins(a)
  expect(comings(c.hears())).toEqual([`-${a.id}`])
  both.here.asked()
  // Back to a room of our own: the other server hears of that.
  const [b] = both.room(1, 'den')
  b.joins('den')
  b.hears()
  a.joins('attic')
  both.pass(50)
  expect(comings(b.hears())[0]).toStartWith('-')
  expect([both.open(), both.here.state.federation.size]).toEqual([0, 0])
})

test('[R83] messages pass both ways with their data as they came; sender and recipient have the ids that each side knows', () => {
  const both = pair()
  const [b, c] = both.room(2)
  const a = both.user('alice')
  both.joins(a)
  for (const one of [b, c]) one.hears()
  const there = both.idThere(a)

  b.say(
    `{"type":"message","message":{"recipient":{"type":"session","sessionid":"${there}"},"data":{"n":1.50,"n":2e0}}}`,
  )
  both.pass()
  const [text] = both.here.world.hear(a.connection)
  expect(text).toBe(
    `{"type":"message","message":{"sender":{"type":"session","sessionid":"${b.id}","userid":"user 1"},"data":{"n":1.50,"n":2e0}}}`,
  )
  a.say(`{"type":"message","message":{"recipient":{"type":"session","sessionid":"${b.id}"},"data":{"n":1.50,"n":2e0}}}`)
  both.pass()
  expect(both.there.world.hear(b.connection)).toEqual([
    `{"type":"message","message":{"sender":{"type":"session","sessionid":"${there}","userid":"alice@one.example"},"data":{"n":1.50,"n":2e0}}}`,
  ])
  a.sends({ type: 'room' }, { to: 'all' })
  a.sends({ type: 'user', userid: 'user 2' }, { to: 'carol' })
  both.pass()
  expect(b.hears()).toMatchObject([{ message: { sender: { type: 'room', sessionid: there }, data: { to: 'all' } } }])
  expect(c.hears()).toMatchObject([{ message: { data: { to: 'all' } } }, { message: { data: { to: 'carol' } } }])
})

test('[R83] media pass as messages, with the own id in them in the words of each side', () => {
  const both = pair()
  const [b] = both.room(1)
  const a = both.user('alice')
  both.joins(a)
  b.hears()
  const there = both.idThere(a)
  b.sends({ type: 'session', sessionid: there }, { type: 'offer', from: b.id, to: there, payload: { sdp: 'v=0' } })
  both.pass()
  expect(a.hears()).toMatchObject([{ message: { data: { type: 'offer', from: b.id, to: a.id } } }])
  a.sends({ type: 'session', sessionid: b.id }, { type: 'answer', from: a.id, to: b.id, payload: { sdp: 'v=0' } })
  both.pass()
  expect(b.hears()).toMatchObject([{ message: { data: { type: 'answer', from: there, to: b.id } } }])
})

test('[R83] media go through the SFU of the server that has the room, also where ours has one of its own', () => {
  const media = () => mediaSettings
  const both = pair({ media }, { media })
  const [b] = both.room(1)
  const a = both.user('alice')
  both.joins(a)
  const there = both.idThere(a)
  const changed = ['seat in my den', b.roomSession].map((sessionId) => ({ sessionId, inCall: 7 }))
  both.there.request({ type: 'incall', incall: { incall: 7, changed, users: changed } }, 'den', 'two')
  const tells = (...events: readonly SfuEvent[]): void => {
    for (const event of events) both.there.world.input((now) => both.there.talk.sfuTold(event, now))
    both.pass()
  }
  const ordered = (server: typeof both.there) =>
    server.world.commands.flatMap((command) => (command.to === 'sfu' ? [command.command] : []))
  tells({ event: 'available', is: true })
  for (const one of [a, b]) one.hears()

  says(a, a, offer(sdp('audio', 'video'), { from: a.id, to: a.id }))
  both.pass()
  const [publish, say] = ordered(both.there)
  if (publish?.do !== 'publish' || say?.do !== 'say') throw new Error('nothing was published')
  expect(publish.stream).toEqual({ publisher: there, type: 'video' })
  tells(
    { event: 'opened', leg: publish.leg, sid: 'p1' },
    { event: 'answer', leg: publish.leg, request: say.request, sid: 'p1', sdp: sdp('audio', 'video') },
  )
  const [answer] = a.hears()
  expect(answer).toMatchObject({
    message: { sender: { sessionid: a.id }, data: { type: 'answer', from: a.id, to: a.id } },
  })
  expect(JSON.stringify(answer)).not.toContain(there)

  says(b, there, { type: 'requestoffer', roomType: 'video' })
  expect(ordered(both.there).at(-2)).toMatchObject({ do: 'subscribe', stream: { publisher: there } })
  expect(ordered(both.here)).toEqual([])
})

test('[R83] control passes, and whoever is to be muted is named as each side knows him', () => {
  const both = pair()
  const [b] = both.room(1)
  const a = both.user('alice')
  both.joins(a)
  b.hears()
  const there = both.idThere(a)
  b.sends({ type: 'session', sessionid: there }, { action: 'forceMute', peerId: there }, 'control')
  both.pass()
  expect(a.hears()).toMatchObject([
    { type: 'control', control: { sender: { sessionid: b.id }, data: { action: 'forceMute', peerId: a.id } } },
  ])
  a.sends({ type: 'room' }, { action: 'forceMute', peerId: a.id }, 'control')
  both.pass()
  expect(b.hears()).toMatchObject([{ control: { sender: { sessionid: there }, data: { peerId: there } } }])
})

test('[R84] participants of the call and their flags have the ids, rooms and actors that the client knows', () => {
  const both = pair()
  const [b] = both.room(1)
  const a = both.user('alice')
  both.joins(a)
  b.hears()
  const people = [
    { sessionId: 'seat in my den', inCall: 7, actorId: 'alice@one.example', actorType: 'federated_users' },
    { sessionId: b.roomSession, inCall: 3, actorId: 'bob', actorType: 'users' },
    { sessionId: '0', inCall: 0 },
  ]
  both.there.request({ type: 'incall', incall: { incall: 7, changed: people, users: people } }, 'den', 'two')
  both.pass()
  expect(a.hears()).toEqual([
    {
      type: 'event',
      event: {
        target: 'participants',
        type: 'update',
        update: {
          roomid: 'my den',
          users: [
            { sessionId: a.id, inCall: 7, actorId: 'alice', actorType: 'users' },
            { sessionId: b.id, inCall: 3, actorId: 'bob@two.example', actorType: 'federated_users' },
          ],
        },
      },
    },
  ])
  b.hears()
  b.sends({ type: 'call' }, { hello: 'call' })
  both.pass()
  expect(inShort(a.hears())).toEqual(['message'])
  both.there.request({ type: 'incall', incall: { incall: 0, all: true } }, 'den', 'two')
  both.pass()
  expect(a.hears()).toMatchObject([{ event: { update: { roomid: 'my den', incall: 0, all: true } } }])
})

test('[R84] chat messages name room, authors and mentions as the client knows them', () => {
  const both = pair()
  both.room(1)
  const a = both.user('alice', ['chat-relay'])
  both.joins(a)
  const comment = {
    id: 5,
    token: 'den',
    actorId: 'bob',
    actorType: 'users',
    lastEditActorId: 'alice@one.example',
    lastEditActorType: 'federated_users',
    message: '{mention-user1} {mention-user2} {mention-call1}',
    messageParameters: {
      'mention-user1': { type: 'user', id: 'alice', server: 'https://one.example', 'mention-id': 'x' },
      'mention-user2': { type: 'user', id: 'carol' },
      'mention-call1': { type: 'call', id: 'den' },
      'mention-user3': { type: 'user', id: 'dave', server: 'https://three.example', 'mention-id': 'd' },
      file: { type: 'file', id: 'den' },
    },
    parent: { token: 'den', actorId: 'alice@one.example', actorType: 'federated_users', parent: { token: 'den' } },
  }
  both.there.request({ type: 'message', message: { data: { type: 'chat', chat: { comment } } } }, 'den', 'two')
  both.pass()
  const [heard] = a.hears()
  expect(at(heard, 'event', 'message', 'roomid')).toBe('my den')
  expect(at(heard, 'event', 'message', 'data', 'chat', 'comment')).toEqual({
    id: 5,
    token: 'my den',
    actorId: 'bob@two.example',
    actorType: 'federated_users',
    lastEditActorId: 'alice',
    lastEditActorType: 'users',
    message: '{mention-user1} {mention-user2} {mention-call1}',
    messageParameters: {
      'mention-user1': { type: 'user', id: 'alice', 'mention-id': 'x' },
      'mention-user2': { type: 'user', id: 'carol', 'mention-id': 'carol', server: 'https://two.example' },
      'mention-call1': { type: 'call', id: 'my den' },
      'mention-user3': { type: 'user', id: 'dave', server: 'https://three.example', 'mention-id': 'd' },
      file: { type: 'file', id: 'den' },
    },
    parent: { token: 'my den', actorId: 'alice', actorType: 'users', parent: { token: 'den' } },
  } satisfies Json)
})

test('[R84] transient data pass both ways; the own key is the own key on each side', () => {
  const both = pair()
  const [b, c] = both.room(1)
  const a = both.user('alice')
  both.joins(a)
  b.hears()
  const there = both.idThere(a)
  a.say({ id: '1', type: 'transient', transient: { type: 'set', key: `sd:${a.id}`, value: { hand: 1 } } })
  both.pass()
  expect(b.hears()).toMatchObject([{ transient: { type: 'set', key: `sd:${there}`, value: { hand: 1 } } }])
  expect(a.hears()).toMatchObject([{ transient: { type: 'set', key: `sd:${a.id}`, value: { hand: 1 } } }])
  a.say({ id: '2', type: 'transient', transient: { type: 'set', key: `sd:${b.id}`, value: 1 } })
  both.pass()
  expect(a.hears()).toMatchObject([{ id: '2', type: 'error', error: { code: 'not_allowed' } }])
  b.say({ type: 'transient', transient: { type: 'set', key: 'lamp', value: 1 } })
  both.pass()
  expect(a.hears()).toMatchObject([{ transient: { key: 'lamp' } }])

  // Whoever comes later hears of all of it.
  const d = both.user('dave')
  const heard = both.joins(d, 'den', 'the den of dave')
  expect(heard.at(-1)).toEqual({
    type: 'transient',
    transient: { type: 'initial', data: { [`sd:${there}`]: { hand: 1 }, lamp: 1 } },
  })
  expect(c.hears()).toEqual([])
})

test('[R80] leaving is answered at once, and the others see it', () => {
  const both = pair()
  const [b] = both.room(1)
  const a = both.user('alice')
  both.joins(a)
  b.hears()
  const there = both.idThere(a)
  expect(a.leaves()).toEqual([{ id: 'leave', type: 'room', room: { roomid: '' } }])
  both.pass()
  expect(comings(b.hears())).toEqual([`-${there}`])
  expect(both.open()).toBe(0)
  expect(a.leaves()).toHaveLength(1)
})

test('[R80] bye, and the end of a session that is not resumed, end it there as well', () => {
  const both = pair()
  const [b] = both.room(1)
  const [a, c] = [both.user('alice'), both.user('carol')]
  both.joins(a)
  both.joins(c, 'den', 'another name')
  b.hears()
  const ids = [both.idThere(a), both.idThere(c)]
  a.say({ type: 'bye' })
  both.pass()
  expect(comings(b.hears())).toEqual([`-${ids[0]}`])
  c.loses()
  both.pass(31_000)
  expect(comings(b.hears())).toEqual([`-${ids[1]}`])
  const { connections: _, deadlines: __, ...left } = leftIn(both.here.state)
  expect(left).toEqual({})
})

test('[R85] the local Nextcloud is pinged for the local seat, the remote one for its own', () => {
  const both = pair()
  both.room(1)
  const a = both.user('alice')
  both.joins(a)
  both.here.asked()
  both.pass(11_000)
  const pings = (asked: typeof both.here.world.asked) =>
    asked.flatMap(({ ask }) => (ask.ask === 'ping' ? ask.rooms.map((room) => ({ url: ask.url, ...room })) : []))
  expect(pings(both.here.world.asked)).toEqual([
    {
      url: 'https://one.example/',
      roomId: 'my den',
      entries: [{ sessionid: 'seat in my den', userid: 'alice' }],
    },
  ])
  expect(pings(both.there.world.asked)[0]?.entries).toContainEqual({
    sessionid: 'seat in my den',
    userid: 'alice@one.example',
  })
  // The seat there is the other Nextcloud's business: ours hears nothing of a leave.
  both.here.asked()
  a.leaves()
  both.pass()
  expect(both.here.asked()).toEqual([])
  expect(both.there.asked().at(-1)).toMatchObject(['room', { action: 'leave', actorid: 'alice@one.example' }])
})

test('[R85] both Nextclouds on one server: the seat of the one is not that of the other', () => {
  const both = pair()
  const a = both.user('alice')
  both.joins(a)
  expect(both.here.state.seats.find(both.here.backend('one'), 'seat in my den')).toBeUndefined()
  expect(both.here.state.seats.find(both.here.backend('one'), 'federated|seat in my den')?.id as string).toBe(a.id)
  // The same participant with another session: the other server says bye to the former one.
  const again = both.user('alice')
  expect(inShort(both.joins(again))).toContain('event room join')
  expect(a.hears()).toMatchObject([
    { type: 'error', error: { code: 'federation_error', details: { code: 'room_session_reconnected' } } },
    { type: 'room', room: { roomid: '' } },
  ])
  expect(both.open()).toBe(1)
})

test('[R80] another room of the same server goes over the same link', () => {
  const both = pair()
  const [b] = both.room(1)
  const a = both.user('alice')
  both.joins(a)
  b.hears()
  const there = both.idThere(a)
  const heard = both.joins(a, 'hall', 'my hall')
  expect(inShort(heard)).toEqual(['room', 'event room join'])
  expect(at(heard[0], 'room', 'roomid')).toBe('my hall')
  expect([both.idThere(a), both.open(), comings(b.hears())]).toEqual([there, 1, [`-${there}`]])
  expect(both.joins(a, 'hall', 'my hall')).toMatchObject([
    { id: 'to my hall', type: 'error', error: { code: 'already_joined', details: { room: { roomid: 'my hall' } } } },
  ])
})

test('[R86] what is said after the wish for a room is said in that room', () => {
  const both = pair()
  const [b] = both.room(1)
  const a = both.user('alice')
  a.say(joinThere('den', 'my den'))
  a.sends({ type: 'room' }, { first: 1 })
  a.say({ id: 'q', type: 'room', room: { roomid: '' } })
  both.pass()
  const heard = b.hears()
  expect(inShort(heard)).toEqual(['event room join', 'message', 'event room leave'])
  expect(inShort(a.hears()).at(-1)).toBe('room')
})

test('[R84] properties, switching and the end of the room arrive under the local name', () => {
  const both = pair()
  both.room(1)
  const a = both.user('alice')
  both.joins(a)
  both.there.request({ type: 'update', update: { userids: [], properties: { name: 'New' } } }, 'den', 'two')
  both.pass()
  expect(a.hears()).toEqual([{ type: 'room', room: { roomid: 'my den', properties: { name: 'New' } } }])
  both.there.request({ type: 'switchto', switchto: { roomid: 'den', sessions: ['seat in my den'] } }, 'den', 'two')
  both.pass()
  expect(a.hears()).toMatchObject([{ event: { type: 'switchto', switchto: { roomid: 'my den' } } }])
  both.there.request({ type: 'delete', delete: { userids: [] } }, 'den', 'two')
  both.pass()
  expect(a.hears()).toEqual([{ type: 'room', room: { roomid: '' } }])
  expect([both.open(), both.here.state.federation.size]).toEqual([0, 0])
})

test('[R84] whoever is disinvited there is told, and is in no room any more', () => {
  const both = pair()
  both.room(1)
  const a = both.user('alice')
  both.joins(a)
  const disinvite = { userids: ['alice@one.example'], alluserids: [], properties: {} }
  both.there.request({ type: 'disinvite', disinvite }, 'den', 'two')
  both.pass()
  expect(a.hears()).toMatchObject([
    { event: { target: 'roomlist', type: 'disinvite', disinvite: { roomid: 'my den' } } },
  ])
  expect([both.open(), both.here.state.federation.size]).toEqual([0, 0])
  expect(inShort(a.leaves())).toEqual(['room'])
})

test('[R39] whoever is disinvited by his own Nextcloud is out as well', () => {
  const both = pair()
  const [b] = both.room(1)
  const a = both.user('alice')
  both.joins(a)
  b.hears()
  const disinvite = { userids: ['alice'], alluserids: [], properties: {} }
  both.here.request({ type: 'disinvite', disinvite }, 'my den')
  both.pass()
  expect(inShort(a.hears())).toEqual(['event roomlist disinvite'])
  expect(a.closed()?.reason).toBe('disinvited')
  expect(comings(b.hears())[0]).toStartWith('-')
})
