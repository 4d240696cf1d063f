/** The keys of providers: when they are read, and what becomes of tokens meanwhile. */
import { describe, expect, test } from 'bun:test'
import type { ProviderFact } from '../../../src/io/oidc/provider.ts'
import { createOidc, type Oidc } from '../../../src/io/oidc/providers.ts'
import { createClock } from '../../support/clock.ts'
import { freePort } from '../../support/free-port.ts'
import { type StubOidc, startStubOidc } from '../../support/oidc-stub.ts'

interface Scene extends Disposable {
  readonly oidc: Oidc
  readonly facts: ProviderFact[]
  /** Lets time go by, for the age of keys. */
  pass(ms: number): void
  /** `good`, or why not. */
  outcome(token: string): Promise<string>
}

function scene(stubs: readonly Pick<StubOidc, 'issuer' | 'url'>[]): Scene {
  const clock = createClock(Date.now())
  const facts: ProviderFact[] = []
  const oidc = createOidc({
    providers: stubs.map(({ issuer, url }, index) => ({
      name: `p${index}`,
      issuer,
      discovery: url,
      audiences: ['my-client'],
    })),
    clockSkew: 60_000,
    refresh: 10_000,
    now: clock.now,
    today: clock.now,
    note: (fact) => facts.push(fact),
  })
  return {
    oidc,
    facts,
    pass: (ms) => clock.moveTo(clock.now() + ms),
    async outcome(token) {
      const checked = await oidc.verify(token)
      return checked.ok ? 'good' : checked.error.why
    },
    [Symbol.dispose]: () => oidc[Symbol.dispose](),
  }
}

test('each kind of key that is allowed checks its tokens', async () => {
  await using stub = startStubOidc()
  for (const kind of ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const) {
    stub.addKey(kind, kind)
    using here = scene([stub])
    expect([kind, await here.outcome(await stub.token())]).toEqual([kind, 'good'])
  }
})

describe('a key', () => {
  test('that is new counts as soon as a token names it', async () => {
    await using stub = startStubOidc()
    using here = scene([stub])
    expect(await here.outcome(await stub.token())).toBe('good')
    stub.addKey('second')
    here.pass(2_000)
    expect(await here.outcome(await stub.token())).toBe('good')
    expect(here.facts).toEqual([
      { fact: 'oidc-keys-read', provider: 'p0', keys: 1 },
      { fact: 'oidc-keys-read', provider: 'p0', keys: 2 },
    ])
  })

  test('that was withdrawn counts no longer than 10 s', async () => {
    await using stub = startStubOidc()
    using here = scene([stub])
    const token = await stub.token()
    expect(await here.outcome(token)).toBe('good')
    stub.withdraw('first')
    stub.addKey('second')
    here.pass(9_000)
    expect(await here.outcome(token)).toBe('good')
    here.pass(1_001)
    expect(await here.outcome(token)).toBe('key')
    expect(await here.outcome(await stub.token())).toBe('good')
  })

  test('that is invented does not make us ask more than once in 2 s, whoever and however many name one', async () => {
    await using stub = startStubOidc()
    using here = scene([stub])
    await here.outcome(await stub.token())
    const before = stub.asked()
    here.pass(2_000)
    const invented = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => here.outcome(await stub.token({}, { kid: `k${index}` }))),
    )
    expect(new Set(invented)).toEqual(new Set(['key']))
    here.pass(1_999)
    await here.outcome(await stub.token({}, { kid: 'one more' }))
    expect(stub.asked() - before).toBe(1)
  })

  test('under whose kid another kind of key stands is not mixed up with it', async () => {
    await using stub = startStubOidc()
    stub.addKey('first', 'ES256')
    using here = scene([stub])
    expect(await here.outcome(await stub.token())).toBe('good')
    expect(await here.outcome(await stub.token({}, { kid: 'unknown' }))).toBe('key')
  })

  test('that is for encryption, symmetric, too short or spoilt is none', async () => {
    await using stub = startStubOidc()
    const { jwk } = await published(stub)
    for (const [kid, spoilt] of Object.entries({
      encryption: { ...jwk, use: 'enc' },
      wrapping: { ...jwk, key_ops: ['wrapKey'] },
      symmetric: { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' },
      other: { ...jwk, alg: 'RSA-OAEP' },
      spoilt: { ...jwk, n: '%%%' },
      short: { ...jwk, n: jwk.n?.slice(0, 80) },
      number: { ...jwk, kid: 7 },
    })) {
      await using other = startStubOidc()
      other.addKey(kid, 'RS256', { kid, ...spoilt } as never)
      using here = scene([other])
      expect([kid, await here.outcome(await other.token())]).not.toEqual([kid, 'good'])
    }
  })
})

async function published(stub: StubOidc) {
  const { keys } = (await (await fetch(`${stub.url}/jwks`)).json()) as { readonly keys: readonly { n?: string }[] }
  return { jwk: keys[0] ?? {} }
}

describe('a provider', () => {
  test('that is not there makes its own users wait, and nobody else', async () => {
    await using one = startStubOidc()
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    using here = scene([one, { issuer: url, url }])
    expect(await here.outcome(await one.token())).toBe('good')
    expect(await here.outcome(await one.token({ iss: url }))).toBe('unavailable')
    expect(here.facts).toContainEqual({ fact: 'oidc-provider-failed', provider: 'p1', why: expect.any(String) })
    await using late = startStubOidc({ port })
    expect(await here.outcome(await late.token())).toBe('unavailable')
    here.pass(2_000)
    expect(await here.outcome(await late.token())).toBe('good')
  })

  test('that goes away later is not needed for an hour', async () => {
    await using stub = startStubOidc()
    using here = scene([stub])
    const token = await stub.token({ exp: Math.floor(Date.now() / 1_000) + 100_000 })
    expect(await here.outcome(token)).toBe('good')
    stub.answer(() => new Response('', { status: 500 }))
    here.pass(3_500_000)
    expect(await here.outcome(token)).toBe('good')
    here.pass(200_000)
    expect(await here.outcome(token)).toBe('unavailable')
    stub.answer(undefined)
    here.pass(2_000)
    expect(await here.outcome(token)).toBe('good')
  })
})

describe('what a provider answers', () => {
  const spoilt: readonly (readonly [string, (stub: StubOidc) => (path: string) => Response])[] = [
    ['a redirect', (stub) => () => Response.redirect(`${stub.url}/jwks`, 302)],
    ['no JSON', () => () => new Response('<html>')],
    ['another kind of JSON', () => () => new Response('[]')],
    ['a discovery document without keys', () => () => Response.json({ jwks_uri: 7 })],
    ['keys in a file', () => () => Response.json({ jwks_uri: 'file:///etc/passwd' })],
    ['keys with a password in the address', () => () => Response.json({ jwks_uri: 'http://a:b@127.0.0.1/' })],
    ['too much', () => () => new Response(`{"jwks_uri":"${'x'.repeat(300_000)}"}`)],
    [
      'too many keys',
      (stub) => (path) =>
        path === '/jwks'
          ? Response.json({ keys: Array(101).fill({}) })
          : Response.json({ jwks_uri: `${stub.url}/jwks` }),
    ],
    ['an error', () => () => new Response('{}', { status: 404 })],
  ]
  test.each(spoilt)('%s is no key set', async (_, answer) => {
    await using stub = startStubOidc()
    stub.answer(answer(stub))
    using here = scene([stub])
    expect(await here.outcome(await stub.token())).toBe('unavailable')
    expect(here.facts.map(({ fact }) => fact)).toEqual(['oidc-provider-failed'])
  })

  test('may have another address than the issuer that its tokens name', async () => {
    await using stub = startStubOidc({ issuer: 'http://op.localhost/realms/auth' })
    using here = scene([{ issuer: stub.issuer, url: `${stub.url}/` }])
    expect(await here.outcome(await stub.token())).toBe('good')
    expect(await here.outcome(await stub.token({ iss: 'http://op.localhost/realms/auth/' }))).toBe('good')
    expect(await here.outcome(await stub.token({ iss: stub.url }))).toBe('issuer')
  })
})
