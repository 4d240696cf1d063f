/** The proof of internal clients. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { internalToken, matchesInternalToken } from '../../src/auth/internal-token.ts'

const random = '0123456789abcdef0123456789abcdef'

test('is HMAC-SHA256 in lower-case hex (RFC 4231, case 2)', () => {
  const expected = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'
  expect(internalToken('Jefe', 'what do ya want for nothing?')).toBe(expected)
})

test('fits with 32 characters of random or more', () => {
  for (const text of [random, `${random}x`])
    expect(matchesInternalToken('s', text, internalToken('s', text))).toBe(true)
  const short = random.slice(1)
  expect(matchesInternalToken('s', short, internalToken('s', short))).toBe(false)
})

test('an empty secret fits nothing', () => {
  expect(matchesInternalToken('', random, internalToken('', random))).toBe(false)
})

test('whatever else is presented does not fit', () => {
  const right = internalToken('secret', random)
  for (const wrong of [
    '',
    right.toUpperCase(),
    right.slice(1),
    `${right}0`,
    'ä'.repeat(32),
    internalToken('other', random),
  ]) {
    expect(matchesInternalToken('secret', random, wrong)).toBe(false)
  }
  fc.assert(fc.property(fc.string(), (wrong) => expect(matchesInternalToken('secret', random, wrong)).toBe(false)))
})
