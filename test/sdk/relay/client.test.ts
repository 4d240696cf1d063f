import { describe, expect, test } from 'bun:test'
import { RelayClient, type RelayClientOptions, type Room } from '../../../sdk/src/index.ts'
import { fakeRtc } from '../support/fake-rtc.ts'
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.ts'

async function member(revision: 1 | 2, options: Partial<RelayClientOptions> = {}) {
  const world = virtualWorld()
  const client = new RelayClient({
    url: 'ws://host/websocket',
    username: 'anna',
    token: 'password',
    revision,
    world,
    ...options,
  })
  const joining = client.join('den & co')
  await enter(world, revision, 'me')
  return { world, client, room: await joining }
}

async function enter(world: VirtualWorld, revision: 1 | 2, id: string): Promise<void> {
  await world.settled()
  expect(world.socket().url).toBe('ws://host/websocket/den%20%26%20co')
  world.socket().open()
  await world.settled()
  const data = { username: 'anna', password: 'password' }
  expect(world.socket().heard()).toEqual([{ event: 'authenticate', data }])
  world
    .socket()
    .say(
      revision === 1
        ? { event: 'joined' }
        : { event: 'authenticated', data: { peer_id: id, iceServers: [{ urls: ['stun:s'] }] } },
    )
  await world.settled()
}

const names = (room: Room) => [...room.members.values()].map(({ id, user }) => `${id} ${user?.id}`)
const present = (from: string, username: string) => ({ event: 'present', from, data: { username } })

describe('revision 1', () => {
  test('we tell who we are when we come, and whenever somebody comes', async () => {
    const { world, room } = await member(1)
    const us = { event: 'present', data: { username: 'anna' }, from: room.selfId }
    expect(world.socket().heard()).toEqual([us])
    world.socket().say({ event: 'joined' })
    expect(world.socket().heard()).toEqual([us])
    world.socket().say(present('b', 'ben'))
    expect(names(room)).toEqual(['b ben'])
  })

  test('what is for somebody else is not for us', async () => {
    const { world, room } = await member(1)
    world.socket().say(present('b', 'ben'))
    const heard: unknown[] = []
    room.on('message', ({ data, to }) => heard.push([data, to]))
    world.socket().say({ event: 'message', from: 'b', to: 'c', data: 'for c' })
    world.socket().say({ event: 'message', from: 'b', to: room.selfId, data: 'for us' })
    world.socket().say({ event: 'message', from: 'b', data: 'for all' })
    expect(heard).toEqual([
      ['for us', 'peer'],
      ['for all', 'room'],
    ])
  })

  test('of two of the same name the one has left that does not say it is there', async () => {
    const { world, room } = await member(1)
    for (const id of ['b1', 'b2']) world.socket().say(present(id, 'ben'))
    await world.pass(2_000)
    world.socket().heard()
    world.socket().say({ event: 'left', data: { username: 'ben' } })
    expect(world.socket().heard()).toEqual([{ event: 'who', from: room.selfId }])
    world.socket().say(present('b2', 'ben'))
    expect(room.members.size).toBe(2)
    await world.pass(2_000)
    expect(names(room)).toEqual(['b2 ben'])
    world.socket().say({ event: 'left', data: { username: 'ben' } })
    expect(names(room)).toEqual([])
  })

  test("the original's page, which tells nothing of itself, is one peer; it is answered without an address", async () => {
    const { made, RTCPeerConnection } = fakeRtc()
    const { world, room } = await member(1, { rtc: { RTCPeerConnection } })
    world.socket().heard()
    const call = room.once('call')
    const sdp = JSON.stringify({ by: 'page', ufrag: 'page1', media: ['video'] })
    world.socket().say({ event: 'offer', data: { type: 'offer', sdp } })
    world.socket().say({ event: 'candidate', data: { label: 0, id: '0', candidate: 'candidate:1' } })
    const peer = await call
    peer.rtc()
    await made[0]?.finish(world.settled)
    const said = world.socket().heard() as { readonly event: string; readonly to?: string }[]
    expect(said.map(({ event, to }) => [event, to])).toEqual([
      ['answer', undefined],
      ['candidate', undefined],
      ['candidate', undefined],
    ])
    world.socket().say({ event: 'left', data: { username: 'anybody' } })
    expect([room.members.size, made[0]?.isClosed]).toEqual([0, true])
  })
})

describe('revision 2', () => {
  test('a newcomer learns from those who are there who is there, and uses the ICE servers it was given', async () => {
    const { made, RTCPeerConnection } = fakeRtc()
    const { world, room } = await member(2, { rtc: { RTCPeerConnection } })
    expect([room.selfId, world.socket().heard()]).toEqual(['me', []])
    world.socket().say(present('b', 'ben'))
    expect(names(room)).toEqual(['b ben'])
    room.members.get('b')?.rtc()
    await world.settled()
    expect(made[0]?.configuration).toEqual({ iceServers: [{ urls: ['stun:s'] }] })
  })

  test('whoever comes is told of us', async () => {
    const { world, room } = await member(2)
    world.socket().say({ event: 'joined', data: { peer_id: 'b', username: 'ben' } })
    expect(world.socket().heard()).toEqual([{ event: 'present', data: { username: 'anna' }, to: 'b' }])
    room.send('hello')
    expect(world.socket().heard()).toEqual([{ event: 'message', data: 'hello', to: 'b' }])
    world.socket().say({ event: 'left', data: { peer_id: 'b', username: 'ben' } })
    expect(names(room)).toEqual([])
  })

  test('after a lost connection those who do not speak up within 2 s have left', async () => {
    const { world, client, room } = await member(2)
    for (const id of ['b', 'c']) world.socket().say(present(id, id))
    world.socket().end(1000)
    expect(client.state).toBe('reconnecting')
    const rejoined = room.once('rejoined')
    await world.pass(500)
    await enter(world, 2, 'me again')
    expect(await rejoined).toEqual({ selfId: 'me again', formerId: 'me' })
    world.socket().say(present('c', 'c'))
    await world.pass(2_000)
    expect(names(room)).toEqual(['c c'])
  })
})

test('a ping is said every 25 s, and any word answers it', async () => {
  const { world, client } = await member(2)
  await world.pass(25_000)
  expect(world.socket().heard()).toEqual(['ping'])
  world.socket().say('pong')
  await world.pass(25_000)
  expect([world.socket().heard(), client.state]).toEqual([['ping'], 'connected'])
  await world.pass(8_000)
  expect(client.state).toBe('reconnecting')
})
