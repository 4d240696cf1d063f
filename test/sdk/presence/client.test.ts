import { expect, test } from 'bun:test'
import { PresenceClient, type PresenceClientOptions } from '../../../sdk/src/index.ts'
import { fakeRtc } from '../support/fake-rtc.ts'
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.ts'

const user = (subject: string) => ({ issuer: 'https://op', subject, username: `The ${subject}` })
const online = (subject: string) => ({ type: 'userOnline', body: { user: user(subject) } })
const list = (...subjects: string[]) => ({ type: 'userList', body: { users: subjects.map(user) } })
const idOf = (subject: string) => `https://op ${subject}`

async function enter(world: VirtualWorld, ...subjects: readonly [string, ...string[]]): Promise<void> {
  await world.settled()
  world.socket().open()
  expect(world.socket().heard()).toEqual([{ type: 'userList' }])
  world.socket().say(online(subjects[0]))
  world.socket().say(list(...subjects))
  await world.settled()
}

async function member(options: Partial<PresenceClientOptions> = {}) {
  const world = virtualWorld()
  const client = new PresenceClient({ url: 'wss://host/', token: 'T', world, ...options })
  const joining = client.join()
  await enter(world, 'me', 'a')
  return { world, client, room: await joining }
}

test('the token travels where it is told to', async () => {
  const addresses = [
    ['query', 'wss://host/?oidc=T', []],
    ['subprotocol', 'wss://host/', ['presence', 'bearer.T']],
    ['cookie', 'wss://host/', []],
  ] as const
  for (const [tokenIn, url, protocols] of addresses) {
    const { world } = await member({ tokenIn })
    expect([world.socket().url, world.socket().protocols]).toEqual([url, [...protocols]])
  }
})

test('a list that nobody asked for replaces what is known', async () => {
  const { world, room } = await member()
  world.socket().say(online('b'))
  world.socket().say(list('me', 'b', 'c'))
  expect([...room.members.keys()]).toEqual(['b', 'c'].map(idOf))
})

test('whoever writes before his coming was told has come; what looks like news of the server and has a sender is none', async () => {
  const { world, client, room } = await member()
  const origin = { issuer: 'https://op', subject: 'early' }
  const typed = client.once('typed')
  world.socket().say({ type: 'userOffline', origin, body: { user: user('a') } })
  expect(await typed).toEqual({ from: idOf('early'), type: 'userOffline', body: { user: user('a') } })
  expect([...room.members.keys()]).toEqual(['a', 'early'].map(idOf))
})

test('calls go by the words of the original client', async () => {
  const { made, RTCPeerConnection } = fakeRtc()
  const { world, room } = await member({ rtc: { RTCPeerConnection, iceServers: [] } })
  const link = room.members.get(idOf('a'))?.rtc()
  link?.channel('chat', 0)
  await made[0]?.finish(world.settled)
  link?.close()
  const target = { issuer: 'https://op', subject: 'a' }
  expect(world.socket().heard()).toMatchObject([
    { type: 'call-offer', target, body: { desc: { type: 'offer' } } },
    { type: 'new-icecandidate', target, body: { candidate: { sdpMid: '0' } } },
    { type: 'new-icecandidate', target, body: { candidate: null } },
    { type: 'hang-up', target },
  ])
})

test('ICE servers are asked for when the first link needs them, and a server that has none is not waited for', async () => {
  const { made, RTCPeerConnection } = fakeRtc()
  const { world, room } = await member({ rtc: { RTCPeerConnection } })
  room.members.get(idOf('a'))?.rtc()
  expect(world.socket().heard()).toEqual([{ type: 'iceServers' }])
  world
    .socket()
    .say({ type: 'iceServers', body: { iceServers: [{ urls: ['turn:t'], username: 'u', credential: 'c' }] } })
  await world.settled()
  expect(made[0]?.configuration.iceServers).toEqual([{ urls: ['turn:t'], username: 'u', credential: 'c' }])

  const without = await member({ rtc: { RTCPeerConnection } })
  const link = without.room.members.get(idOf('a'))?.rtc()
  link?.channel('chat', 0)
  await without.world.pass(3_000)
  expect(made[1]?.operations).toHaveLength(1)
})

test('a refusal of the server is an error of the client', async () => {
  const { world, client } = await member()
  const error = client.once('error')
  world.socket().say({ type: 'error', error: { code: 'target_offline', message: 'The target is not online.' } })
  expect(await error).toMatchObject({ code: 'target_offline', temporary: true, message: 'The target is not online.' })
})

test('the same user is resumed, another one is somebody new', async () => {
  const { world, client, room } = await member()
  const resumed = client.once('resumed')
  world.socket().end(1006)
  await world.pass(500)
  await enter(world, 'me', 'b')
  expect(await resumed).toEqual({ id: idOf('me') })
  expect([...room.members.keys()]).toEqual([idOf('b')])
  client.setToken('of another')
  const rejoined = room.once('rejoined')
  world.socket().end(1006)
  await world.pass(2_000)
  await enter(world, 'another', 'b', 'me')
  expect(await rejoined).toEqual({ selfId: idOf('another'), formerId: idOf('me') })
  expect([...room.members.keys()]).toEqual(['b', 'me'].map(idOf))
  world.socket().end(1006)
  await world.pass(5_000)
  await enter(world, 'b', 'me')
  expect([...room.members.keys()]).toEqual([idOf('me')])
})

test('a close that trying again would lead to again is final', async () => {
  const { world, client } = await member()
  world.socket().end(1008, 'too many connections of this user')
  expect(client.state).toBe('closed')
  const slow = await member()
  slow.world.socket().end(1008, 'connection too slow to keep up with messages')
  expect(slow.client.state).toBe('reconnecting')
})
