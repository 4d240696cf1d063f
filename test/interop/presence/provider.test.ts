/** A real OpenID provider: its tokens open connections, whatever becomes of its keys and of itself. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { freePort } from '../../support/free-port.ts'
import { type RealProvider, startRealProvider } from '../../support/oidc-provider.ts'
import { startStubOidc } from '../../support/oidc-stub.ts'
import { openPresence, startPresenceServer } from '../../support/presence-client.ts'
import type { ServerInProcess } from '../../support/server-in-process.ts'

const outside = 'http://op.localhost/realms/auth'
let inside: RealProvider
let plain: RealProvider
let server: ServerInProcess
beforeAll(async () => {
  inside = await startRealProvider(outside)
  plain = await startRealProvider()
  server = await startPresenceServer(`
    [presence]
    providers = inside, plain, away
    interval = 1
    grace = 0
    refresh = 0.5
    [presence-inside]
    issuer = ${outside}/
    discovery = ${inside.url}
    audience = my-client
    [presence-plain]
    issuer = ${plain.url}
    audience = other-client
    [presence-away]
    issuer = http://127.0.0.1:${await freePort()}/realms/away
    audience = my-client
  `)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await inside[Symbol.asyncDispose]()
  await plain[Symbol.asyncDispose]()
})

const statusOf = async (token: string): Promise<number> =>
  (await fetch(`http://${server.address}/`, { headers: { authorization: `Bearer ${token}` } })).status
/** 426: it would be let in, if it asked for a WebSocket. */
const good = 426

/** Asks again until it is so; bounded by the time that the rule gives. */
async function becomes(status: number, token: () => Promise<string>): Promise<number> {
  const end = performance.now() + 15_000
  let last = await statusOf(await token())
  while (last !== status && performance.now() < end) {
    await Bun.sleep(200)
    last = await statusOf(await token())
  }
  return last
}

describe('[S7] users of two providers, one with another address inside', () => {
  test('meet and talk', async () => {
    await using ann = await openPresence(server.address, await inside.token('alice', 'my-client'))
    const annId = { issuer: outside, subject: 'alice' }
    expect(await ann.next()).toEqual({ type: 'userOnline', body: { user: { ...annId, username: 'alice' } } })
    await using ben = await openPresence(server.address, await plain.token('ben', 'other-client'))
    const benId = { issuer: plain.url, subject: 'ben' }
    const news = { type: 'userOnline', body: { user: { ...benId, username: 'ben' } } }
    expect([await ann.next(), await ben.next()]).toEqual([news, news])
    ben.send({ type: 'call-offer', target: annId, body: { desc: { type: 'offer', sdp: 'v=0\r\n' } } })
    expect(await ann.next()).toEqual({
      type: 'call-offer',
      origin: benId,
      body: { desc: { type: 'offer', sdp: 'v=0\r\n' } },
    })
  })

  test('each need a token for their own audience', async () => {
    expect(await statusOf(await inside.token('alice', 'other-client'))).toBe(400)
    expect(await statusOf(await plain.token('alice', 'my-client'))).toBe(400)
  })

  test('cannot vouch for the users of the other', async () => {
    await using forger = startStubOidc({ issuer: outside })
    expect(await statusOf(await forger.token({}, { kid: 'one' }))).toBe(401)
    await using imitator = startStubOidc({ issuer: plain.url, audience: 'other-client' })
    expect(await statusOf(await imitator.token({}, { kid: 'one' }))).toBe(401)
  })
})

test('[S5] a provider that is away keeps out its own users only', async () => {
  const config = server.log().match(/"provider":"away"/)
  expect(config).not.toBeNull()
  await using stub = startStubOidc()
  const issuer = /http:\/\/127\.0\.0\.1:\d+\/realms\/away/.exec(server.log())?.[0]
  const token = await stub.token({ iss: issuer })
  const answer = await fetch(`http://${server.address}/`, { headers: { authorization: `Bearer ${token}` } })
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
  expect(await statusOf(await inside.token('alice', 'my-client'))).toBe(good)
})

describe('[S6] a provider that exchanges its keys', () => {
  test('has tokens of the new one accepted at once, and those of the old one as long as it is published', async () => {
    const old = await inside.token('alice', 'my-client')
    expect(await statusOf(old)).toBe(good)
    inside.rotate('two', true)
    expect(await becomes(good, () => inside.token('alice', 'my-client'))).toBe(good)
    expect(await statusOf(old)).toBe(good)
    inside.rotate('three', false)
    expect(await becomes(401, async () => old)).toBe(401)
    expect(await becomes(good, () => inside.token('alice', 'my-client'))).toBe(good)
  }, 60_000)

  test('and goes away is not needed meanwhile, and connections that are open stay', async () => {
    const token = await inside.token('alice', 'my-client')
    await using ann = await openPresence(server.address, token)
    await ann.next()
    inside.isDown = true
    expect(await becomes(good, async () => token)).toBe(good)
    ann.send({ type: 'userList' })
    expect(await ann.next()).toMatchObject({ type: 'userList' })
    inside.isDown = false
    inside.rotate('four', false)
    expect(await becomes(good, () => inside.token('alice', 'my-client'))).toBe(good)
  }, 60_000)
})
