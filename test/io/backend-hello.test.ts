/** Hello 2.0 from end to end, with a Nextcloud that publishes and changes its key. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { createHelloTokens } from '../../src/auth/hello-token.ts'
import { createCapabilitiesSource } from '../../src/io/backend-capabilities.ts'
import { createIdentifyHello } from '../../src/io/backend-hello.ts'
import { createHttpClient, type HttpClient } from '../../src/io/http-client.ts'
import { createBackends } from '../../src/protocols/talk/backend/backends.ts'
import { type StubTalk, startStubTalk } from '../support/stub-talk.ts'

let talk: StubTalk
let http: HttpClient

beforeEach(async () => {
  talk = await startStubTalk()
  http = createHttpClient({
    connectionsPerHost: 8,
    waitingPerHost: 9,
    longestBody: 99_999,
    skipVerify: false,
    keepIdle: 9_000,
  })
})
afterEach(async () => {
  http[Symbol.dispose]()
  await talk[Symbol.asyncDispose]()
})

function identifier() {
  const limits = { sessionLimit: 0, maxStreamBitrate: 0, maxScreenBitrate: 0 }
  const backends = createBackends(
    ['one', 'two'].map((id) => ({
      id,
      accepts: { kind: 'urls', urls: [talk.url(id)] },
      secret: talk.secret(id),
      ...limits,
    })),
  )
  const capabilities = createCapabilitiesSource({
    http,
    timeout: 5_000,
    userAgent: 'test',
    now: () => performance.now(),
    failed: () => {},
  })
  const identify = createIdentifyHello({ backends, capabilities, tokens: createHelloTokens(), now: () => Date.now() })
  return async (token: string, cloud = 'one', as: 'client' | 'federation' = 'client') => {
    const backend = backends.byId(cloud)
    if (!backend) throw new Error(`no backend ${cloud}`)
    const result = await identify({ backend, url: talk.url(cloud), token, as })
    return result.ok ? [result.value.userId, result.value.user?.text] : [result.error.code, result.error.why]
  }
}
const asked = () => talk.requests.filter(({ type }) => type === 'capabilities').length

test.each(['ES256', 'ES384', 'RS256', 'EdDSA'] as const)('%s', async (algorithm) => {
  await talk.useKeys(algorithm)
  const identify = identifier()
  expect(await identify(await talk.token({ sub: 'alice', userdata: { displayname: 'Alice' } }))).toEqual([
    'alice',
    '{"displayname":"Alice"}',
  ])
})

test('a guest, and user data that PHP left empty', async () => {
  const identify = identifier()
  expect(await identify(await talk.token({}))).toEqual(['', undefined])
  expect(await identify(await talk.token({ sub: 'bob', userdata: [] }))).toEqual(['bob', undefined])
  expect(asked()).toBe(1)
})

test('a changed key works at once', async () => {
  const identify = identifier()
  expect(await identify(await talk.token({ sub: 'alice' }))).toEqual(['alice', undefined])
  await talk.useKeys('ES256')
  expect(await identify(await talk.token({ sub: 'bob' }))).toEqual(['bob', undefined])
  await talk.useKeys('RS256')
  // Only once in ten seconds: somebody who sends bad tokens must not make us ask for each.
  expect(await identify(await talk.token({ sub: 'carol' }))).toEqual(['invalid_token', 'key'])
  expect(asked()).toBe(2)
})

test('a key that appears after the capabilities were read works at once', async () => {
  const { keys } = talk.capabilities
  const token = await talk.token({ sub: 'alice' })
  talk.capabilities.keys = undefined
  const identify = identifier()
  expect(await identify('nonsense')).toEqual(['invalid_token', 'format'])
  talk.capabilities.keys = keys
  expect(await identify(token)).toEqual(['alice', undefined])
})

test('bad tokens cost one further request in ten seconds', async () => {
  const identify = identifier()
  const token = await talk.token({ sub: 'alice' })
  await talk.useKeys('ES256')
  for (let count = 0; count < 5; count++) expect(await identify(token)).toEqual(['invalid_token', 'signature'])
  expect(asked()).toBe(2)
})

test('a token of one backend is no token of another', async () => {
  const identify = identifier()
  const token = await talk.token({ sub: 'alice' }, 'one')
  expect(await identify(token, 'two')).toEqual(['invalid_token', 'issuer'])
})

test('codes for tokens out of time', async () => {
  const identify = identifier()
  const now = Math.floor(Date.now() / 1000)
  expect(await identify(await talk.token({ iat: now + 600, exp: now + 900 }))).toEqual(['token_not_valid_yet', 'time'])
  expect(await identify(await talk.token({ iat: now - 900, exp: now - 600 }))).toEqual(['token_expired', 'time'])
})

test('somebody of another Nextcloud is taken only where Talk knows federation', async () => {
  await using parts = new AsyncDisposableStack()
  parts.defer(() => {
    talk.capabilities.features = [...talk.capabilities.features, 'federation-v2']
  })
  const token = await talk.token({ sub: 'eve', userdata: { actorId: 'eve@far', actorType: 'federated_users' } })
  expect(await identifier()(token, 'one', 'federation')).toEqual([
    'eve',
    '{"actorId":"eve@far","actorType":"federated_users"}',
  ])
  talk.capabilities.features = talk.capabilities.features.filter((feature) => feature !== 'federation-v2')
  expect(await identifier()(token, 'one', 'federation')).toEqual(['federation_unsupported', 'capability'])
  expect(await identifier()(token, 'one')).toEqual(['eve', '{"actorId":"eve@far","actorType":"federated_users"}'])
})
