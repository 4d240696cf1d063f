import { describe, expect, test } from 'bun:test'
import { admissionServer, type Guest, type Heard, roomOf } from './server.ts'

const taken = 'Room already taken someone else. Please type another room name or stay it blank.'
const messages = (heard: readonly Heard[]): unknown[] => heard.map(([event, { message }]) => [event, message])
const at = (guests: readonly Guest[], index: number): Guest => {
  const guest = guests[index]
  if (!guest) throw new Error(`there is no guest ${index}`)
  return guest
}

describe('room-create-request', () => {
  test('[J24] opens a room', () => {
    const server = admissionServer()
    const guest = server.guest()
    guest.say('room-create-request', { room: 'den', payload: [1] })
    expect(guest.hear()).toEqual([['room-create-accept', { room: 'den', payload: [1] }]])
  })

  test.each([{}, { room: '' }, { room: null }])('[J24] makes up a name when there is none: %p', (named) => {
    const guest = admissionServer().guest()
    guest.say('room-create-request', named)
    const [[event, { room }] = ['', { room: '' }]] = guest.hear()
    expect(event).toBe('room-create-accept')
    expect(room).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  })

  test('[J25] refuses a name that is taken, or is a socket’s id', () => {
    const server = admissionServer()
    roomOf(server, 'den')
    const guest = server.guest()
    guest.say('room-create-request', { room: 'den', payload: 'p' })
    guest.say('room-create-request', { room: guest.socket })
    expect(guest.hear()).toEqual([
      ['room-create-reject', { message: taken, payload: 'p' }],
      ['room-create-reject', { message: taken }],
    ])
  })

  test.each(['x'.repeat(257), 'a\nb', '\u0000', '\ud800', 5, {}, [['den']], true])('[J26] %p is no name', (room) => {
    const guest = admissionServer().guest()
    guest.say('room-create-request', { room })
    expect(guest.hear()).toEqual([['room-create-reject', { message: 'Room name is not valid.' }]])
  })

  test('[J26] anything else is one', () => {
    const guest = admissionServer().guest()
    for (const room of ['x'.repeat(256), '__proto__', 'Küche 🍳', ' ']) guest.say('room-create-request', { room })
    expect(guest.hear().map(([event]) => event)).toEqual(Array(4).fill('room-create-accept'))
  })

  test('[J34] refuses more rooms than one socket may have, those that it asks for included', () => {
    const server = admissionServer({ maxRooms: 2 })
    roomOf(server, 'den')
    const guest = server.guest()
    guest.say('room-join-request', { room: 'den' })
    for (const room of ['a', 'b']) guest.say('room-create-request', { room })
    expect(messages(guest.hear())).toEqual([
      ['room-create-accept', undefined],
      ['room-create-reject', 'Too many rooms.'],
    ])
  })
})

test('[J27] applications have rooms of their own', () => {
  const server = admissionServer()
  const { owner } = roomOf(server, 'den')
  const other = server.guest('other')
  other.say('room-join-request', { room: 'den' })
  other.say('room-create-request', { room: 'den' })
  expect(messages(other.hear())).toEqual([
    ['room-join-reject', 'Room is not found.'],
    ['room-create-accept', undefined],
  ])
  other.say('relay-ice-candidate', { room: 'den', to: owner.socket })
  expect(messages(other.hear())).toEqual([['relay-reject', 'Peer is not in this room.']])
  expect(owner.hear()).toEqual([])
})

describe('room-join-request', () => {
  test('[J28, J43] reaches the owner', () => {
    const server = admissionServer()
    const { owner, members } = roomOf(server, 'den', 1)
    const guest = server.guest('app', { peerinfo: { name: 'Zoe' } })
    guest.say('room-join-request', { room: 'den', payload: { user_login: 'foo' } })
    const told = { room: 'den', peer_id: guest.socket, payload: { user_login: 'foo' }, peerinfo: { name: 'Zoe' } }
    expect(owner.hear()).toEqual([['room-join-request', told]])
    expect([...guest.hear(), ...at(members, 0).hear()]).toEqual([])
  })

  test.each([{}, { room: '' }, { room: null }, { room: 'nowhere' }, { room: 5 }, { room: '\n' }])(
    '[J28] without a room that is there: %p',
    (named) => {
      const guest = admissionServer().guest()
      guest.say('room-join-request', { ...named, payload: 'p' })
      expect(guest.hear()).toEqual([['room-join-reject', { message: 'Room is not found.', payload: 'p' }]])
    },
  )

  test('[J33] of the only owner is granted at once', () => {
    const server = admissionServer()
    const { owner, members } = roomOf(server, 'den', 1)
    owner.say('room-join-request', { room: 'den', payload: 1 })
    expect(owner.hear()).toEqual([
      ['room-join-accept', { room: 'den', peer_id: owner.socket, peers: [at(members, 0).socket], payload: 1 }],
    ])
  })

  test('[J33] of a member is decided on again', () => {
    const server = admissionServer()
    const { owner, members } = roomOf(server, 'den', 2)
    const [again, other] = [at(members, 0), at(members, 1)]
    again.say('room-join-request', { room: 'den' })
    owner.say('room-join-accept', { room: 'den', peer_id: again.socket })
    expect(owner.hear().map(([event]) => event)).toEqual(['room-join-request', 'room-user-join'])
    expect(other.hear().map(([event]) => event)).toEqual(['room-user-join'])
    expect(again.hear()[0]).toEqual([
      'room-join-accept',
      { room: 'den', peer_id: again.socket, peers: [owner.socket, other.socket] },
    ])
  })

  test('[J41] repeated while it waits is renewed', () => {
    const server = admissionServer({ requestTimeout: 1_000 })
    const { owner } = roomOf(server, 'den')
    const guest = server.guest()
    guest.ask('room-join-request', { room: 'den', payload: 1 }, 1)
    server.pass(600)
    guest.ask('room-join-request', { room: 'den', payload: 2 }, 2)
    expect(owner.hear().map(([, { payload }]) => payload)).toEqual([1, 2])
    expect(guest.acknowledged()).toEqual([[1, { ok: false, message: 'Request was repeated.' }]])
    server.pass(600)
    expect(guest.hear()).toEqual([])
    server.pass(400)
    expect(guest.acknowledged()).toMatchObject([[2, { ok: false, event: 'room-join-reject' }]])
  })

  test('[J34] is refused where nobody fits in any more', () => {
    const server = admissionServer({ maxMembers: 2 })
    roomOf(server, 'full', 1)
    const guest = server.guest()
    guest.say('room-join-request', { room: 'full' })
    expect(messages(guest.hear())).toEqual([['room-join-reject', 'Room is full.']])
  })

  test('[J34] is refused when a hundred wait', () => {
    const server = admissionServer()
    roomOf(server, 'den')
    const guests = Array.from({ length: 101 }, () => server.guest())
    for (const guest of guests) guest.say('room-join-request', { room: 'den' })
    expect(guests.flatMap((guest) => messages(guest.hear()))).toEqual([
      ['room-join-reject', 'Too many requests are waiting.'],
    ])
  })

  test('[J34] is refused to a socket that has enough rooms', () => {
    const server = admissionServer({ maxRooms: 1 })
    roomOf(server, 'den')
    roomOf(server, 'attic')
    const guest = server.guest()
    for (const room of ['den', 'den', 'attic']) guest.say('room-join-request', { room })
    expect(messages(guest.hear())).toEqual([['room-join-reject', 'Too many rooms.']])
  })

  test('[J35] ends when nobody decides', () => {
    const server = admissionServer({ requestTimeout: 60_000 })
    const { owner } = roomOf(server, 'den')
    const guest = server.guest()
    guest.say('room-join-request', { room: 'den', payload: 'p' })
    server.pass(59_999)
    expect(guest.hear()).toEqual([])
    owner.hear()
    server.pass(1)
    const told = { room: 'den', peer_id: guest.socket, message: 'Request was not answered in time.' }
    expect(guest.hear()).toEqual([['room-join-reject', { ...told, payload: 'p' }]])
    expect(owner.hear()).toEqual([['room-join-cancel', told]])
    expect(server.frontEnd.nextDeadline()).toBeUndefined()
  })

  test('[J36] can be taken back', () => {
    const server = admissionServer()
    const { owner } = roomOf(server, 'den')
    const guest = server.guest()
    guest.ask('room-join-request', { room: 'den' }, 1)
    owner.hear()
    guest.ask('room-join-cancel', { room: 'den' }, 2)
    const told = { room: 'den', peer_id: guest.socket, message: 'Request was cancelled.' }
    expect(owner.hear()).toEqual([['room-join-cancel', told]])
    expect(guest.hear()).toEqual([['room-join-reject', told]])
    expect(guest.acknowledged()).toMatchObject([
      [1, { ok: false, event: 'room-join-reject' }],
      [2, { ok: true }],
    ])
    guest.say('room-join-cancel', { room: 'den', payload: 5 })
    expect(guest.hear()).toEqual([['room-join-reject', { message: 'There is no such request.', payload: 5 }]])
  })

  test('[J37] ends with the connection', () => {
    const server = admissionServer()
    const { owner } = roomOf(server, 'den')
    const guest = server.guest()
    guest.say('room-join-request', { room: 'den' })
    owner.hear()
    guest.lose()
    expect(owner.hear()).toEqual([
      ['room-join-cancel', { room: 'den', peer_id: guest.socket, message: 'Peer is gone.' }],
    ])
    expect(server.frontEnd.nextDeadline()).toBeUndefined()
  })
})

describe('an owner', () => {
  test('[J29] lets in who asked', () => {
    const server = admissionServer()
    const { owner, members } = roomOf(server, 'den', 1)
    const guest = server.guest()
    guest.say('room-join-request', { room: 'den', payload: 'asks' })
    owner.hear()
    owner.say('room-join-accept', { room: 'den', peer_id: guest.socket, to: 'x', payload: 'welcome' })
    const joined: Heard = ['room-user-join', { room: 'den', peer_id: guest.socket, payload: 'welcome' }]
    const peers = [owner.socket, at(members, 0).socket]
    expect(guest.hear()).toEqual([
      ['room-join-accept', { room: 'den', peer_id: guest.socket, peers, payload: 'welcome' }],
      ['room-owner-change', { room: 'den', owners: [owner.socket] }],
    ])
    expect([owner.hear(), at(members, 0).hear()]).toEqual([[joined], [joined]])
  })

  test('[J30] turns away who asked', () => {
    const server = admissionServer()
    const { owner } = roomOf(server, 'den')
    const guest = server.guest()
    guest.ask('room-join-request', { room: 'den' }, 4)
    owner.say('room-join-reject', { room: 'den', peer_id: guest.socket, payload: 'sorry' })
    const told = {
      room: 'den',
      peer_id: guest.socket,
      message: 'Room owner was rejected your request',
      payload: 'sorry',
    }
    expect(guest.hear()).toEqual([['room-join-reject', told]])
    expect(guest.acknowledged()).toEqual([[4, { ...told, ok: false, event: 'room-join-reject' }]])
  })

  test.each(['room-join-accept', 'room-join-reject', 'room-owner-add'])('[J31] nobody else may: %s', (event) => {
    const server = admissionServer()
    const { owner, members } = roomOf(server, 'den', 1)
    const guest = server.guest()
    guest.say('room-join-request', { room: 'den' })
    owner.hear()
    const refused: Heard = ['unauthorized', { message: 'Only an owner of the room may do this.', event }]
    for (const room of ['den', 'nowhere', undefined, 5]) {
      for (const one of [guest, at(members, 0)]) {
        one.say(event, { room, peer_id: guest.socket })
        expect(one.hear()).toEqual([refused])
      }
    }
    expect(owner.hear()).toEqual([])
  })

  test.each(['room-join-accept', 'room-join-reject'])('[J32] decides on nobody who does not wait: %s', (event) => {
    const server = admissionServer()
    const { owner, members } = roomOf(server, 'den', 1)
    const stranger = server.guest()
    const message = 'Nobody of this id is waiting.'
    for (const { socket } of [stranger, at(members, 0)]) owner.say(event, { room: 'den', peer_id: socket })
    owner.say(event, { room: 'den', peer_id: {} })
    expect(owner.hear()).toEqual([
      ['room-join-cancel', { room: 'den', peer_id: stranger.socket, message }],
      ['room-join-cancel', { room: 'den', peer_id: at(members, 0).socket, message }],
      ['room-join-cancel', { room: 'den', message }],
    ])
    expect([...stranger.hear(), ...at(members, 0).hear()]).toEqual([])
  })

  test('[J34] lets nobody in where there is no place any more', () => {
    const server = admissionServer({ maxMembers: 2 })
    const { owner } = roomOf(server, 'den')
    const guests = [server.guest(), server.guest()]
    for (const guest of guests) guest.say('room-join-request', { room: 'den' })
    for (const guest of guests) owner.say('room-join-accept', { room: 'den', peer_id: guest.socket })
    expect(at(guests, 0).hear()[0]?.[0]).toBe('room-join-accept')
    expect(messages(at(guests, 1).hear())).toEqual([['room-join-reject', 'Room is full.']])
    expect(owner.hear().at(-1)).toEqual([
      'room-join-cancel',
      { room: 'den', peer_id: at(guests, 1).socket, message: 'Room is full.' },
    ])
  })

  test('[J40] makes another one, who decides too', () => {
    const server = admissionServer()
    const { owner, members } = roomOf(server, 'den', 1)
    const second = at(members, 0)
    const guest = server.guest()
    guest.say('room-join-request', { room: 'den' })
    owner.hear()
    owner.say('room-owner-add', { room: 'den', peer_id: second.socket })
    const changed: Heard = ['room-owner-change', { room: 'den', owners: [owner.socket, second.socket] }]
    expect(owner.hear()).toEqual([changed])
    expect(second.hear()).toEqual([changed, ['room-join-request', { room: 'den', peer_id: guest.socket }]])
    second.say('room-join-accept', { room: 'den', peer_id: guest.socket })
    expect(owner.hear().map(([event]) => event)).toEqual(['room-join-cancel', 'room-user-join'])
    expect(guest.hear()[0]?.[0]).toBe('room-join-accept')
  })

  test('[J40] makes nobody from outside one, and nobody twice', () => {
    const server = admissionServer()
    const { owner, members } = roomOf(server, 'den', 1)
    const stranger = server.guest()
    for (const peer_id of [stranger.socket, undefined, owner.socket])
      owner.ask('room-owner-add', { room: 'den', peer_id }, 1)
    expect(owner.acknowledged().map(([, { ok }]) => ok)).toEqual([false, false, true])
    expect(at(members, 0).hear()).toEqual([])
  })
})

describe('when somebody leaves', () => {
  test('[J42, J43] the others are told', () => {
    const server = admissionServer()
    const { owner } = roomOf(server, 'den')
    const guest = server.guest('app', { peerinfo: 'Zoe' })
    guest.say('room-join-request', { room: 'den' })
    owner.say('room-join-accept', { room: 'den', peer_id: guest.socket })
    owner.hear()
    guest.lose()
    expect(owner.hear()).toEqual([['room-user-leave', { room: 'den', peer_id: guest.socket, peerinfo: 'Zoe' }]])
  })

  test('[J42] he may stay connected, and come again', () => {
    const server = admissionServer()
    const { owner, members } = roomOf(server, 'den', 1)
    const guest = at(members, 0)
    guest.say('room-leave-request', { room: 'den', payload: 1 })
    expect(guest.hear()).toEqual([['room-leave-accept', { room: 'den', payload: 1 }]])
    expect(owner.hear()).toEqual([['room-user-leave', { room: 'den', peer_id: guest.socket }]])
    guest.say('room-leave-request', { room: 'den' })
    expect(guest.hear()).toEqual([
      ['payload-reject', { event: 'room-leave-request', message: 'You are not in this room.' }],
    ])
    guest.say('room-join-request', { room: 'den' })
    expect(owner.hear().map(([event]) => event)).toEqual(['room-join-request'])
  })

  test('[J39] and was the last owner, the oldest member takes over with all who wait', () => {
    const server = admissionServer()
    const { owner, members } = roomOf(server, 'den', 2)
    const [heir, other] = [at(members, 0), at(members, 1)]
    const guest = server.guest()
    guest.say('room-join-request', { room: 'den', payload: 'p' })
    owner.lose()
    const changed: Heard = ['room-owner-change', { room: 'den', owners: [heir.socket] }]
    const left: Heard = ['room-user-leave', { room: 'den', peer_id: owner.socket }]
    expect(heir.hear()).toEqual([
      left,
      changed,
      ['room-join-request', { room: 'den', peer_id: guest.socket, payload: 'p' }],
    ])
    expect(other.hear()).toEqual([left, changed])
    heir.say('room-join-accept', { room: 'den', peer_id: guest.socket })
    expect(guest.hear()[0]?.[0]).toBe('room-join-accept')
  })

  test('[J39] with another owner there, nothing is handed over', () => {
    const server = admissionServer()
    const { owner, members } = roomOf(server, 'den', 1)
    owner.say('room-owner-add', { room: 'den', peer_id: at(members, 0).socket })
    at(members, 0).hear()
    owner.lose()
    expect(
      at(members, 0)
        .hear()
        .map(([event]) => event),
    ).toEqual(['room-user-leave'])
  })

  test('[J38] as the last, the room is gone, and who waits hears of it', () => {
    const server = admissionServer()
    const { owner } = roomOf(server, 'den')
    const guest = server.guest()
    guest.ask('room-join-request', { room: 'den', payload: 'p' }, 1)
    owner.lose()
    const told = { room: 'den', peer_id: guest.socket, message: 'Room is not found.', payload: 'p' }
    expect(guest.hear()).toEqual([['room-join-reject', told]])
    expect(guest.acknowledged()).toMatchObject([[1, { ok: false }]])
    expect(server.frontEnd.nextDeadline()).toBeUndefined()
    guest.say('room-create-request', { room: 'den' })
    expect(guest.hear()).toMatchObject([['room-create-accept', { room: 'den' }]])
  })

  test('[J42] from all his rooms at once', () => {
    const server = admissionServer()
    const { owner } = roomOf(server, 'den')
    owner.say('room-create-request', { room: 'attic' })
    owner.lose()
    const guest = server.guest()
    for (const room of ['den', 'attic']) guest.say('room-create-request', { room })
    expect(guest.hear().map(([event]) => event)).toEqual(['room-create-accept', 'room-create-accept'])
  })
})

describe('peersinfo', () => {
  const accepted = (revision: 1 | 2, peerinfo: readonly (string | undefined)[]) => {
    const server = admissionServer({ revision })
    const [owner, guest] = peerinfo.map((info) => server.guest('app', info === undefined ? {} : { peerinfo: info }))
    if (!owner || !guest) throw new Error('two are needed')
    owner.say('room-create-request', { room: 'den' })
    guest.say('room-join-request', { room: 'den' })
    owner.say('room-join-accept', { room: 'den', peer_id: guest.socket })
    return [guest.hear()[0]?.[1]['peersinfo'], [owner.socket, guest.socket]] as const
  }

  test('[J43] names all who are there, if one gave something', () => {
    const [told, [owner = '', guest = '']] = accepted(1, ['Ann', undefined])
    expect(told).toEqual({ [owner]: { peerinfo: 'Ann' }, [guest]: {} })
  })

  test('[J43] is always there in revision 2 only', () => {
    expect(accepted(1, [undefined, undefined])[0]).toBeUndefined()
    expect(Object.keys(Object(accepted(2, [undefined, undefined])[0]))).toHaveLength(2)
  })
})

describe('passing on', () => {
  test.each([
    ['relay-session-description', 'session-description', 'session_description', { type: 'offer', sdp: 'v=0' }],
    ['relay-ice-candidate', 'ice-candidate', 'ice_candidate', { candidate: 'c', sdpMLineIndex: 0 }],
  ])('[J44] %s reaches one member', (event, told, field, content) => {
    const server = admissionServer()
    const { owner, members } = roomOf(server, 'den', 2)
    owner.say(event, { room: 'den', to: at(members, 0).socket, peer_id: 'x', [field]: content, payload: 1 })
    expect(at(members, 0).hear()).toEqual([
      [told, { room: 'den', peer_id: owner.socket, [field]: content, payload: 1 }],
    ])
    expect([...owner.hear(), ...at(members, 1).hear()]).toEqual([])
  })

  test('[J45] from outside, to outside, to a room, or to nobody reaches nobody', () => {
    const server = admissionServer()
    const { owner, members } = roomOf(server, 'den', 1)
    const stranger = server.guest()
    const event = 'relay-ice-candidate'
    stranger.say(event, { room: 'den', to: owner.socket })
    stranger.say(event, { to: owner.socket })
    for (const to of [stranger.socket, 'den', undefined, null, 5, 'nobody']) owner.say(event, { room: 'den', to })
    const outside = { event, message: 'You are not in this room.', to: owner.socket }
    expect(stranger.hear()).toEqual([
      ['relay-reject', { ...outside, room: 'den' }],
      ['relay-reject', outside],
    ])
    expect(messages(owner.hear())).toEqual(Array(6).fill(['relay-reject', 'Peer is not in this room.']))
    expect(at(members, 0).hear()).toEqual([])
  })

  test('[J46] goes as it came', () => {
    const server = admissionServer()
    const { owner, members } = roomOf(server, 'den', 1)
    const to = at(members, 0)
    const content = '{"b":1.0,"a":1e400,"b":"\\u00e9"}'
    owner.packet(
      `2["relay-ice-candidate",{"ice_candidate":${content},"auth":"${owner.token}","room":"den","to":"${to.socket}"}]`,
    )
    expect(to.packets()).toEqual([
      `2["ice-candidate",{"room":"den","peer_id":"${owner.socket}","ice_candidate":${content}}]`,
    ])
  })

  test('[J47] a session description of 24,000 bytes passes', () => {
    const server = admissionServer()
    const { owner, members } = roomOf(server, 'den', 1)
    const session_description = { type: 'offer', sdp: 'x'.repeat(24_000) }
    owner.say('relay-session-description', { room: 'den', to: at(members, 0).socket, session_description })
    expect(at(members, 0).hear()).toMatchObject([['session-description', { session_description }]])
  })
})

test('[J47] a payload that is too long is refused, and the connection stays', () => {
  const server = admissionServer({ maxPayload: 8 })
  const { owner, members } = roomOf(server, 'den', 1)
  // Bytes, not characters.
  const payload = 'äääx'
  const own = ['room-create-request', 'room-join-request', 'room-join-cancel']
  const others = ['room-join-accept', 'room-leave-request', 'relay-ice-candidate', 'relay-session-description']
  for (const event of [...own, ...others]) owner.say(event, { room: 'den', to: at(members, 0).socket, payload })
  const message = 'Payload is too long.'
  expect(owner.hear()).toEqual([
    ['room-create-reject', { message }],
    ['room-join-reject', { message }],
    ['room-join-reject', { message }],
    ...others.map((event): Heard => ['payload-reject', { event, message }]),
  ])
  expect(owner.isClosed()).toBe(false)
  expect(at(members, 0).hear()).toEqual([])
})
