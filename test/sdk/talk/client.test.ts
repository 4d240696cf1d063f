import { describe, expect, test } from 'bun:test'
import type { SettingsContext, TalkRoom } from '../../../sdk/src/index.ts'
import { iceServersOf, socketUrl } from '../../../sdk/src/talk/settings.ts'
import { answerJoin, client, hello, inRoom, join, leave, settings, welcome } from '../support/talk-room.ts'

const members = (room: TalkRoom) => [...room.members.keys()]

test('the address of the socket follows from that of the server', () => {
  expect(['https://h/s/', 'http://h:81', 'wss://h/x/spreed', 'ws://h/spreed/'].map(socketUrl)).toEqual([
    'wss://h/s/spreed',
    'ws://h:81/spreed',
    'wss://h/x/spreed',
    'ws://h/spreed',
  ])
})

test('the ICE servers are those of the settings', () => {
  const turn = { urls: ['turn:t'], username: 'u', credential: 'c' }
  expect(iceServersOf({ ...settings, stunservers: [{ urls: ['stun:s'] }], turnservers: [turn] })).toEqual([
    { urls: ['stun:s'] },
    turn,
  ])
  expect(iceServersOf(settings)).toEqual([])
})

describe('hello', () => {
  test('with a ticket', async () => {
    const { world } = client({ features: ['chat-relay'] })
    expect(await hello(world, 'S1')).toEqual({
      version: '1.0',
      features: ['chat-relay'],
      auth: {
        url: 'https://cloud.example/ocs/v2.php/apps/spreed/api/v3/signaling/backend',
        params: { userid: 'alice', ticket: 'T' },
      },
    })
    expect(world.socket().url).toBe('wss://signaling.example/standalone/spreed')
  })

  test('with the token if the server takes one, else with the ticket: that is known from the welcome', async () => {
    for (const [features, version] of [
      [['hello-v2'], '2.0'],
      [[], '1.0'],
    ] as const) {
      const { world } = client({
        settings: { ...settings, helloAuthParams: { ...settings.helloAuthParams, '2.0': { token: 'jwt' } } },
      })
      await world.settled()
      world.socket().open()
      expect(world.socket().heard()).toEqual([])
      world.socket().say(welcome(...features))
      expect(world.socket().heard()).toMatchObject([{ hello: { version } }])
    }
  })
})

test('a server that says no welcome gets the ticket', async () => {
  const helloAuthParams = { ...settings.helloAuthParams, '2.0': { token: 'jwt' } }
  const { world } = client({ settings: { ...settings, helloAuthParams } })
  await world.settled()
  world.socket().open()
  await world.pass(699)
  expect(world.socket().heard()).toEqual([])
  await world.pass(1)
  expect(world.socket().heard()).toMatchObject([{ hello: { version: '1.0' } }])
})

describe('resuming', () => {
  test('with a server that sends the list, whoever it does not name has left', async () => {
    const { world, talk, room, story } = await inRoom()
    world.socket().end(1006)
    const resumed = talk.once('resumed')
    room.send('kept')
    await world.pass(1_000)
    expect(await hello(world, 'S1')).toEqual({ version: '1.0', resumeid: 'resume S1' })
    expect(await resumed).toEqual({ id: 'S1' })
    expect(world.socket().heard()).toMatchObject([{ type: 'message', message: { data: 'kept' } }])
    world.socket().say(join('B', 'S1'))
    world.socket().say(leave('A'))
    world.socket().say(join('C'))
    expect(story).toEqual(['left A', 'joined C'])
    expect(members(room)).toEqual(['B', 'C'])
  })

  test('with an original server, which sends none, the next newcomer is not taken for everybody', async () => {
    const { world, room, story } = await inRoom()
    world.socket().end(1006)
    await world.pass(1_000)
    await hello(world, 'S1')
    world.socket().say(join('C'))
    world.socket().say(join('D', 'S1'))
    expect([story, members(room)]).toEqual([
      ['joined C', 'joined D'],
      ['A', 'B', 'C', 'D'],
    ])
  })

  test('that is refused leads to a new session on the same socket, in the same room, before anything that waits', async () => {
    const asked: SettingsContext[] = []
    const { world, talk, room, story } = await inRoom({
      settings: async (context) => {
        asked.push(context)
        return settings
      },
    })
    world.socket().end(1006)
    room.send('kept')
    await world.pass(1_000)
    world.socket().open()
    const [resume] = world.socket().heard() as { readonly id: string }[]
    world.socket().say({ id: resume?.id, type: 'error', error: { code: 'no_such_session', message: '' } })
    await world.settled()
    const [fresh] = world.socket().heard() as { readonly id: string; readonly hello: object }[]
    expect(fresh?.hello).toMatchObject({ version: '1.0', auth: { params: { ticket: 'T' } } })
    const [rejoined, again] = [talk.once('rejoined'), room.once('rejoined')]
    world.socket().say({ id: fresh?.id, type: 'hello', hello: { sessionid: 'S2', resumeid: 'R2', userid: 'alice' } })
    await answerJoin(world, 'S2', 'B', 'C')
    expect(await rejoined).toEqual({ id: 'S2', formerId: 'S1' })
    expect(await again).toEqual({ selfId: 'S2', formerId: 'S1' })
    expect([story, members(room)]).toEqual([
      ['joined C', 'left A'],
      ['B', 'C'],
    ])
    expect(world.socket().heard()).toMatchObject([{ type: 'message', message: { data: 'kept' } }])
    expect(world.sockets).toHaveLength(2)
    expect(asked.map(({ why, code }) => [why, code])).toEqual([
      ['first', undefined],
      ['reconnect', 'no_such_session'],
    ])
  })

  test('too many attempts at it are no reason to give the session up', async () => {
    const { world, talk } = await inRoom()
    world.socket().end(1006)
    await world.pass(1_000)
    world.socket().open()
    const [resume] = world.socket().heard() as { readonly id: string }[]
    world.socket().say({ id: resume?.id, type: 'error', error: { code: 'too_many_requests', message: '' } })
    expect(talk.state).toBe('reconnecting')
    await world.pass(2_000)
    expect(await hello(world, 'S1')).toEqual({ version: '1.0', resumeid: 'resume S1' })
  })
})

describe('requests', () => {
  test('are refused when the connection is lost before the answer', async () => {
    const { world, talk } = client()
    await hello(world, 'S1')
    const joining = talk.join('den').catch((error: unknown) => error)
    await world.settled()
    world.socket().end(1006)
    expect(await joining).toMatchObject({ code: 'connection_lost', temporary: true })
  })

  test('a room that we are in already, of which we know nothing, is left and joined again', async () => {
    const { world, talk } = client()
    await hello(world, 'S1')
    const joining = talk.join('den')
    await world.settled()
    const [first] = world.socket().heard() as { readonly id: string }[]
    world.socket().say({ id: first?.id, type: 'error', error: { code: 'already_joined', message: '' } })
    await world.settled()
    const [leaving] = world.socket().heard() as { readonly id: string; readonly room: unknown }[]
    expect(leaving?.room).toEqual({ roomid: '' })
    world.socket().say({ id: leaving?.id, type: 'room', room: { roomid: '' } })
    await answerJoin(world, 'S1', 'A')
    expect(members(await joining)).toEqual(['A'])
  })

  test('a server that does not answer what it does not know makes a join slower, not fail', async () => {
    const { world, talk } = client()
    await hello(world, 'S1')
    const joining = talk.join('den')
    await world.settled()
    const [request] = world.socket().heard() as { readonly id: string; readonly room: object }[]
    world.socket().say({ id: request?.id, type: 'room', room: request?.room })
    world.socket().say(join('A'))
    await world.pass(1_000)
    expect(members(await joining)).toEqual(['A'])
  })
})

describe('the end', () => {
  test.each(['room_session_reconnected', 'session_resumed', 'room_join_timeout'])(
    'a bye with %s is final',
    async (reason) => {
      const { world, talk, room } = await inRoom()
      world.socket().say({ type: 'bye', bye: { reason } })
      expect([talk.state, room.isOpen]).toEqual(['closed', false])
      await world.pass(60_000)
      expect(world.sockets).toHaveLength(1)
    },
  )

  test("disconnect() says bye first, and the next session is nobody's continuation", async () => {
    const { world, talk, room } = await inRoom()
    talk.disconnect()
    expect(world.socket().heard()).toEqual([{ id: 'bye', type: 'bye', bye: {} }])
    expect([talk.sessionId, room.isOpen]).toEqual([undefined, false])
    talk.connect()
    expect(await hello(world, 'S2')).toMatchObject({ auth: { params: { ticket: 'T' } } })
    expect(talk.room).toBeUndefined()
  })

  test('a room that Nextcloud refuses to join again closes; the session goes on', async () => {
    const { world, talk, room } = await inRoom()
    world.socket().end(1006)
    await world.pass(1_000)
    world.socket().open()
    const [resume] = world.socket().heard() as { readonly id: string }[]
    world.socket().say({ id: resume?.id, type: 'error', error: { code: 'no_such_session', message: '' } })
    await world.settled()
    const [fresh] = world.socket().heard() as { readonly id: string }[]
    world.socket().say({ id: fresh?.id, type: 'hello', hello: { sessionid: 'S2', resumeid: 'R2' } })
    await world.settled()
    const [request] = world.socket().heard() as { readonly id: string }[]
    const closed = room.once('closed')
    world.socket().say({ id: request?.id, type: 'error', error: { code: 'no_such_room', message: 'None' } })
    expect(await closed).toMatchObject({ error: { code: 'no_such_room' } })
    await world.settled()
    expect([talk.state, talk.room]).toEqual(['connected', undefined])
  })
})

test('what others send that makes no sense is passed over', async () => {
  const { world, room } = await inRoom()
  const said: unknown[] = []
  room.on('message', ({ data }) => said.push(data))
  const from = (data: unknown) => ({
    type: 'message',
    message: { sender: { type: 'session', sessionid: 'A' }, data },
  })
  for (const nonsense of [
    'no JSON',
    '[]',
    '{}',
    { type: 'event' },
    { type: 'event', event: { target: 'room', type: 'join', join: 'all' } },
    { type: 'event', event: { target: 'room', type: 'join', join: [null, 7, { sessionid: 3 }] } },
    { type: 'event', event: { target: 'room', type: 'leave', leave: [null, 7] } },
    {
      type: 'event',
      event: { target: 'participants', type: 'update', update: { users: [null, { sessionId: 'nobody' }] } },
    },
    { type: 'transient', transient: { type: 'set' } },
    { type: 'message', message: null },
    from({ type: 'offer' }),
    from({ type: 'offer', payload: { sdp: 7 } }),
    from({ type: 'candidate', payload: { candidate: 7 } }),
    from(null),
  ]) {
    world.socket().say(nonsense)
  }
  expect([members(room), world.socket().closedWith]).toEqual([['A', 'B'], undefined])
  // What looked like signals and was none is the application's.
  expect(said).toHaveLength(4)
})
