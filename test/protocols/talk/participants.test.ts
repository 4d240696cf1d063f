/** The list of participants: Nextcloud's, and those whom only we know. */
import { expect, test } from 'bun:test'
import {
  completeParticipants,
  participantsMessage,
  presentParticipants,
} from '../../../src/protocols/talk/participants.ts'
import { at, type Json } from '../../support/json.ts'
import { inShort, type TalkServer, talkServer } from './server.ts'

const usersIn = (message: Json | undefined): Json | undefined => at(message, 'event', 'update', 'users')
const denOf = ({ state, backend }: TalkServer) => {
  const den = state.rooms.find(backend('one'), 'den')
  if (!den) throw new Error('nobody is in the den')
  return den
}

test('[R40] internal and virtual sessions are added, with the time of now in seconds', () => {
  const server = talkServer()
  const [a] = server.room(1)
  const bot = server.internal(['start-dialout'])
  bot.joins('den')
  bot.say({ type: 'internal', internal: { type: 'addsession', addsession: { sessionid: 'v', roomid: 'den' } } })
  const [virtual] = [...server.state.hub.all()].filter(({ kind }) => kind === 'virtual')
  const lastPing = Math.floor(server.world.clock.now() / 1000)
  expect(usersIn(a.hears().at(-1))).toEqual([
    { inCall: 3, sessionId: bot.id, lastPing, internal: true, features: ['start-dialout'] },
    { inCall: 9, sessionId: virtual?.id ?? '', lastPing, virtual: true },
  ])
})

test('[R41] permissions are for us, not for the room', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  server.request({
    type: 'participants',
    participants: { changed: [{ sessionId: b.roomSession, permissions: ['control'], userId: 'x', name: 'B' }] },
  })
  expect(usersIn(a.hears()[0])).toEqual([{ sessionId: b.id, userId: 'x', name: 'B' }])
})

test('who is listed without a user id gets the one that Nextcloud gave for the room, or is known as virtual', () => {
  const guestRoom = { type: 'room', room: { version: '1.0', roomid: 'den', session: { userid: 'guest-1' } } }
  const server = talkServer()
  const guest = server.guest()
  server.isSlow = true
  guest.joins('den')
  server.answer({ answer: 'reply', reply: { type: 'room', room: { roomid: 'den', session: guestRoom.room.session } } })
  server.isSlow = false
  const bot = server.internal()
  bot.say({ type: 'internal', internal: { type: 'addsession', addsession: { sessionid: 'v', roomid: 'den' } } })
  const [virtual] = [...server.state.hub.all()].filter(({ kind }) => kind === 'virtual')
  guest.hears()
  server.request({
    type: 'incall',
    incall: {
      changed: [
        { sessionId: guest.roomSession, inCall: 7 },
        { sessionId: virtual?.id ?? '', inCall: 1 },
      ],
    },
  })
  expect(usersIn(guest.hears()[0])).toEqual([
    { sessionId: guest.id, inCall: 7, userId: 'guest-1' },
    { sessionId: virtual?.id ?? '', inCall: 9, virtual: true },
  ])
})

test('nobody to list is nothing to tell', () => {
  const server = talkServer()
  server.room(2)
  const den = denOf(server)
  expect(presentParticipants(server.state, den)).toBeUndefined()
  expect(completeParticipants(server.state, den, [])).toEqual([])
  expect(inShort([JSON.parse(JSON.stringify(participantsMessage(den, [])))])).toEqual(['event participants update'])
})
