/** Hello 2.0: which tokens count, and which code the others get. */
import { beforeAll, expect, test } from 'bun:test'
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import fc from 'fast-check'
import { CompactSign, type JWTPayload } from 'jose'
import { createHelloTokens, type HelloTokenRefusal } from '../../src/auth/hello-token.ts'

const now = 1_700_000_000
const claims = { iss: 'https://cloud.example.com/', sub: 'alice', iat: now, exp: now + 120 }
const tokens = createHelloTokens()

interface Pair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}
const ec: Pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = (key: KeyObject, type: 'spki' | 'pkcs1' = 'spki'): string => key.export({ type, format: 'pem' }).toString()
const ecKey = pem(ec.publicKey)

function sign(payload: JWTPayload | string, alg = 'ES256', key: KeyObject = ec.privateKey): Promise<string> {
  const bytes = new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload))
  return new CompactSign(bytes).setProtectedHeader({ alg, typ: 'JWT' }).sign(key)
}

/** The user id, or code and reason. */
async function outcome(
  token: string,
  key: string | undefined = ecKey,
  isIssuer = (_: string) => true,
): Promise<string> {
  const verified = await tokens.verify({ token, key, now: now * 1000, isIssuer })
  return verified.ok ? `user ${verified.value.userId}` : `${verified.error.code}: ${verified.error.why}`
}

const pairs: readonly (readonly [string, () => Pair])[] = [
  ['RS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['RS384', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['RS512', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ['ES384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
  ['ES512', () => generateKeyPairSync('ec', { namedCurve: 'P-521' })],
  ['EdDSA', () => generateKeyPairSync('ed25519')],
]

test.each(pairs)('%s', async (alg, generate) => {
  const [mine, other] = [generate(), generate()]
  const token = await sign(claims, alg, mine.privateKey)
  expect(await outcome(token, pem(mine.publicKey))).toBe('user alice')
  expect(await outcome(token, pem(mine.publicKey))).toBe('user alice')
  expect(await outcome(token, pem(other.publicKey))).toBe('invalid_token: signature')
})

test('an RSA key of the older form', async () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  expect(await outcome(await sign(claims, 'RS256', pair.privateKey), pem(pair.publicKey, 'pkcs1'))).toBe('user alice')
})

test("Ed25519 in Talk's raw form", async () => {
  const pair = generateKeyPairSync('ed25519')
  const raw = Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64')
  expect(await outcome(await sign(claims, 'EdDSA', pair.privateKey), raw)).toBe('user alice')
})

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

test('unsigned tokens, and tokens signed with the public key as a secret, are refused', async () => {
  expect(await outcome(`${encoded({ alg: 'none' })}.${encoded(claims)}.`)).toBe('invalid_token: algorithm')
  expect(await outcome(`${encoded({ alg: 'None' })}.${encoded(claims)}.`)).toBe('invalid_token: algorithm')
  const head = `${encoded({ alg: 'HS256' })}.${encoded(claims)}`
  const forged = `${head}.${createHmac('sha256', ecKey).update(head).digest('base64url')}`
  expect(await outcome(forged)).toBe('invalid_token: algorithm')
  for (const alg of ['PS256', 'ES256K', 'toString', '', 7]) {
    expect(await outcome(`${encoded({ alg })}.${encoded(claims)}.AAAA`)).toMatch(/^invalid_token: (algorithm|format)$/)
  }
})

test('a key that does not go with the algorithm, or none, is told from a wrong signature', async () => {
  const token = await sign(claims)
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 })
  expect(await outcome(token, pem(p384.publicKey))).toBe('invalid_token: key')
  expect(await outcome(token, pem(rsa.publicKey))).toBe('invalid_token: key')
  expect(await outcome(token, 'no key at all')).toBe('invalid_token: key')
  expect(await tokens.verify({ token, key: undefined, now, isIssuer: () => true })).toMatchObject({
    error: { code: 'invalid_token', why: 'key' },
  })
  expect(await outcome(`${encoded({ alg: 'RS256' })}.${encoded(claims)}.AAAA`, pem(rsa.publicKey))).toMatch(
    /^invalid_token/,
  )
})

let signed = ''
beforeAll(async () => {
  signed = await sign(claims)
})

test('a token that is changed anywhere is refused', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(signed.length - 1), fc.constantFrom('A', 'z', '.', '-', ' '), async (place, letter) => {
      const changed = signed.slice(0, place) + letter + signed.slice(place + 1)
      // The last letter of a part holds bits that no byte has.
      fc.pre(
        Buffer.from(changed.replaceAll('.', ''), 'base64url').compare(
          Buffer.from(signed.replaceAll('.', ''), 'base64url'),
        ) !== 0,
      )
      expect(await outcome(changed)).toStartWith('invalid_token')
    }),
    { numRuns: 50 },
  )
})

test('what is no token at all is refused', async () => {
  const texts = ['', '.', '..', '...', 'a.b.c', signed.slice(0, 40), `${signed}.x`, 'ey'.repeat(20_000)]
  for (const text of texts) expect(await outcome(text)).toStartWith('invalid_token')
  await fc.assert(
    fc.asyncProperty(fc.string(), async (text) => expect(await outcome(text)).toStartWith('invalid_token')),
  )
})

const times: readonly (readonly [Partial<Record<'iat' | 'exp' | 'nbf', unknown>>, string])[] = [
  [{}, 'user alice'],
  [{ iat: now + 60 }, 'user alice'],
  [{ iat: now + 61 }, 'token_not_valid_yet: time'],
  [{ nbf: now + 60 }, 'user alice'],
  [{ nbf: now + 61 }, 'token_not_valid_yet: time'],
  [{ iat: now - 500, exp: now - 59 }, 'user alice'],
  [{ iat: now - 500, exp: now - 60 }, 'token_expired: time'],
  [{ iat: now + 30, exp: now + 20 }, 'token_expired: time'],
  [{ iat: now + 61, exp: now - 500 }, 'token_not_valid_yet: time'],
  [{ iat: undefined }, 'token_not_valid_yet: time'],
  [{ exp: undefined }, 'token_expired: time'],
  [{ iat: `${now}` }, 'invalid_token: claims'],
  [{ exp: null }, 'invalid_token: claims'],
]

test.each(times)('with %j: %s', async (changed, expected) => {
  expect(await outcome(await sign({ ...claims, ...changed } as JWTPayload))).toBe(expected)
})

test('says by how much a token missed its time', async () => {
  const skewOf = async (payload: JWTPayload): Promise<HelloTokenRefusal> => {
    const verified = await tokens.verify({
      token: await sign(payload),
      key: ecKey,
      now: now * 1000,
      isIssuer: () => true,
    })
    if (verified.ok) throw new Error('accepted')
    return verified.error
  }
  expect(await skewOf({ ...claims, iat: now + 300 })).toMatchObject({ skew: 300 })
  expect(await skewOf({ ...claims, iat: now - 900, exp: now - 600 })).toMatchObject({ skew: 600 })
})

test('the issuer has to be one of the claimed backend', async () => {
  const isIssuer = (iss: string): boolean => iss === claims.iss
  expect(await outcome(signed, ecKey, isIssuer)).toBe('user alice')
  expect(await outcome(await sign({ ...claims, iss: 'https://else.example.com/' }), ecKey, isIssuer)).toBe(
    'invalid_token: issuer',
  )
  const { iss: _, ...anonymous } = claims
  expect(await outcome(await sign(anonymous), ecKey, isIssuer)).toBe('user alice')
})

test('a guest has no subject; claims come as they were signed', async () => {
  const text = `{"iat":${now},"exp":${now + 9}, "userdata":{"n": 1.50}}`
  const verified = await tokens.verify({ token: await sign(text), key: ecKey, now: now * 1000, isIssuer: () => true })
  expect(verified).toEqual({ ok: true, value: { userId: '', claims: text } })
})

test('claims that are no object are refused', async () => {
  for (const text of ['', 'null', '[]', '"alice"', '{', '{"sub":7,"iat":1,"exp":2}']) {
    expect(await outcome(await sign(text))).toBe('invalid_token: claims')
  }
})
