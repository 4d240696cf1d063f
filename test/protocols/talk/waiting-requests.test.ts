/** Requests that wait for a join. */
import { expect, test } from 'bun:test'
import { comings, inShort, talkServer } from './server.ts'

/** A room of two, and a third who asked to join and waits for Nextcloud. */
function joining(count = 2) {
  const server = talkServer()
  const clients = server.room(count)
  const newcomer = server.user('newcomer')
  server.isSlow = true
  newcomer.joins('den')
  const incall = { type: 'incall', incall: { changed: [{ sessionId: newcomer.roomSession, inCall: 7 }] } }
  return { server, clients, newcomer, incall }
}

test('[R44] a request about somebody who is just joining waits for that join; Nextcloud has its answer at once', () => {
  const { server, clients, newcomer, incall } = joining()
  expect(server.request(incall)).toEqual({ status: 200, body: '{}' })
  expect(clients[0].hears()).toEqual([])
  server.answer()
  expect(inShort(newcomer.hears())).toEqual(['room', 'event room join', 'event room join', 'event participants update'])
  expect(inShort(clients[0].hears())).toEqual(['event room join', 'event participants update'])
})

test('[R44] a join that fails lets the request go on as well', () => {
  const { server, clients, incall } = joining()
  const both = [...incall.incall.changed, { sessionId: clients[1].roomSession, inCall: 7 }]
  server.request({ ...incall, incall: { changed: both } })
  server.answer({ answer: 'refused', code: 'no_such_room', message: undefined })
  expect(inShort(clients[0].hears())).toEqual(['event participants update'])
})

test('[R44] it waits at most a second', () => {
  const { server, clients, incall } = joining()
  const both = [...incall.incall.changed, { sessionId: clients[1].roomSession, inCall: 7 }]
  server.request({ ...incall, incall: { changed: both } })
  server.world.pass(999)
  expect(clients[0].hears()).toEqual([])
  server.world.pass(1)
  expect(JSON.stringify(clients[0].hears())).toContain(clients[1].id)
})

test('[R44] of several that wait each has its own second', () => {
  const { server, clients, newcomer } = joining()
  const switchTo = () =>
    server.request({
      type: 'switchto',
      switchto: { roomid: 'x', sessions: [newcomer.roomSession, clients[0].roomSession] },
    })
  switchTo()
  server.world.pass(600)
  switchTo()
  server.world.pass(400)
  expect(inShort(clients[0].hears())).toEqual(['event room switchto'])
  server.world.pass(600)
  expect(inShort(clients[0].hears())).toEqual(['event room switchto'])
})

test('[R44] requests of every kind that names sessions wait, others and those of another Nextcloud do not', () => {
  const cases: readonly (readonly [boolean, (rsid: string) => object, ('one' | 'two')?])[] = [
    [true, (rsid) => ({ type: 'incall', incall: { changed: [], users: [{ sessionId: rsid, inCall: 7 }] } })],
    [true, (rsid) => ({ type: 'participants', participants: { changed: [{ sessionId: rsid }] } })],
    [true, (rsid) => ({ type: 'disinvite', disinvite: { sessionids: [rsid] } })],
    [true, (rsid) => ({ type: 'switchto', switchto: { roomid: 'x', sessions: { [rsid]: {} } } })],
    [false, (rsid) => ({ type: 'incall', incall: { changed: [{ sessionId: `${rsid}x`, inCall: 7 }] } })],
    [false, (rsid) => ({ type: 'switchto', switchto: { roomid: 'x', sessions: [rsid] } }), 'two'],
    [false, () => ({ type: 'message', message: { data: 1 } })],
    [false, () => ({ type: 'update', update: { properties: {} } })],
  ]
  for (const [waits, request, cloud] of cases) {
    const { server, newcomer } = joining()
    server.request(JSON.parse(JSON.stringify(request(newcomer.roomSession))), 'den', cloud)
    expect([request('r'), server.state.deadlines.has('waiting-requests')]).toEqual([request('r'), waits])
  }
})

test('[R44] [R50] what was waited for comes after the announcement in a crowd', () => {
  const { server, clients, newcomer, incall } = joining(22)
  server.world.pass(100)
  server.internal().joins('den')
  clients[0].hears()
  server.request(incall)
  server.answer()
  const heard = clients[0].hears()
  expect([inShort(heard), comings(heard)]).toEqual([
    ['event room join', 'event participants update'],
    [`+${newcomer.id}`],
  ])
})

test('[R42] [R44] a later request of the same type for the same room waits behind the one that waits', () => {
  const { server, clients, newcomer, incall } = joining()
  const [a, b] = clients
  server.request(incall)
  server.world.pass(10)
  server.request({ type: 'incall', incall: { changed: [{ sessionId: b.roomSession, inCall: 7 }] } })
  server.request({ type: 'message', message: { data: 1 } })
  expect(inShort(a.hears())).toEqual(['event room message'])
  server.answer()
  const heard = a.hears()
  expect(inShort(heard)).toEqual(['event room join', 'event participants update', 'event participants update'])
  expect(JSON.stringify(heard.at(-1))).toContain(newcomer.id)
  expect(JSON.stringify(heard.at(-1))).toContain(b.id)
})

test('[R44] who waits behind another one goes on when that one gives up', () => {
  const { server, clients, incall } = joining()
  const [a, b] = clients
  server.request(incall)
  server.world.pass(900)
  server.request({ type: 'incall', incall: { changed: [{ sessionId: b.roomSession, inCall: 7 }] } })
  expect(a.hears()).toEqual([])
  server.world.pass(100)
  expect(inShort(a.hears())).toEqual(['event participants update'])
  expect(server.state.deadlines.has('waiting-requests')).toBe(false)
})
