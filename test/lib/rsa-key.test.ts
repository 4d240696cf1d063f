import { expect, test } from 'bun:test'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { readRsaPrivateKey, readRsaPublicKey } from '../../src/lib/rsa-key.ts'
import { ecPair, rsaPair } from '../support/rsa-keys.ts'

const { privateKey, publicKey } = rsaPair()

test('keys are read from both of the formats that openssl writes', () => {
  const old = createPrivateKey(privateKey).export({ type: 'pkcs1', format: 'pem' }).toString()
  const oldPublic = createPublicKey(publicKey).export({ type: 'pkcs1', format: 'pem' }).toString()
  for (const pem of [privateKey, old, `\n${privateKey}\n`]) {
    expect(readRsaPrivateKey(pem)).toMatchObject({ ok: true, value: { type: 'private', asymmetricKeyType: 'rsa' } })
  }
  for (const pem of [publicKey, oldPublic]) {
    expect(readRsaPublicKey(pem)).toMatchObject({ ok: true, value: { type: 'public', asymmetricKeyType: 'rsa' } })
  }
})

const encrypted = createPrivateKey(privateKey)
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' })
  .toString()
const { privateKey: short } = rsaPair('short', 1024)

test.each([
  ['', 'is no PEM file'],
  ['nothing', 'is no PEM file'],
  [publicKey, 'holds a public key; a private RSA key is needed'],
  [encrypted, 'is encrypted; a key without a passphrase is needed'],
  [ecPair().privateKey, 'holds a key of the kind ec; an RSA key is needed'],
  [short, 'holds an RSA key of 1024 bits; at least 2048 are needed'],
  ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', 'holds a certificate; a private RSA key is needed'],
  ['-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----', 'cannot be read as a key'],
])('what is no private RSA key says what it is: %#', (pem, error) => {
  expect(readRsaPrivateKey(pem)).toEqual({ ok: false, error })
})

test.each([
  [privateKey, 'holds a private key; a public RSA key is needed'],
  [ecPair().publicKey, 'holds a key of the kind ec; an RSA key is needed'],
])('what is no public RSA key says what it is: %#', (pem, error) => {
  expect(readRsaPublicKey(pem)).toEqual({ ok: false, error })
})
