/** Joining and leaving. */
import { expect, test } from 'bun:test'
import { at, type Json } from '../../../support/json.ts'
import { answerFromData, notAsked, refusal } from '../nextcloud.ts'
import { comings, inShort, type TalkServer, talkServer } from '../server.ts'

const joinAnswer = (room: Json) => answerFromData('room', { type: 'room', room })

test('[R35] Nextcloud is asked, and its properties are in the answer', () => {
  const server = talkServer()
  const a = server.user('alice')
  const [answer] = a.joins('den', 'r1')
  expect(answer).toEqual({
    id: 'join',
    type: 'room',
    room: { roomid: 'den', properties: { name: 'The den', type: 2 } },
  })
  expect(server.asked().at(-1)).toEqual(['room', { version: '1.0', roomid: 'den', userid: 'alice', sessionid: 'r1' }])
})

test('[R35] a limited bandwidth is in the answer', () => {
  const server = talkServer()
  const [answer] = server.user('alice', [], 'small').joins('den')
  expect(at(answer, 'room', 'bandwidth')).toEqual({ maxstreambitrate: 1_000_000, maxscreenbitrate: 2_000_000 })
  expect(at(server.user('alice').joins('den')[0], 'room', 'bandwidth')).toBeUndefined()
})

test('the room that Nextcloud names is the one that is joined', () => {
  const server = talkServer()
  const a = server.user('alice')
  server.isSlow = true
  a.joins('den')
  server.answer(joinAnswer({ roomid: 'attic' }))
  expect(a.hears()[0]).toEqual({ id: 'join', type: 'room', room: { roomid: 'attic' } })
  expect([...server.state.rooms.all()].map(({ id }) => id)).toEqual(['attic'])
})

test('[R5] joining the room that one is in is answered with already_joined and the room', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  const [answer, ...others] = a.joins('den', 'r new')
  expect(answer).toMatchObject({
    id: 'join',
    error: { code: 'already_joined', details: { room: { roomid: 'den', properties: { name: 'The den', type: 2 } } } },
  })
  expect([others, b.hears(), server.asked()]).toEqual([[], [], []])
  expect(server.state.seats.find(server.backend('one'), 'r new')?.id).toBe(a.id as never)
})

test('[R6] leaving is answered, also when one is in no room', () => {
  const server = talkServer()
  const a = server.user('alice')
  expect(a.leaves()).toEqual([{ id: 'leave', type: 'room', room: { roomid: '' } }])
  expect(a.asks({ type: 'room', room: {} })).toEqual([{ type: 'room', room: { roomid: '' } }])
})

test('[R48] what Nextcloud refuses is told in its words; a useless answer is room_join_failed; the session lives on', () => {
  const server = talkServer()
  const a = server.user('alice')
  server.isSlow = true
  for (const [answer, code] of [
    [refusal('no_such_room', 'Not here.'), 'no_such_room'],
    [{ answer: 'unusable' }, 'room_join_failed'],
    [{ answer: 'done' }, 'room_join_failed'],
    [answerFromData('auth', { type: 'auth', auth: {} }), 'room_join_failed'],
    [notAsked, 'internal_error'],
  ] as const) {
    a.joins('den')
    server.answer(answer)
    expect(inShort(a.hears())).toEqual([`error ${code}`])
  }
  server.isSlow = false
  expect(inShort(a.joins('den'))).toEqual(['room', 'event room join'])
})

test("[R36] there is one session per session id of Nextcloud's: the older one goes, and Nextcloud hears of no leave", () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  const again = server.user('user 1')
  server.asked()
  again.joins('den', a.roomSession)
  expect(inShort(a.hears())).toEqual(['bye room_session_reconnected'])
  expect(a.closed()?.code).toBe(1000)
  expect(comings(b.hears())).toEqual([`-${a.id}`, `+${again.id}`])
  expect(server.asked().map(([, body]) => at(body, 'action') ?? null)).toEqual([null])
  expect(inShort(a.returns())).toEqual(['error no_such_session'])
})

test('[R36] a parked one goes as well, and the same id at another Nextcloud is another', () => {
  const server = talkServer()
  const [a] = server.room(1)
  server.user('zoe', [], 'two').joins('den', a.roomSession)
  expect(a.closed()).toBeUndefined()
  a.loses()
  server.user('user 1').joins('attic', a.roomSession)
  expect(inShort(a.returns())).toEqual(['error no_such_session'])
})

test('[R36] one who joins elsewhere with his own id stays who he is', () => {
  const server = talkServer()
  const [a] = server.room(1)
  expect(inShort(a.joins('attic'))).toEqual(['room', 'event room join'])
})

test('[R41] the permissions that Nextcloud gives with the join count', () => {
  const server = talkServer()
  const [a, b] = server.room(1)
  server.isSlow = true
  b.joins('den')
  server.answer(joinAnswer({ roomid: 'den', permissions: ['publish-media'] }))
  for (const client of [a, b]) client.hears()
  b.sends({ type: 'room' }, 1, 'control')
  expect(a.hears()).toEqual([])
})

test('[R12] who must not see names sees none on joining, and the others see his', () => {
  const server = talkServer()
  const [a, b] = server.room(1)
  server.isSlow = true
  b.joins('den')
  server.answer(joinAnswer({ roomid: 'den', permissions: ['hide-displaynames'] }))
  expect(JSON.stringify(b.hears())).not.toContain('displayname')
  expect(JSON.stringify(a.hears())).toContain('The user 2')
})

test('[R14] an internal client joins without asking Nextcloud, is in the call, and in the list', () => {
  const server = talkServer()
  const [a] = server.room(1)
  const bot = server.internal()
  server.asked()
  expect(inShort(bot.joins('den'))).toEqual(['room', 'event room join', 'event room join', 'event participants update'])
  expect(server.asked()).toEqual([])
  expect(inShort(a.hears())).toEqual(['event room join', 'event participants update'])
  a.sends({ type: 'call' }, 1)
  expect(inShort(bot.hears())).toEqual(['message'])
})

test('[R18] the entry that the others get has features and the session id of Nextcloud', () => {
  const server = talkServer()
  const [a] = server.room(1)
  server.user('bob', ['chat-relay']).joins('den', 'r bob')
  expect(at(a.hears()[0], 'event', 'join')).toMatchObject([
    { userid: 'bob', features: ['chat-relay'], roomsessionid: 'r bob', user: { displayname: 'The bob' } },
  ])
})

test('a join whose session has ended meanwhile joins nobody', () => {
  const server = talkServer()
  const a = server.guest()
  server.isSlow = true
  a.joins('den')
  server.world.pass(10_000)
  expect(inShort(a.hears())).toEqual(['bye room_join_timeout'])
  server.answer()
  expect(server.state.rooms.size).toBe(0)
})

/** Somebody asks to join as `r1`, says bye before Nextcloud answers, and Nextcloud lets him in; who is said to have left. */
function leavesAfterBye(server: TalkServer): readonly unknown[] {
  const a = server.user('alice')
  server.isSlow = true
  a.joins('den', 'r1')
  a.say({ type: 'bye' })
  a.loses()
  server.asked()
  server.answer()
  return server.asked().flatMap(([, body]) => (at(body, 'action') === 'leave' ? [at(body, 'sessionid')] : []))
}

test('[R37] who said bye while Nextcloud let him in is reported as having left', () => {
  expect(leavesAfterBye(talkServer())).toEqual(['r1'])
})

test('[R37] unless somebody else sits there by now', () => {
  const server = talkServer()
  server.user('bob').joins('den', 'r1')
  expect(leavesAfterBye(server)).toEqual([])
})

test('[R8] a join that is answered while the client is lost is there when it comes back', () => {
  const server = talkServer()
  const [a, b] = server.room(1)
  server.isSlow = true
  b.joins('den')
  b.loses()
  server.answer()
  server.isSlow = false
  expect(comings(a.hears())).toEqual([`+${b.id}`])
  const heard = b.returns()
  expect(inShort(heard)).toEqual(['hello', 'event room join', 'room', 'event room join', 'event room join'])
  expect(comings(heard)).toEqual([`+${a.id}`, `+${b.id}`, `+${a.id}`])
})

test('[R35] the properties are there for the first whom Nextcloud tells of, also when an internal client came before', () => {
  const server = talkServer()
  server.internal().joins('den')
  const [answer] = server.user('alice').joins('den')
  expect(at(answer, 'room', 'properties')).toEqual({ name: 'The den', type: 2 })
})

test('[R5] [R36] who is in the room and asks for it with the session id of another one takes its place', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  expect(inShort(b.joins('den', a.roomSession))).toEqual(['event room leave', 'error already_joined'])
  expect([inShort(a.hears()), a.closed()?.code]).toEqual([['bye room_session_reconnected'], 1000])
  expect(server.asked()).toEqual([])
  expect(`${server.state.seats.find(server.backend('one'), a.roomSession)?.id}`).toBe(b.id)
})

test('[R41] the user id that Nextcloud gives with the join is for those who have none', () => {
  const server = talkServer()
  const [a] = server.room(1)
  const user = server.user('alice')
  server.isSlow = true
  user.joins('den')
  server.answer({ answer: 'reply', reply: { type: 'room', room: { roomid: 'den', session: { userid: 'guest-1' } } } })
  server.request({ type: 'participants', participants: { changed: [{ sessionId: user.roomSession }] } })
  expect(at(a.hears().at(-1), 'event', 'update', 'users')).toEqual([{ sessionId: user.id }])
})
