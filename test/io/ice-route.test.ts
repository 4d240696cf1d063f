/** What /ice answers, and to whom. */
import { describe, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import type { TurnCredentialsConfig } from '../../src/config/config.ts'
import { iceServers } from '../../src/io/ice-route.ts'
import { turnCredentials } from '../../src/io/turn-credentials-route.ts'

const own = {
  secret: 'own',
  turn: ['turn:192.0.2.1:3478?transport=udp', 'turns:turn.example.org:5349?transport=tcp'],
  stun: ['stun:192.0.2.1:3478'],
}
const withKey: TurnCredentialsConfig = { apiKey: 'the-key', servers: [] }
const development: TurnCredentialsConfig = { servers: [], openToThisMachine: true }
const now = 1_700_000_000_000

interface Asked {
  readonly config?: TurnCredentialsConfig
  readonly address?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly own?: typeof own | undefined
}

async function ask(query: string, asked: Asked = {}): Promise<Response> {
  const { config = withKey, address = '192.0.2.77', headers = {} } = asked
  const host = { host: 'turn.example.org', ...headers }
  const request = new Request(`http://turn.example.org/ice${query}`, { headers: host })
  return iceServers(request, address, config, 'own' in asked ? asked.own : own, now)
}

const credential = (username: string, secret = 'own'): string =>
  createHmac('sha1', secret).update(username).digest('base64')

test('the answer is what RTCPeerConnection takes', async () => {
  const answer = await ask('?service=turn&username=me&key=the-key')
  expect(answer.status).toBe(200)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.headers.get('access-control-allow-origin')).toBe(null)
  const username = '1700086400:me'
  expect(await answer.json()).toEqual({
    iceServers: [{ urls: own.stun }, { urls: own.turn, username, credential: credential(username) }],
    lifetimeDuration: '86400s',
  })
})

test('servers elsewhere go before our own, without a word on STUN', async () => {
  const config = { apiKey: 'the-key', secret: 'theirs', servers: ['turn:198.51.100.1'] }
  expect(await (await ask('?key=the-key&username=me', { config })).json()).toMatchObject({
    iceServers: [{ urls: config.servers, credential: credential('1700086400:me', 'theirs') }],
  })
})

test.each([
  ['60', '60s', '1700000060:me'],
  ['86400', '86400s', '1700086400:me'],
  ['86401', '86400s', '1700086400:me'],
  ['999999999', '86400s', '1700086400:me'],
])('ttl=%s is for %s', async (ttl, lifetimeDuration, username) => {
  const answer = await ask(`?key=the-key&username=me&ttl=${ttl}`)
  expect(await answer.json()).toMatchObject({ lifetimeDuration, iceServers: [{}, { username }] })
})

test('a name is as long as USERNAME may be, whatever its letters', async () => {
  for (const letter of ['n', 'ü', 'マ', '😀']) {
    const answer: unknown = await (await ask(`?key=the-key&username=${encodeURIComponent(letter.repeat(300))}`)).json()
    const username = /"username":"([^"]*)"/.exec(JSON.stringify(answer))?.[1] ?? ''
    expect(Buffer.byteLength(username)).toBeLessThanOrEqual(508)
    expect(username).toMatch(new RegExp(`^1700086400:${letter}{100,}$`, 'u'))
  }
})

describe('who may ask', () => {
  test.each<[string, number, string, Asked]>([
    ['key', 200, '?key=the-key', {}],
    ['api', 200, '?api=the-key', {}],
    ['a bearer token', 200, '', { headers: { authorization: 'Bearer the-key' } }],
    ['no key', 401, '?service=turn', {}],
    ['an empty key', 401, '?key=', {}],
    ['another way to sign in', 401, '', { headers: { authorization: 'Basic the-key' } }],
    ['a wrong key', 403, '?key=the-kez', {}],
    ['a wrong bearer token', 403, '?key=the-key', { headers: { authorization: 'Bearer the-kez' } }],
    ['a wrong key from this machine', 403, '?key=x', { address: '127.0.0.1' }],
    ['anybody where there is no key', 404, '?key=', { config: { servers: [] }, address: '127.0.0.1' }],
    ['undefined where there is no key', 404, '?key=undefined', { config: { servers: [] } }],
  ])('%s: %i', async (_, status, query, asked) => {
    const answer = await ask(query, asked)
    expect(answer.status).toBe(status)
    expect(await answer.text()).not.toContain('the-key')
  })

  test('401 says how', async () => {
    expect((await ask('')).headers.get('www-authenticate')).toBe('Bearer')
  })

  test.each<[string, string, number]>([
    ['127.0.0.1', '127.0.0.1:8080', 200],
    ['127.0.0.1', 'localhost', 200],
    ['::1', '[::1]:8080', 200],
    ['192.0.2.1', '127.0.0.1:8080', 404],
    ['127.0.0.1', 'evil.example:8080', 404],
    ['127.0.0.1', '127.0.0.1.evil.example', 404],
  ])('in development mode, from %s to %s: %i', async (address, host, status) => {
    expect((await ask('', { config: development, address, headers: { host } })).status).toBe(status)
  })
})

test.each<[string, number, string, Asked]>([
  ['another service', 400, '?key=the-key&service=stun', {}],
  ['a ttl of nothing', 400, '?key=the-key&ttl=0', {}],
  ['a ttl in words', 400, '?key=the-key&ttl=day', {}],
  ['no server at all', 404, '?key=the-key', { own: undefined }],
  ['a server without secret', 404, '?key=the-key', { own: { ...own, secret: '' } }],
])('%s: %i', async (_, status, query, asked) => {
  expect((await ask(query, asked)).status).toBe(status)
})

test('/turn/credentials says 404 where there is nothing to hand out', async () => {
  const request = () => new Request('http://a/turn/credentials?service=turn&key=the-key')
  expect((await turnCredentials(request(), withKey, undefined, now)).status).toBe(404)
  expect((await turnCredentials(request(), withKey, { ...own, secret: undefined }, now)).status).toBe(404)
  expect((await turnCredentials(request(), withKey, own, now)).status).toBe(200)
})
