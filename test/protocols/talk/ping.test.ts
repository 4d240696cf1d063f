/** Telling each Nextcloud who is still there. */
import { expect, test } from 'bun:test'
import { talkServer, testBackends } from './server.ts'

const pings = (server: ReturnType<typeof talkServer>) =>
  server.world.asked.flatMap(({ ask }) => (ask.ask === 'ping' ? [{ url: ask.url, rooms: ask.rooms }] : []))

test('[R13] every ten seconds each Nextcloud hears of its rooms, guests without a user id', () => {
  const server = talkServer()
  const alice = server.user('alice')
  alice.joins('den')
  const guest = server.guest()
  guest.joins('attic')
  const zoe = server.user('zoe', [], 'two')
  zoe.joins('den')
  server.internal().joins('den')
  server.user('outside')
  server.world.pass(9_999)
  expect(pings(server)).toEqual([])
  server.world.pass(1)
  expect(pings(server)).toEqual([
    {
      url: 'https://one.example/',
      rooms: [
        { roomId: 'den', entries: [{ sessionid: alice.roomSession, userid: 'alice' }] },
        { roomId: 'attic', entries: [{ sessionid: guest.roomSession }] },
      ],
    },
    {
      url: 'https://two.example/',
      rooms: [{ roomId: 'den', entries: [{ sessionid: zoe.roomSession, userid: 'zoe' }] }],
    },
  ])
  server.world.pass(20_000)
  expect(pings(server)).toHaveLength(6)
})

test('[R13] a parked session is still there, a virtual one goes by our id', () => {
  const server = talkServer()
  const [a] = server.room(1)
  server
    .internal()
    .say({ type: 'internal', internal: { type: 'addsession', addsession: { sessionid: 'v', roomid: 'den' } } })
  const [virtual] = [...server.state.hub.all()].filter(({ kind }) => kind === 'virtual')
  a.loses()
  server.world.pass(10_000)
  expect(pings(server)[0]?.rooms).toEqual([
    {
      roomId: 'den',
      entries: [{ sessionid: a.roomSession, userid: 'user 1' }, { sessionid: virtual?.id ?? '' }],
    },
  ])
})

test('[R13] where nobody is nothing is told, and no time is waited for', () => {
  const server = talkServer()
  server.visitor()
  server.world.pass(60_000)
  expect([pings(server), server.talk.nextDeadline()]).toEqual([[], undefined])
})

test('[R13] a backend that is not configured any more is not told', () => {
  const backends = testBackends()
  let isConfigured = true
  const server = talkServer({
    backends: { ...backends, byUrl: (url) => (isConfigured ? backends.byUrl(url) : undefined) },
  })
  server.room(1)
  server.world.pass(10_000)
  isConfigured = false
  server.world.pass(10_000)
  expect(pings(server)).toHaveLength(1)
})
