import { expect, test } from 'bun:test'
import { type IceServerSet, IceServers, iceServersFrom, readIceServers } from '../../../sdk/src/rtc/ice-servers.ts'
import { virtualWorld } from '../support/virtual-world.ts'

const set = (name: string, lifetime?: number): IceServerSet => ({
  iceServers: [{ urls: [`turn:${name}`] }],
  ...(lifetime === undefined ? {} : { lifetime }),
})

test('a set is shared while it is young, and asked for again when most of its life has gone', async () => {
  const world = virtualWorld()
  let asked = 0
  const servers = new IceServers(async () => set(String(++asked), 10_000), world)
  expect(await Promise.all([servers.get(), servers.get()])).toEqual([set('1', 10_000), set('1', 10_000)])
  const followed: string[] = []
  const stop = servers.follow(({ iceServers }) => followed.push(String(iceServers[0]?.urls)))
  await world.pass(7_999)
  expect(followed).toEqual([])
  await world.pass(1)
  expect(followed).toEqual(['turn:2'])
  await world.pass(8_000)
  expect(followed).toEqual(['turn:2', 'turn:3'])
  stop()
  await world.pass(60_000)
  expect([asked, world.next()]).toEqual([3, undefined])
})

test('a source that fails is asked again, and the old set is not taken for new', async () => {
  const world = virtualWorld()
  const answers = [set('1', 10_000), new Error('down'), set('2')]
  const servers = new IceServers(async () => {
    const answer = answers.shift()
    if (answer instanceof Error || !answer) throw answer
    return answer
  }, world)
  await servers.get()
  const followed: unknown[] = []
  servers.follow((next) => followed.push(next))
  await world.pass(8_000)
  expect(followed).toEqual([])
  await world.pass(10_000)
  expect([followed, world.next()]).toEqual([[set('2')], undefined])
})

test('a list that stays is never asked for', async () => {
  const world = virtualWorld()
  const servers = new IceServers([{ urls: 'stun:a' }], world)
  expect(await servers.get()).toEqual({ iceServers: [{ urls: 'stun:a' }] })
  servers.follow(() => {})
  expect(world.next()).toBeUndefined()
})

test('what /ice answers is read, and what is no server is left out', () => {
  const text = JSON.stringify({
    iceServers: [{ urls: ['stun:a'] }, { urls: 'turn:b', username: 'u', credential: 'c' }, { urls: 7 }, 'x'],
    lifetimeDuration: '3600s',
  })
  expect(readIceServers(text)).toEqual({
    iceServers: [{ urls: ['stun:a'] }, { urls: ['turn:b'], username: 'u', credential: 'c' }],
    lifetime: 3_600_000,
  })
  expect(readIceServers('nonsense')).toEqual({ iceServers: [] })
})

test('the key travels in the header, the user in the query; a refusal is an error', async () => {
  const asked: unknown[] = []
  const answers = [new Response('{"iceServers":[]}'), new Response('', { status: 403 })]
  const source = iceServersFrom('https://host/ice', {
    key: 'secret',
    user: 'anna',
    fetch: async (url, init) => {
      asked.push([url, init?.headers])
      return answers.shift() ?? new Response()
    },
  })
  expect(await source()).toEqual({ iceServers: [] })
  expect(asked).toEqual([['https://host/ice?username=anna', { authorization: 'Bearer secret' }]])
  await expect(source()).rejects.toMatchObject({ code: 'no_ice_servers', temporary: true })
})
