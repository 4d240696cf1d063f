/** How long Nextcloud's capabilities count, and when they may be asked for again. */
import { expect, test } from 'bun:test'
import {
  type Capabilities,
  createCapabilitiesCache,
  noCapabilities,
  readCacheControl,
  readCapabilities,
} from '../../../../src/protocols/talk/backend/capabilities.ts'

const url = 'https://cloud.example.com/'
const some: Capabilities = { features: new Set(['signaling-v3']), helloKey: 'key', pingLimit: 100 }
const fresh = (cacheControl?: string, etag?: string) => ({ cacheControl, etag })
const came = (cacheControl?: string, etag?: string) =>
  ({ came: 'new', capabilities: some, freshness: fresh(cacheControl, etag) }) as const

test('nothing is known before the first answer', () => {
  expect(createCapabilitiesCache().look(url, 0)).toEqual({
    isFresh: false,
    capabilities: noCapabilities,
    etag: undefined,
  })
})

test.each([
  ['max-age=600', 600_000],
  ['private, max-age=600', 600_000],
  ['max-age=5', 60_000],
  [undefined, 60_000],
  ['no-cache, max-age=600', 60_000],
  ['no-store, max-age=600', 60_000],
  ['max-age=nonsense', 60_000],
  ['max-age=999999999', 86_400_000],
])('with %p an answer counts for %d ms', (cacheControl, lasts) => {
  const cache = createCapabilitiesCache()
  expect(cache.answered(url, came(cacheControl), 1000)).toBe(some)
  expect(cache.look(url, 1000 + lasts - 1)).toMatchObject({ isFresh: true, capabilities: some })
  expect(cache.look(url, 1000 + lasts).isFresh).toBe(false)
})

test('an ETag is asked with, and what has not changed goes on counting', () => {
  const cache = createCapabilitiesCache()
  cache.answered(url, came(undefined, '"one"'), 0)
  expect(cache.look(url, 60_000)).toEqual({ isFresh: false, capabilities: some, etag: '"one"' })
  cache.answered(url, { came: 'unchanged', freshness: fresh('max-age=120') }, 60_000)
  expect(cache.look(url, 179_999)).toMatchObject({ isFresh: true, capabilities: some })
  expect(cache.look(url, 180_000).etag).toBe('"one"')
  cache.answered(url, came(), 180_000)
  expect(cache.look(url, 240_000).etag).toBeUndefined()
})

test('when asking fails, the former answer goes on counting for a while', () => {
  const cache = createCapabilitiesCache()
  cache.answered(url, came(), 0)
  expect(cache.answered(url, { came: 'nothing' }, 60_000)).toBe(some)
  expect(cache.look(url, 69_999).isFresh).toBe(true)
  expect(cache.look(url, 70_000)).toMatchObject({ isFresh: false, capabilities: some })
})

test('must-revalidate: when asking fails, nothing is known any more', () => {
  const cache = createCapabilitiesCache()
  cache.answered(url, came('max-age=60, must-revalidate', '"one"'), 0)
  expect(cache.answered(url, { came: 'nothing' }, 60_000)).toBe(noCapabilities)
  expect(cache.look(url, 61_000)).toEqual({ isFresh: false, capabilities: noCapabilities, etag: undefined })
})

test('when nothing was known, a failure is tried again soon, but not by everybody at once', () => {
  const cache = createCapabilitiesCache()
  cache.answered(url, { came: 'nothing' }, 0)
  expect(cache.look(url, 999).isFresh).toBe(true)
  expect(cache.look(url, 1000).isFresh).toBe(false)
})

test('what is known can be thrown away once a minute', () => {
  const cache = createCapabilitiesCache()
  cache.answered(url, came('max-age=600', '"one"'), 0)
  expect(cache.invalidate(url, 10)).toBe(true)
  expect(cache.look(url, 10)).toMatchObject({ isFresh: false, etag: '"one"' })
  cache.answered(url, came('max-age=600'), 20)
  expect(cache.invalidate(url, 60_009)).toBe(false)
  expect(cache.look(url, 60_009).isFresh).toBe(true)
  expect(cache.invalidate(url, 60_010)).toBe(true)
})

test('a key is read again at most once in 10 s per backend', () => {
  const cache = createCapabilitiesCache()
  expect(cache.mayRereadKey('one', 0)).toBe(true)
  expect(cache.mayRereadKey('one', 9999)).toBe(false)
  expect(cache.mayRereadKey('two', 9999)).toBe(true)
  expect(cache.mayRereadKey('one', 10_000)).toBe(true)
})

test('only so many URLs are remembered', () => {
  const cache = createCapabilitiesCache()
  cache.answered(url, came('max-age=600'), 0)
  for (let index = 0; index < 1000; index++) cache.answered(`${url}${index}/`, came('max-age=600'), 0)
  expect(cache.look(url, 0).isFresh).toBe(false)
  expect(cache.look(`${url}999/`, 0).isFresh).toBe(true)
})

test('reads what Talk says', () => {
  const body = (spreed: unknown) =>
    JSON.stringify({ ocs: { meta: {}, data: { version: {}, capabilities: { core: {}, spreed } } } })
  const signaling = { 'session-ping-limit': 200, 'hello-v2-token-key': 'PEM' }
  expect(readCapabilities(body({ features: ['a', 7, 'b'], config: { signaling } }))).toEqual({
    ok: true,
    value: { features: new Set(['a', 'b']), helloKey: 'PEM', pingLimit: 200 },
  })
  for (const spreed of [undefined, null, [], {}, { features: null, config: [] }, { config: { signaling: [] } }]) {
    expect(readCapabilities(body(spreed))).toEqual({ ok: true, value: noCapabilities })
  }
  const odd = { config: { signaling: { 'session-ping-limit': '200', 'hello-v2-token-key': 5 } } }
  expect(readCapabilities(body(odd))).toEqual({ ok: true, value: noCapabilities })
  for (const text of ['', '[]', '{"ocs":{"data":[]}}', '{"ocs":{"data":{"capabilities":7}}}']) {
    expect(readCapabilities(text).ok).toBe(false)
  }
})

test('reads Cache-Control', () => {
  expect(readCacheControl('Max-Age="30", MUST-REVALIDATE')).toEqual({ maxAge: 30_000, mustRevalidate: true })
  expect(readCacheControl('s-maxage=30')).toEqual({ maxAge: 0, mustRevalidate: false })
})
