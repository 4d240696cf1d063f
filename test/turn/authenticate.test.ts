import { describe, expect, test } from 'bun:test'
import { timingSafeEqual } from 'node:crypto'
import fc from 'fast-check'
import {
  type Authentication,
  type Authenticator,
  type ChallengeReason,
  createAuthenticator,
  type Presented,
  type Sender,
} from '../../src/turn/authenticate.ts'
import { longTermKey } from '../../src/turn/codec/keys.ts'
import { createMessageWriter } from '../../src/turn/codec/message-writer.ts'
import { createCredentials, restPassword } from '../../src/turn/credentials.ts'
import { createNonces } from '../../src/turn/nonce.ts'
import { at } from './ip.ts'

const now = 1_760_000_000_000
const realm = 'example.org'
const client = at('192.0.2.1', 5000)
const nonces = createNonces(new Uint8Array(32))

const authenticator = (hook = false): Authenticator =>
  createAuthenticator({
    realm,
    nonces,
    credentials: createCredentials({ users: new Map([['alice', 'wonder']]), secrets: ['old', 'new'], hook }),
  })

const keyOf = (username: string, password: string) => longTermKey({ username, realm, password })
const madeWith =
  (key: Uint8Array) =>
  (given: Uint8Array): boolean =>
    timingSafeEqual(key, given)

/** A request that is in order, signed with this password, except for what is given. */
function request(username: string, password: string, but: Partial<Presented> = {}): Presented {
  const holds = madeWith(keyOf(username, password))
  const nonce = nonces.make(client, now)
  return {
    client,
    isBare: false,
    makesNew: true,
    hasIntegrity: true,
    algorithm: 'md5',
    username,
    realm,
    nonce,
    holds,
    ...but,
  }
}

const alice = request('alice', 'wonder')
const sender: Sender = { username: 'alice', user: 'alice', key: keyOf('alice', 'wonder') }
const challenge = (why: ChallengeReason, code: 401 | 438 = 401): Authentication => ({ outcome: 'challenge', code, why })
const badRequest: Authentication = { outcome: 'refusal', code: 400 }
const authenticate = (presented: Presented, ...more: [Sender?, Parameters<Authenticator['authenticate']>[3]?]) =>
  authenticator().authenticate(presented, now, ...more)

test('[A4] who has all in order is who he says he is', () => {
  expect(authenticate(alice)).toEqual({ outcome: 'ok', sender })
})

describe('[A4] what is missing, in this order', () => {
  const never = (): boolean => false
  const wrong = { realm: 'elsewhere', holds: never }
  test.each([
    ['no MAC: 401', { hasIntegrity: false, nonce: undefined, username: undefined }, challenge('no credentials')],
    ['no user name: 400', { ...wrong, username: undefined, nonce: 'x' }, badRequest],
    ['no realm: 400', { ...wrong, realm: undefined, nonce: 'x' }, badRequest],
    ['no nonce: 400', { ...wrong, nonce: undefined }, badRequest],
    ['a nonce that is not ours: 438', { ...wrong, nonce: 'x', username: 'mallory' }, challenge('stale nonce', 438)],
    [
      'a nonce of another client: 438',
      { nonce: nonces.make(at('192.0.2.1', 5001), now) },
      challenge('stale nonce', 438),
    ],
    ['an old nonce: 438', { nonce: nonces.make(client, now - 601_000) }, challenge('stale nonce', 438)],
    ['another realm: 401', { realm: 'elsewhere' }, challenge('foreign realm')],
    ['nobody: 401', { username: 'mallory' }, challenge('unknown user')],
    ['a wrong MAC: 401', { holds: never }, challenge('wrong password')],
  ] as const)('%s', (_name, but, expected) => {
    expect(authenticate({ ...alice, ...but })).toEqual(expected)
  })
})

test('[A5] a request without any attribute is answered with the shortest refusal', () => {
  const bare = { ...alice, isBare: true, hasIntegrity: false, username: undefined, realm: undefined, nonce: undefined }
  expect(authenticate(bare)).toEqual(badRequest)
})

test('[A15] what a stranger gets stays in proportion', () => {
  const target = new Uint8Array(200)
  const begin = (kind: 'request' | 'error') =>
    createMessageWriter().begin(target, 0, 'allocate', kind, new Uint8Array(12))
  expect(begin('request').end()).toBe(20)
  expect(begin('error').put('errorCode', { code: 400, reason: '' }).end()).toBe(28)
  expect(begin('request').put('requestedTransport', 17).end()).toBe(28)
  const refused = begin('error').put('errorCode', { code: 401, reason: '' })
  expect(refused.put('realm', realm).put('nonce', nonces.make(client, now)).end()).toBe(72)
})

describe('[A6] all keys are tried, whoever it is', () => {
  const tried = (username: string, password: string) => {
    let count = 0
    const fits = madeWith(keyOf(username, password))
    const holds = (key: Uint8Array): boolean => {
      count++
      return fits(key)
    }
    authenticate(request(username, password, { holds }))
    return count
  }
  const rest = `${now / 1000 + 60}:bob`

  test('the first secret, the second, none, a name that nobody has', () => {
    expect(tried(rest, restPassword('old', rest))).toBe(2)
    expect(tried(rest, restPassword('new', rest))).toBe(2)
    expect(tried(rest, 'wrong')).toBe(2)
    expect(tried('mallory', 'x')).toBe(2)
  })

  test('either secret is good, and the user part is what quotas count by', () => {
    for (const secret of ['old', 'new']) {
      const key = keyOf(rest, restPassword(secret, rest))
      expect(authenticate(request(rest, restPassword(secret, rest)))).toEqual({
        outcome: 'ok',
        sender: { username: rest, user: 'bob', key },
      })
    }
  })
})

describe('[A7] expiry and the owner', () => {
  const name = `${now / 1000 - 1}:bob`
  const expired = request(name, restPassword('new', name))
  const owner: Sender = { username: name, user: 'bob', key: keyOf(name, restPassword('new', name)) }

  test('an expired name makes nothing new, but is still who it is', () => {
    expect(authenticate(expired)).toEqual(challenge('expired'))
    expect(authenticate({ ...expired, makesNew: false })).toMatchObject({ outcome: 'ok' })
    expect(authenticate({ ...expired, holds: () => false })).toEqual(challenge('wrong password'))
  })

  test('what the owner asks needs no credential any more, only the key of then', () => {
    const gone = { username: 'gone', user: 'gone', key: keyOf('gone', 'then') }
    const asked = request('gone', 'then', { makesNew: false })
    expect(authenticate(asked)).toEqual(challenge('unknown user'))
    expect(authenticate(asked, gone)).toEqual({ outcome: 'ok', sender: gone })
    expect(authenticator(true).authenticate(asked, now, gone)).toEqual({ outcome: 'ok', sender: gone })
    expect(authenticate({ ...asked, holds: () => false }, gone)).toEqual(challenge('wrong password'))
    expect(authenticate({ ...asked, nonce: 'x' }, gone)).toEqual(challenge('stale nonce', 438))
  })

  test('another user on the same five-tuple is known by his own name', () => {
    expect(authenticate(alice, owner)).toEqual({ outcome: 'ok', sender })
  })
})

describe('[A12, A13] the hook', () => {
  const hooked = authenticator(true)
  const carol = request('carol', 'secret')

  test('is asked only after a good nonce, and not about names that we know', () => {
    expect(hooked.authenticate(carol, now)).toEqual({ outcome: 'ask', username: 'carol' })
    expect(hooked.authenticate({ ...carol, nonce: 'x' }, now)).toEqual(challenge('stale nonce', 438))
    expect(hooked.authenticate(alice, now)).toEqual({ outcome: 'ok', sender })
  })

  test('says the password, or that there is nobody', () => {
    const says = (password: string) => hooked.authenticate(carol, now, undefined, { known: true, password })
    const key = keyOf('carol', 'secret')
    expect(says('secret')).toEqual({ outcome: 'ok', sender: { username: 'carol', user: 'carol', key } })
    expect(says('other')).toEqual(challenge('wrong password'))
    expect(hooked.authenticate(carol, now, undefined, { known: false })).toEqual(challenge('unknown user'))
  })
})

test('[A4] whatever is presented, the answer is one of these, and never ok without a key that fits', () => {
  const text = fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('alice', realm, alice.nonce)), {
    nil: undefined,
  })
  const flags = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean())
  fc.assert(
    fc.property(text, text, text, flags, (username, given, nonce, [isBare, makesNew, hasIntegrity, hook]) => {
      const holds = (): boolean => false
      const known = { client, isBare, makesNew, hasIntegrity, algorithm: 'md5' } as const
      const presented = { ...known, username, realm: given, nonce, holds }
      expect(authenticator(hook).authenticate(presented, now).outcome).not.toBe('ok')
    }),
  )
})
