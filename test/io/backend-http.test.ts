/** Questions to a Nextcloud over real HTTP, and what becomes of every kind of bad answer. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { randomBytes } from 'node:crypto'
import { type BackendClientOptions, type BackendExchange, createBackendClient } from '../../src/io/backend-http.ts'
import { RawJson } from '../../src/protocols/json-wire.ts'
import type { Backend } from '../../src/protocols/talk/backend/backends.ts'
import type { BackendRequest } from '../../src/protocols/talk/backend/messages.ts'
import { type StubTalk, startStubTalk } from '../support/stub-talk.ts'
import { type TalkAnswer, talkError } from '../support/talk-answers.ts'

let talk: StubTalk
let exchanges: BackendExchange[]
const clean: (() => void)[] = []

beforeEach(async () => {
  talk = await startStubTalk()
  exchanges = []
})
afterEach(async () => {
  for (const end of clean.splice(0)) end()
  await talk[Symbol.asyncDispose]()
})

function client(changes: Partial<BackendClientOptions> = {}) {
  const made = createBackendClient({
    timeout: 5_000,
    connectionsPerHost: 8,
    skipVerify: false,
    version: '1.2.3',
    features: ['audio-video-permissions', 'welcome'],
    now: () => performance.now(),
    randomBytes,
    asked: (exchange) => void exchanges.push(exchange),
    ...changes,
  })
  clean.push(() => made[Symbol.dispose]())
  return made
}

const backendOf = (secret: string): Backend => ({
  id: 'one',
  urls: [],
  secret,
  sessionLimit: 0,
  maxStreamBitrate: 0,
  maxScreenBitrate: 0,
})
const auth = (params: unknown): BackendRequest => ({
  type: 'auth',
  auth: { version: '1.0', params: new RawJson(JSON.stringify(params)) },
})
const join = (roomid: string): BackendRequest => ({
  type: 'room',
  room: { version: '1.0', roomid, userid: 'alice', sessionid: 'nc-1' },
})
const ask = (request: BackendRequest, changes: Partial<BackendClientOptions> = {}) =>
  client(changes).ask(backendOf(talk.secret()), talk.url(), request)

test('a user is let in; the question is signed and says who asks', async () => {
  expect(await ask(auth({ userid: 'alice', ticket: 't' }))).toMatchObject({
    ok: true,
    value: { type: 'auth', auth: { userid: 'alice', user: { text: '{"displayname":"The alice"}' } } },
  })
  const asked = await talk.request(({ type }) => type === 'auth')
  expect(asked).toMatchObject({
    method: 'POST',
    path: '/one/ocs/v2.php/apps/spreed/api/v3/signaling/backend',
    authentic: true,
  })
  expect(asked.body).toEqual({ type: 'auth', auth: { version: '1.0', params: { userid: 'alice', ticket: 't' } } })
  expect(asked.headers).toMatchObject({
    'content-type': 'application/json',
    accept: 'application/json',
    'ocs-apirequest': 'true',
    'user-agent': 'nextcloud-spreed-signaling/1.2.3',
    'x-spreed-signaling-features': 'audio-video-permissions, welcome',
    'spreed-signaling-random': expect.stringMatching(/^[0-9a-f]{64}$/),
  })
})

test('a Talk without signaling-v3 is asked at v1', async () => {
  talk.capabilities.features = ['audio']
  expect((await ask(join('room1'))).ok).toBe(true)
  expect((await talk.request(({ type }) => type === 'room')).path).toContain('/api/v1/signaling/backend')
})

test('capabilities are asked for once, and kept', async () => {
  const one = client()
  const backend = backendOf(talk.secret())
  await Promise.all([one.ask(backend, talk.url(), join('a')), one.ask(backend, talk.url(), join('b'))])
  await one.ask(backend, talk.url(), join('c'))
  expect(talk.requests.filter(({ type }) => type === 'capabilities')).toHaveLength(1)
  expect(talk.requests.filter(({ type }) => type === 'room')).toHaveLength(3)
})

test('the parameters of a hello go out as they came in', async () => {
  const params = new RawJson('{"ticket":"t", "n": 1.50,"n":12345678901234567890}')
  await ask({ type: 'auth', auth: { version: '1.0', params } })
  expect((await talk.request(({ type }) => type === 'auth')).text).toContain(`"params":${params.text}`)
})

test("Talk's refusal comes with its code and message", async () => {
  talk.answerNext('room', talkError('no_such_room', 'The room is not known.'))
  expect(await ask(join('nowhere'))).toEqual({
    ok: false,
    error: { kind: 'refused', code: 'no_such_room', message: 'The room is not known.' },
  })
})

test('a wrong secret is refused by Talk', async () => {
  expect(await client().ask(backendOf('another'), talk.url(), join('a'))).toMatchObject({
    error: { kind: 'refused', code: 'invalid_request' },
  })
})

test('a virtual session: Talk does not know that type, and says so', async () => {
  const session = { version: '1.0', roomid: 'a', action: 'add', sessionid: 's' } as const
  expect(await ask({ type: 'session', session })).toMatchObject({ error: { kind: 'refused', code: 'unknown_type' } })
})

const bad: readonly (readonly [TalkAnswer, object])[] = [
  [{ kind: 'throttled' }, { kind: 'throttled' }],
  [{ kind: 'status', status: 429 }, { kind: 'throttled' }],
  [{ kind: 'html' }, { kind: 'unusable', reason: 'invalid_content_type', why: expect.stringContaining('Maintenance') }],
  [{ kind: 'garbage' }, { kind: 'unusable', reason: 'error_decoding_ocs' }],
  [{ kind: 'wrong-type' }, { kind: 'unusable', reason: 'error_decoding_ocs_data' }],
  [
    { kind: 'status', status: 503 },
    { kind: 'unusable', reason: 'error_decoding_ocs_data', why: expect.stringContaining('503') },
  ],
  [
    { kind: 'huge', bytes: 1_100_000 },
    { kind: 'unusable', reason: 'too_large' },
  ],
  [
    { kind: 'redirect', to: 'other-host' },
    { kind: 'unusable', reason: 'redirect', why: expect.stringContaining('another host') },
  ],
  [{ kind: 'close' }, { kind: 'unreachable', reason: 'closed_early' }],
  [{ kind: 'truncated' }, { kind: 'unreachable', reason: 'closed_early' }],
]

test.each(bad)('%j', async (answer, failure) => {
  // The answer may come on a connection that carried the capabilities before; then the question is asked once more.
  talk.answerNext('room', answer)
  talk.answerNext('room', answer)
  expect(await ask(join('a'))).toMatchObject({ ok: false, error: failure })
  expect(exchanges.map(({ backend, what, failure: told }) => [backend, what, told !== undefined])).toEqual([
    ['one', 'room', true],
  ])
})

test('a redirect on the same host is followed, with the same signed body', async () => {
  talk.answerNext('room', { kind: 'redirect', to: 'same-host' })
  expect((await ask(join('a'))).ok).toBe(true)
  const [first, second] = talk.requests.filter(({ type }) => type === 'room')
  expect(second).toMatchObject({ method: 'POST', authentic: true, text: first?.text })
  expect(second?.path).toEndWith('?redirected')
})

test('but not for ever', async () => {
  for (let count = 0; count < 4; count++) talk.answerNext('room', { kind: 'redirect', to: 'same-host' })
  expect(await ask(join('a'))).toMatchObject({ error: { kind: 'unusable', reason: 'redirect' } })
})

test('no answer in time', async () => {
  talk.answerNext('room', { kind: 'hang' })
  expect(await ask(join('a'), { timeout: 60 })).toMatchObject({ error: { kind: 'unreachable', reason: 'timeout' } })
  expect(exchanges).toMatchObject([{ failure: { reason: 'timeout' } }])
})

test('the time limit is for capabilities and question together', async () => {
  talk.answerNext('capabilities', { kind: 'hang' })
  expect(await ask(join('a'), { timeout: 60 })).toMatchObject({ error: { kind: 'unreachable', reason: 'timeout' } })
  expect(talk.requests.filter(({ type }) => type === 'room')).toEqual([])
  expect(exchanges).toMatchObject([{ what: 'capabilities' }, { what: 'room' }])
})

test('capabilities that fail do not keep the question from being asked', async () => {
  talk.answerNext('capabilities', { kind: 'html' })
  expect((await ask(join('a'))).ok).toBe(true)
  expect((await talk.request(({ type }) => type === 'room')).path).toContain('/api/v1/')
})

test('nobody there', async () => {
  const url = talk.url()
  await talk[Symbol.asyncDispose]()
  expect(await client().ask(backendOf('s'), url, join('a'))).toMatchObject({
    error: { kind: 'unreachable', reason: 'connection' },
  })
})

test('HTTPS: the certificate counts, unless it is not to', async () => {
  const backend = backendOf(talk.secret())
  const over = (changes: Partial<BackendClientOptions>) => client(changes).ask(backend, talk.secureUrl(), join('a'))
  expect(await over({})).toMatchObject({ error: { kind: 'unreachable', reason: 'tls' } })
  expect((await over({ authorities: talk.certificate })).ok).toBe(true)
  expect((await over({ skipVerify: true })).ok).toBe(true)
})

const rooms = [
  { roomId: 'a', entries: [{ sessionid: '1', userid: 'alice' }, { sessionid: '2' }] },
  { roomId: 'b', entries: [{ sessionid: '3' }] },
]

test('pings of all rooms go together as far as the capabilities allow', async () => {
  talk.capabilities.sessionPingLimit = 2
  expect(await client().ping(backendOf(talk.secret()), talk.url(), rooms)).toEqual([])
  const pings = talk.requests.filter(({ type }) => type === 'ping').map(({ body }) => body)
  expect(pings).toContainEqual({
    type: 'ping',
    ping: { version: '1.0', roomid: '', entries: [{ sessionid: '1', userid: 'alice' }, { sessionid: '2' }] },
  })
  expect(pings).toContainEqual({ type: 'ping', ping: { version: '1.0', roomid: '', entries: [{ sessionid: '3' }] } })
  expect(pings).toHaveLength(2)
})

test('pings go room by room where Talk knows no better; failures are told', async () => {
  talk.capabilities.sessionPingLimit = 0
  talk.answerNext('ping', { kind: 'throttled' }, '"roomid":"b"')
  expect(await client().ping(backendOf(talk.secret()), talk.url(), rooms)).toEqual([{ kind: 'throttled' }])
  expect(talk.requests.filter(({ type }) => type === 'ping')).toHaveLength(2)
})
