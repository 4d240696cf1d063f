/** The signature on requests between Talk and us. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { checksum, verifyChecksum } from '../../../../src/protocols/talk/backend/checksum.ts'

test('is HMAC-SHA256 over random and body, in lower-case hex (RFC 4231, case 2, split in two)', () => {
  const expected = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'
  expect(checksum('Jefe', 'what do ya ', 'want for nothing?')).toBe(expected)
  expect(checksum('Jefe', 'what do ya ', new TextEncoder().encode('want for nothing?'))).toBe(expected)
})

test('only the exact checksum fits', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string(), fc.string({ unit: 'binary' }), (secret, random, body) => {
      const right = checksum(secret, random, body)
      expect(verifyChecksum(secret, random, body, right)).toBe(true)
      expect(verifyChecksum(secret, random, `${body} `, right)).toBe(false)
      expect(verifyChecksum(`${secret}x`, random, body, right)).toBe(false)
      expect(verifyChecksum(secret, random, body, right.toUpperCase())).toBe(right === right.toUpperCase())
      expect(verifyChecksum(secret, random, body, right.slice(1))).toBe(false)
      expect(verifyChecksum(secret, random, body, '')).toBe(false)
    }),
  )
})

test('a checksum that is no hex at all is only wrong', () => {
  expect(verifyChecksum('s', 'r', 'b', 'ä'.repeat(64))).toBe(false)
  expect(verifyChecksum('s', 'r', 'b', 'ä'.repeat(32))).toBe(false)
})
