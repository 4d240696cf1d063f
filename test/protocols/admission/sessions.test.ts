import { describe, expect, test } from 'bun:test'
import { appToken, sessionToken } from '../../../src/protocols/admission/token.ts'
import { admissionServer, roomOf, secret, start } from './server.ts'

const invalid = 'Token is not valid'

describe('auth-request', () => {
  test.each([
    ['in an object', { token: appToken(secret, 'app'), payload: { a: 1 } }, { payload: { a: 1 } }],
    ['bare', appToken(secret, 'app'), {}],
  ])('[J19] with the token %s is answered with a session token', (_how, argument, echo) => {
    const guest = admissionServer().connect()
    guest.packet(`2${JSON.stringify(['auth-request', argument])}`)
    const token = sessionToken(secret, 'app', guest.socket, start + 86_400_000)
    expect(guest.hear()).toEqual([['auth-accept', { ...echo, token }]])
  })

  test.each([
    ['without an argument', '2["auth-request"]', {}],
    ['with null', '2["auth-request",null]', {}],
    ['with a number', '2["auth-request",5]', {}],
    ['with a list', '2["auth-request",["x"]]', {}],
    ['with no token in it', '2["auth-request",{"payload":[1]}]', { payload: [1] }],
    [
      'with a middle part that is no JSON',
      '2["auth-request","eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.bm8ganNvbg==.00"]',
      {},
    ],
  ])('[J4, J19] %s is rejected, and everything goes on', (_what, packet, echo) => {
    const server = admissionServer()
    const guest = server.connect()
    guest.packet(packet)
    expect(guest.hear()).toEqual([['auth-reject', { message: invalid, ...echo }]])
    expect(server.guest().token).not.toBe('')
  })

  test('[J11] takes a session token until it expires', () => {
    const server = admissionServer()
    const first = server.guest()
    const second = server.connect()
    second.say('auth-request', { token: first.token })
    expect(second.hear()).toMatchObject([['auth-accept', {}]])
    server.pass(86_400_000)
    second.say('auth-request', { token: first.token })
    expect(second.hear()).toMatchObject([['auth-reject', { message: invalid }]])
  })

  test('[J20] hands out ICE servers if there are some', () => {
    const urls = ['turn:192.0.2.1:3478']
    const iceServers = (username: string) => [{ urls, username, credential: 'c' }]
    const guest = admissionServer({}, { iceServers }).connect()
    guest.say('auth-request', { token: appToken(secret, 'app') })
    expect(guest.hear()).toMatchObject([
      ['auth-accept', { iceServers: [{ urls, username: guest.socket, credential: 'c' }] }],
    ])
  })

  test('[J47] a payload or peerinfo that is too long is rejected without an echo', () => {
    const guest = admissionServer({ maxPayload: 10 }).connect()
    for (const long of [{ payload: 'x'.repeat(9) }, { peerinfo: 'x'.repeat(9) }]) {
      guest.say('auth-request', { token: appToken(secret, 'app'), ...long })
    }
    expect(guest.hear()).toEqual(Array(2).fill(['auth-reject', { message: 'Payload is too long.' }]))
    guest.say('auth-request', { token: appToken(secret, 'app'), payload: 'x'.repeat(8) })
    expect(guest.hear()).toMatchObject([['auth-accept', {}]])
  })
})

describe('the session token', () => {
  const events = [
    ...['room-create-request', 'room-join-request', 'room-join-cancel', 'room-join-accept', 'room-join-reject'],
    ...['room-owner-add', 'room-leave-request', 'relay-session-description', 'relay-ice-candidate'],
  ]

  test.each(events)('[J21] %s needs it', (event) => {
    const guest = admissionServer().connect()
    for (const auth of [undefined, null, 5, {}, '', 'x', appToken(secret, 'app')]) {
      guest.say(event, { auth, room: 'den', payload: 1 })
    }
    guest.packet(`2["${event}"]`)
    expect(guest.hear()).toEqual(Array(8).fill(['unauthorized', { message: invalid }]))
  })

  test('[J9] is good for one socket', () => {
    const server = admissionServer()
    const [first, second] = [server.guest(), server.guest()]
    second.say('room-create-request', { auth: first.token })
    expect(second.hear()).toEqual([['unauthorized', { message: invalid }]])
  })

  test('[J9] expires', () => {
    const server = admissionServer({ tokenLifetime: 10_000 })
    const guest = server.guest()
    server.pass(9_999)
    guest.say('room-create-request')
    expect(guest.hear()).toMatchObject([['room-create-accept', {}]])
    server.pass(1)
    guest.say('room-create-request')
    expect(guest.hear()).toEqual([['unauthorized', { message: invalid }]])
  })

  test('[J9] an earlier one stays good', () => {
    const server = admissionServer()
    const guest = server.guest()
    const former = guest.token
    server.pass(5_000)
    guest.say('auth-request', { token: appToken(secret, 'app') })
    guest.hear()
    guest.say('room-create-request', { auth: former })
    expect(guest.hear()).toMatchObject([['room-create-accept', {}]])
  })

  test('[J10] its signature is checked', () => {
    const guest = admissionServer().guest()
    const auth = guest.token.replace(/[^.]+$/, '0'.repeat(64))
    guest.say('room-create-request', { auth })
    expect(guest.hear()).toEqual([['unauthorized', { message: invalid }]])
  })
})

describe('acknowledgements', () => {
  test('[J22] say what the answering event says', () => {
    const server = admissionServer()
    const guest = server.connect()
    guest.ask('auth-request', { token: appToken(secret, 'app'), payload: 1 }, 0)
    guest.ask('auth-request', { token: 'x', payload: 2 }, 1)
    guest.ask('room-create-request', {}, 2)
    expect(guest.acknowledged()).toEqual([
      [0, { ok: true, event: 'auth-accept', payload: 1, token: expect.any(String) }],
      [1, { ok: false, event: 'auth-reject', message: invalid, payload: 2 }],
      [2, { ok: false, event: 'unauthorized', message: invalid }],
    ])
    expect(guest.hear()).toHaveLength(3)
  })

  test('[J22] of a join come with the decision', () => {
    const server = admissionServer()
    const { owner } = roomOf(server, 'den')
    const guest = server.guest()
    guest.ask('room-join-request', { room: 'den' }, 5)
    expect(guest.acknowledged()).toEqual([])
    owner.ask('room-join-accept', { room: 'den', peer_id: guest.socket }, 6)
    expect(guest.acknowledged()).toMatchObject([[5, { ok: true, event: 'room-join-accept', peers: [owner.socket] }]])
    expect(owner.acknowledged()).toEqual([[6, { ok: true }]])
    guest.ask('relay-ice-candidate', { room: 'den', to: owner.socket }, 7)
    guest.ask('relay-ice-candidate', { room: 'den', to: 'nobody' }, 8)
    expect(guest.acknowledged()).toMatchObject([
      [7, { ok: true }],
      [8, { ok: false, event: 'relay-reject' }],
    ])
  })

  test('[J23] say that an event is not known; without one there is silence', () => {
    const guest = admissionServer().guest()
    guest.ask('hello', {}, 3)
    guest.say('hello')
    expect(guest.packets()).toEqual(['33[{"ok":false,"message":"Unknown event."}]'])
  })
})

describe('floods', () => {
  test('[J5] five seconds’ worth come through, more is refused, then the socket is disconnected', () => {
    const server = admissionServer({ eventRate: 2 })
    // Its auth-request was the first of ten.
    const guest = server.guest()
    const ask = () => guest.say('room-join-request', { room: 'nowhere' })
    for (let count = 0; count < 9; count++) ask()
    expect(guest.hear().map(([, { message }]) => message)).toEqual(Array(9).fill('Room is not found.'))
    for (let count = 0; count < 10; count++) ask()
    expect(guest.hear()).toEqual(Array(10).fill(['room-join-reject', { message: 'Too many requests.' }]))
    expect(guest.isClosed()).toBe(false)
    ask()
    expect(guest.hear()).toEqual([])
    expect(guest.isClosed()).toBe(true)
    expect(server.facts).toContainEqual({ fact: 'admission-flooded', address: '192.0.2.1', socket: guest.socket })
  })

  test('[J5] who stays within the rate is never refused', () => {
    const server = admissionServer({ eventRate: 2 })
    const guest = server.guest()
    for (let count = 0; count < 100; count++) {
      server.pass(500)
      guest.say('room-join-request', { room: 'nowhere' })
    }
    expect(guest.hear().every(([, { message }]) => message === 'Room is not found.')).toBe(true)
  })

  test('[J5] unknown events count too; 0 is no limit', () => {
    const [limited, free] = [admissionServer({ eventRate: 1 }).guest(), admissionServer({ eventRate: 0 }).guest()]
    for (let count = 0; count < 100; count++) for (const guest of [limited, free]) guest.say('x')
    expect([limited.isClosed(), free.isClosed()]).toEqual([true, false])
  })

  test('[J6] who reads too slowly is disconnected', () => {
    const server = admissionServer()
    const guest = server.guest()
    server.input((now) => server.frontEnd.overflowed(guest.id, now))
    expect(guest.isClosed()).toBe(true)
  })
})

test('[J4] a packet that is no event ends the connection of who sent it', () => {
  const server = admissionServer()
  const { owner, members } = roomOf(server, 'den', 1)
  members[0]?.packet('2{"no":"event"}')
  expect(members[0]?.isClosed()).toBe(true)
  expect(owner.hear()).toEqual([['room-user-leave', { room: 'den', peer_id: members[0]?.socket }]])
})

test('[J48] attachments are refused in the event’s own reject', () => {
  const guest = admissionServer().guest()
  guest.packet('51-["room-create-request",{"payload":{"_placeholder":true,"num":0}}]')
  guest.packet('51-3["relay-ice-candidate",{"ice_candidate":{"_placeholder":true,"num":0}}]')
  expect(guest.hear()).toEqual([
    ['room-create-reject', { message: 'Binary data is not carried.' }],
    ['payload-reject', { event: 'relay-ice-candidate', message: 'Binary data is not carried.' }],
  ])
  expect(guest.acknowledged()).toEqual([
    [3, { ok: false, event: 'payload-reject', message: 'Binary data is not carried.' }],
  ])
})
