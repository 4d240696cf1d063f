import { describe, expect, test } from 'bun:test'
import { createHmac, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import fc from 'fast-check'
import { checkToken, createTokenSigner } from '../../../src/sfu/proxy/tokens.ts'
import { rsaPair } from '../../support/rsa-keys.ts'

const now = 1_800_000_000_000
const seconds = now / 1000
const own = createPrivateKey(rsaPair().privateKey)
const known = createPublicKey(rsaPair().publicKey)
const keyOf = (issuer: string) => (issuer === 'one' ? known : undefined)
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function token(claims: object, { alg = 'RS256', digest = 'RSA-SHA256', key = own } = {}): string {
  const signed = `${base64({ alg })}.${base64(claims)}`
  return `${signed}.${sign(digest, Buffer.from(signed), key).toString('base64url')}`
}
const fresh = { iss: 'one', iat: seconds }

describe('[M41] a token', () => {
  test('says who signed it, when, and for what', () => {
    const [header, body] = createTokenSigner('one', own)('publisher-1', now + 999).split('.')
    expect(JSON.parse(Buffer.from(header ?? '', 'base64url').toString())).toEqual({ alg: 'RS256', typ: 'JWT' })
    expect(JSON.parse(Buffer.from(body ?? '', 'base64url').toString())).toEqual({ ...fresh, sub: 'publisher-1' })
  })

  test('that was made here is taken', () => {
    const signToken = createTokenSigner('one', own)
    expect(checkToken(signToken('', now), keyOf, now)).toEqual({ ok: true, value: { issuer: 'one', subject: '' } })
    expect(checkToken(signToken('p', now), keyOf, now)).toMatchObject({ ok: true, value: { subject: 'p' } })
  })

  test.each([
    ['RS256', 'RSA-SHA256'],
    ['RS384', 'RSA-SHA384'],
    ['RS512', 'RSA-SHA512'],
  ])('of %s is taken', (alg, digest) => {
    expect(checkToken(token(fresh, { alg, digest }), keyOf, now).ok).toBe(true)
  })

  const hmac = `${base64({ alg: 'HS256' })}.${base64(fresh)}`
  const forged = `${hmac}.${createHmac('sha256', rsaPair().publicKey).update(hmac).digest('base64url')}`

  test.each([
    ['nothing', '', 'auth-failed'],
    ['two parts', 'a.b', 'auth-failed'],
    ['no JSON', '!!.e30.e30', 'auth-failed'],
    ['no algorithm', `${base64({})}.${base64(fresh)}.AA`, 'auth-failed'],
    ['alg none', `${base64({ alg: 'none' })}.${base64(fresh)}.`, 'unsupported-signing-method'],
    ['the public key as a shared secret', forged, 'unsupported-signing-method'],
    ['an inherited name', `${base64({ alg: 'toString' })}.${base64(fresh)}.AA`, 'unsupported-signing-method'],
    ['claims that are none', token([1]), 'unsupported-claims'],
    ['a time that is a text', token({ iss: 'one', iat: 'now' }), 'unsupported-claims'],
    ['an unknown issuer', token({ ...fresh, iss: 'two' }), 'unsupported-issuer'],
    ['no issuer', token({ iat: seconds }), 'unsupported-issuer'],
    ['another key', token(fresh, { key: createPrivateKey(rsaPair('two').privateKey) }), 'auth-failed'],
    ['another digest than it says', token(fresh, { alg: 'RS384' }), 'auth-failed'],
    ['more than a token can be', `${token(fresh)}${'A'.repeat(20_000)}`, 'auth-failed'],
  ])('with %s is refused', (_, text, reason) => {
    expect(checkToken(text, keyOf, now)).toMatchObject({ ok: false, error: { code: 'auth_failed', reason } })
  })

  test('with another body than was signed is refused', () => {
    const [head, , signature] = token(fresh).split('.')
    const changed = `${head}.${base64({ ...fresh, sub: 'another' })}.${signature}`
    expect(checkToken(changed, keyOf, now)).toMatchObject({ ok: false, error: { reason: 'auth-failed' } })
  })

  test.each([
    ['just in time', { iat: seconds - 360 }, undefined, undefined],
    ['too old', { iat: seconds - 361 }, 'token_expired', -361],
    ['ahead by a minute', { iat: seconds + 60 }, undefined, undefined],
    ['ahead by more', { iat: seconds + 61 }, 'token_not_valid_yet', 61],
    ['valid later', { iat: seconds, nbf: seconds + 90 }, 'token_not_valid_yet', 90],
    ['expired within the leeway', { iat: seconds, exp: seconds - 59 }, undefined, undefined],
    ['expired', { iat: seconds, exp: seconds - 60 }, 'token_expired', -60],
    ['without its time', {}, 'token_expired', undefined],
  ])('%s', (_, claims, code, skew) => {
    const checked = checkToken(token({ iss: 'one', ...claims }), keyOf, now)
    if (code === undefined) expect(checked.ok).toBe(true)
    else expect(checked).toMatchObject({ ok: false, error: { code, ...(skew === undefined ? {} : { skew }) } })
  })
})

test('no text makes the check throw', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.json().map(base64)), { maxLength: 4 }), (parts) => {
      expect(checkToken(parts.join('.'), keyOf, now).ok).toBe(false)
    }),
  )
})
