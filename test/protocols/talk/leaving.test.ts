/** Who leaves, and who is told. */
import { expect, test } from 'bun:test'
import { comings, inShort, talkServer } from './server.ts'

test('[R37] who leaves is told to those who stay, and to Nextcloud', () => {
  const server = talkServer()
  const [a, b, c] = server.room(3)
  expect(inShort(a.leaves())).toEqual(['room'])
  expect([comings(b.hears()), comings(c.hears())]).toEqual([[`-${a.id}`], [`-${a.id}`]])
  expect(server.asked()).toEqual([
    ['room', { version: '1.0', roomid: 'den', action: 'leave', userid: 'user 1', sessionid: a.roomSession }],
  ])
})

test("[R37] without a session id of Nextcloud's there is nothing to tell it", () => {
  const server = talkServer()
  const [, , c] = server.room(1)
  c.joins('den', '')
  server.asked()
  c.leaves()
  expect(server.asked()).toEqual([])
})

test('[R37] joining another room leaves the first, once the second is sure', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  server.isSlow = true
  a.joins('attic')
  expect(b.hears()).toEqual([])
  server.answer()
  expect(comings(b.hears())).toEqual([`-${a.id}`])
})

test('[R37] what Nextcloud refuses leaves everything as it was', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  server.isSlow = true
  a.joins('attic')
  server.answer({ answer: 'refused', code: 'no_such_room', message: undefined })
  expect([inShort(a.hears()), b.hears()]).toEqual([['error no_such_room'], []])
  b.sends({ type: 'room' }, 1)
  expect(inShort(a.hears())).toEqual(['message'])
})

test('[R37] who leaves is out of the call and of the list', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  server.request({ type: 'incall', incall: { changed: [{ sessionId: a.roomSession, inCall: 7 }] } })
  const den = server.state.rooms.find(server.backend('one'), 'den')
  expect([den?.participants.size, den && server.state.hub.callSize(den.key)]).toEqual([1, 1])
  a.leaves()
  b.hears()
  expect([den?.participants.size, den && server.state.hub.callSize(den.key)]).toEqual([0, 0])
})

test('[R14] when an internal client leaves, those who stay get the list without it', () => {
  const server = talkServer()
  const [a] = server.room(1)
  const [first, second] = [server.internal(), server.internal()]
  for (const bot of [first, second]) bot.joins('den')
  a.hears()
  second.leaves()
  const [left, list] = a.hears()
  expect(comings([left ?? null])).toEqual([`-${second.id}`])
  expect(JSON.stringify(list)).toContain(first.id)
  expect(JSON.stringify(list)).not.toContain(second.id)
})

test('a room in which nobody is any more is closed, with all that it shared', () => {
  const server = talkServer()
  const [a] = server.room(1)
  a.say({ type: 'transient', transient: { type: 'set', key: 'k', value: 1, ttl: 60e9 } })
  a.leaves()
  expect([server.state.rooms.size, server.state.seats.size]).toEqual([0, 0])
  a.joins('den')
  expect(inShort(a.hears())).toEqual([])
})

test('[R23] a guest who left has ten seconds to find another room', () => {
  const server = talkServer()
  const guest = server.guest()
  guest.joins('den')
  server.world.pass(60_000)
  guest.leaves()
  server.world.pass(9_999)
  expect(guest.hears()).toEqual([])
  server.world.pass(1)
  expect(inShort(guest.hears())).toEqual(['bye room_join_timeout'])
  expect(guest.closed()?.code).toBe(1000)
})
