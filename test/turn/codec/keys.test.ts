import { expect, test } from 'bun:test'
import { longTermKey, shortTermKey, userhash } from '../../../src/turn/codec/keys.ts'
import { matrix, sha256Request } from './vectors.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test('[C16] the long-term key is the hash of name, realm and password', () => {
  // The example of RFC 5389 section 15.4.
  const secret = { username: 'user', realm: 'realm', password: 'pass' }
  expect(hex(longTermKey(secret))).toBe('8493fbc53ba582fb4c044c456bdc40eb')
  expect(hex(longTermKey(secret, 'md5'))).toBe('8493fbc53ba582fb4c044c456bdc40eb')
  expect(longTermKey(secret, 'sha256')).toEqual(
    new Uint8Array(new Bun.CryptoHasher('sha256').update('user:realm:pass').digest()),
  )
})

test('[C16] the short-term key is the password', () => {
  expect(hex(shortTermKey('é!'))).toBe('c3a921')
})

test('[C16] USERHASH is the hash of name and realm', () => {
  expect(hex(userhash(matrix.username, matrix.realm))).toBe(hex(sha256Request.slice(24, 56)))
})
