/** Keys in the forms in which Nextcloud may publish them. */
import { expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { readPublicKey } from '../../src/auth/public-key.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')
const spki = { type: 'spki', format: 'pem' } as const
const raw = ed.publicKey.export({ format: 'jwk' }).x ?? ''

test('RSA: SPKI and PKCS #1', () => {
  const pkcs1 = rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()
  expect(pkcs1).toContain('BEGIN RSA PUBLIC KEY')
  expect(readPublicKey(pkcs1, 'rsa')?.asymmetricKeyType).toBe('rsa')
  expect(readPublicKey(`\n${rsa.publicKey.export(spki)}\n`, 'rsa')?.asymmetricKeyType).toBe('rsa')
})

test('EC: SPKI', () => {
  expect(readPublicKey(ec.publicKey.export(spki).toString(), 'ec')?.asymmetricKeyType).toBe('ec')
})

test('Ed25519: SPKI, and the raw 32 bytes in base64 of both kinds', () => {
  const base64 = Buffer.from(raw, 'base64url').toString('base64')
  for (const text of [ed.publicKey.export(spki).toString(), base64, base64.replace('=', ''), raw]) {
    const key = readPublicKey(text, 'ed25519')
    expect(key?.export({ format: 'jwk' }).x).toBe(raw)
  }
})

test('a key of another kind is none', () => {
  expect(readPublicKey(rsa.publicKey.export(spki).toString(), 'ec')).toBeUndefined()
  expect(readPublicKey(ec.publicKey.export(spki).toString(), 'ed25519')).toBeUndefined()
  expect(readPublicKey(raw, 'rsa')).toBeUndefined()
})

test('a private key is none', () => {
  expect(readPublicKey(ec.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 'ec')).toBeUndefined()
})

test('anything else is none', () => {
  const texts = [
    '',
    ' ',
    '-----BEGIN PUBLIC KEY-----',
    '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----',
    `${raw}${raw}`,
  ]
  for (const text of texts) expect(readPublicKey(text, 'ed25519')).toBeUndefined()
  fc.assert(fc.property(fc.string(), (text) => expect(readPublicKey(text, 'rsa')).toBeUndefined()))
})
