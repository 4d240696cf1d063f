/** Fetching capabilities: shared, in turn, conditional, and again when a key may have changed. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { createCapabilitiesSource } from '../../src/io/backend-capabilities.ts'
import type { BackendFailure } from '../../src/io/backend-exchange.ts'
import { createHttpClient, type HttpClient } from '../../src/io/http-client.ts'
import { type StubTalk, startStubTalk } from '../support/stub-talk.ts'

let talk: StubTalk
let http: HttpClient
let time: number
let failures: BackendFailure[]

beforeEach(async () => {
  talk = await startStubTalk()
  http = createHttpClient({
    connectionsPerHost: 8,
    waitingPerHost: 9,
    longestBody: 99_999,
    skipVerify: false,
    keepIdle: 9_000,
  })
  time = 1_000
  failures = []
})
afterEach(async () => {
  http[Symbol.dispose]()
  await talk[Symbol.asyncDispose]()
})

const source = () =>
  createCapabilitiesSource({
    http,
    timeout: 5_000,
    userAgent: 'test',
    now: () => time,
    failed: (_, failure) => void failures.push(failure),
  })
const asked = () => talk.requests.filter(({ type }) => type === 'capabilities')

test('reads what Talk can do, and its key', async () => {
  const capabilities = source()
  expect(capabilities.known(talk.url())).toBeUndefined()
  const loaded = await capabilities.load(talk.url())
  expect([...loaded.features]).toContain('signaling-v3')
  expect(loaded).toMatchObject({ pingLimit: 200, helloKey: talk.capabilities.keys?.published })
  expect(capabilities.known(talk.url())).toBe(loaded)
  expect(asked()).toMatchObject([{ method: 'GET', path: '/one/ocs/v2.php/cloud/capabilities' }])
  expect(asked()[0]?.headers).toMatchObject({
    accept: 'application/json',
    'ocs-apirequest': 'true',
    'user-agent': 'test',
  })
})

test('whoever asks for the same meanwhile shares the answer', async () => {
  const capabilities = source()
  const [one, two] = await Promise.all([capabilities.load(talk.url()), capabilities.load(talk.url())])
  expect(one).toBe(two)
  expect(asked()).toHaveLength(1)
})

test('one request at a time per host, whatever the path', async () => {
  const held = Promise.withResolvers<void>()
  talk.answerNext('capabilities', { kind: 'held', until: held.promise })
  const capabilities = source()
  const first = capabilities.load(talk.url('one'))
  const second = capabilities.load(talk.url('two'))
  await talk.request(({ cloud }) => cloud === 'one')
  expect(asked()).toHaveLength(1)
  held.resolve()
  await Promise.all([first, second])
  expect(asked().map(({ cloud }) => cloud)).toEqual(['one', 'two'])
})

test('when it is time, it is asked with the ETag; 304 keeps what is known', async () => {
  talk.capabilities.etag = '"v1"'
  const capabilities = source()
  const first = await capabilities.load(talk.url())
  time += 59_999
  await capabilities.load(talk.url())
  expect(asked()).toHaveLength(1)
  time += 1
  expect(await capabilities.load(talk.url())).toBe(first)
  expect(asked()).toHaveLength(2)
  expect(asked()[1]?.headers['if-none-match']).toBe('"v1"')
  expect(capabilities.known(talk.url())).toBe(first)
})

test('must-revalidate: what cannot be confirmed does not count', async () => {
  talk.capabilities.cacheControl = 'max-age=60, must-revalidate'
  const capabilities = source()
  await capabilities.load(talk.url())
  time += 60_000
  talk.answerNext('capabilities', { kind: 'html' })
  expect((await capabilities.load(talk.url())).features.size).toBe(0)
  expect(failures).toMatchObject([{ kind: 'unusable', reason: 'invalid_content_type' }])
})

test('without it, the former answer goes on counting', async () => {
  const capabilities = source()
  const first = await capabilities.load(talk.url())
  time += 60_000
  talk.answerNext('capabilities', { kind: 'status', status: 503 })
  expect(await capabilities.load(talk.url())).toBe(first)
  expect(failures).toMatchObject([{ kind: 'unusable' }])
})

test('what is known can be thrown away, at most once a minute', async () => {
  const capabilities = source()
  await capabilities.load(talk.url())
  expect(capabilities.invalidate(talk.url())).toBe(true)
  await capabilities.load(talk.url())
  expect(asked()).toHaveLength(2)
  expect(capabilities.invalidate(talk.url())).toBe(false)
})

test('a key is read again at once, but not by everybody', async () => {
  const capabilities = source()
  const before = await capabilities.load(talk.url())
  await talk.useKeys('EdDSA')
  const again = await capabilities.reread('one', talk.url())
  expect(again?.helloKey).not.toBe(before.helloKey)
  expect(capabilities.reread('one', talk.url())).toBeUndefined()
  time += 10_000
  expect(capabilities.reread('one', talk.url())).toBeDefined()
  await capabilities.load(talk.url())
})
