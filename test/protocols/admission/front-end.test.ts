/** The admission front end keeps to the contract of all front ends, and tells other nodes what a whole room hears. */
import { expect, test } from 'bun:test'
import { toRoom, toSession } from '../../../src/core/address.ts'
import { roomKey, sessionId } from '../../../src/core/ids.ts'
import type { Admission } from '../../../src/protocols/admission/vocabulary.ts'
import { frontEndContract } from '../../contract/front-end.ts'
import { admissionServer, roomOf } from './server.ts'

const packet = '2["room-user-leave",{"room":"den","peer_id":"elsewhere"}]'

frontEndContract<Admission>(() => {
  const server = admissionServer()
  const { owner } = roomOf(server, 'den')
  return {
    frontEnd: server.frontEnd,
    connection: owner.id,
    now: server.now(),
    text: `2["room-create-request",{"auth":"${owner.token}"}]`,
    event: { to: toRoom(roomKey('app', 'den')), event: { packet } },
  }
})

test('what a whole room hears is told to the other nodes too, by the room', () => {
  const server = admissionServer()
  const { owner } = roomOf(server, 'den')
  const guest = server.guest()
  guest.say('room-join-request', { room: 'den' })
  server.told.length = 0
  owner.say('room-join-accept', { room: 'den', peer_id: guest.socket })
  const joined = `2["room-user-join",{"room":"den","peer_id":"${guest.socket}"}]`
  expect(server.told).toEqual([{ to: toRoom(roomKey('app', 'den')), event: { packet: joined, except: guest.socket } }])
})

test('what another node tells a room is heard by its members here, but one', () => {
  const server = admissionServer()
  const { owner, members } = roomOf(server, 'den', 2)
  const except = members[0]?.socket ?? ''
  const tell = (to: Parameters<typeof server.frontEnd.told>[0]) =>
    server.input((now) => server.frontEnd.told(to, { packet, except }, now))
  tell(toRoom(roomKey('app', 'den')))
  tell(toRoom(roomKey('app', 'attic')))
  tell(toRoom(roomKey('other', 'den')))
  tell(toSession(sessionId(owner.socket)))
  expect([owner, ...members].map((guest) => guest.packets())).toEqual([[packet], [], [packet]])
})
