import { describe, expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { SignJWT } from 'jose'
import type { OidcKey } from '../../src/auth/oidc-keys.ts'
import { checkToken, readTokenHead, sameIssuer } from '../../src/auth/oidc-token.ts'
import { morning } from '../support/clock.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ours: OidcKey = { key: publicKey, algorithms: ['ES256'] }
const issuer = 'https://login.example'
const now = morning
const second = now / 1_000

const sign = (claims: Readonly<Record<string, unknown>> = {}, head: Readonly<Record<string, unknown>> = {}) =>
  new SignJWT({ iss: issuer, sub: 'ann', aud: 'a', exp: second + 10, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'k', ...head })
    .sign(privateKey)

async function outcome(token: string, keys: readonly OidcKey[] = [ours], skew = 0): Promise<string> {
  const head = readTokenHead(token)
  if (!head.ok) return `head: ${head.error}`
  const checked = await checkToken({ token, head: head.value, keys, audiences: ['a', 'b'], now, skew })
  return checked.ok ? 'good' : checked.error
}

describe('the head of a token', () => {
  test('says by what it can be checked', async () => {
    expect(readTokenHead(await sign())).toEqual({ ok: true, value: { issuer, kid: 'k', algorithm: 'ES256' } })
  })

  test.each([
    ['at+jwt', true],
    ['JWT', true],
    ['application/at+JWT', true],
    ['logout+jwt', false],
    ['dpop+jwt', false],
    ['', false],
  ])('typ %j is %p', async (typ, isGood) => {
    expect(readTokenHead(await sign({}, { typ })).ok).toBe(isGood)
  })

  test('asks for nothing that has to be understood', async () => {
    const [, payload, signature] = (await sign()).split('.')
    const head = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const critical = { alg: 'ES256', kid: 'k', crit: ['b64'], b64: false }
    expect(await outcome(`${head(critical)}.${payload}.${signature}`)).toBe('head: format')
  })

  test('of a token that is too long is not looked at', async () => {
    expect(await outcome(await sign({ more: 'x'.repeat(20_000) }))).toBe('head: format')
  })
})

describe('a token', () => {
  test('tells who its bearer is', async () => {
    const token = await sign({ preferred_username: 'Ann', aud: ['x', 'b'] })
    const head = readTokenHead(token)
    if (!head.ok) throw new Error(head.error)
    const checked = await checkToken({ token, head: head.value, keys: [ours], audiences: ['a', 'b'], now, skew: 0 })
    expect(checked).toEqual({
      ok: true,
      value: { issuer, subject: 'ann', username: 'Ann', expires: (second + 10) * 1_000 },
    })
  })

  test.each([[7], [['Ann']], ['x'.repeat(600)], [null]])(
    'has no username where the claim is %j',
    async (preferred_username) => {
      const token = await sign({ preferred_username })
      const head = readTokenHead(token)
      if (!head.ok) throw new Error(head.error)
      const checked = await checkToken({ token, head: head.value, keys: [ours], audiences: ['a'], now, skew: 0 })
      expect(checked.ok && checked.value.username).toBe('')
    },
  )

  test.each([
    [{ exp: second }, 0, 'expired'],
    [{ exp: second + 0.5 }, 0, 'good'],
    [{ exp: second - 59 }, 60_000, 'good'],
    [{ exp: second - 60 }, 60_000, 'expired'],
    [{ nbf: second }, 0, 'good'],
    [{ nbf: second + 1 }, 0, 'early'],
    [{ iat: second + 60 }, 60_000, 'good'],
    [{ iat: second + 61 }, 60_000, 'early'],
    [{ sub: 'x'.repeat(513) }, 0, 'claims'],
    [{ aud: 'c' }, 0, 'audience'],
    [{ aud: [] }, 0, 'audience'],
    [{ aud: { a: 'a' } }, 0, 'claims'],
  ])('%j with clocks that differ by %d ms is %s', async (claims, skew, expected) => {
    expect(await outcome(await sign(claims), [ours], skew)).toBe(expected)
  })

  test('counts by a key for its algorithm only, and by the one that signed it', async () => {
    const token = await sign()
    const rsa: OidcKey = { key: generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey, algorithms: ['RS256'] }
    const other: OidcKey = {
      key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey,
      algorithms: ['ES256'],
    }
    const weak: OidcKey = { key: generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey, algorithms: ['ES256'] }
    expect(await outcome(token, [])).toBe('key')
    expect(await outcome(token, [rsa])).toBe('algorithm')
    expect(await outcome(token, [rsa, ours])).toBe('good')
    expect(await outcome(token, [other])).toBe('signature')
    expect(await outcome(token, [weak])).toBe('key')
  })
})

test('an issuer is the same with a slash at its end and without', () => {
  expect(sameIssuer('https://a/', 'https://a')).toBe(true)
  expect(sameIssuer('https://a', 'https://a/b')).toBe(false)
})
