import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { saslprep } from '../../../src/turn/codec/saslprep.ts'

test.each([
  ['user', 'user'],
  ['USER', 'USER'],
  ['I\u00adX', 'IX'],
  ['\u00aa', 'a'],
  ['\u2168', 'IX'],
  // RFC 5769 section 2.4.
  ['The\u00adM\u00aatr\u2168', 'TheMatrIX'],
  ['a\u00a0b\u3000c', 'a b c'],
  ['e\u0301', '\u00e9'],
  ['\u0627 1\u0628', '\u0627 1\u0628'],
  ['\u{1f600}', '\u{1f600}'],
  ['', ''],
])('[C17] %p is prepared as %p', (text, expected) => {
  expect(saslprep(text)).toBe(expected)
})

test.each([
  ['a control character', 'a\u0007'],
  ['digits behind a letter that runs to the left', '\u06271'],
  ['letters that run both ways', '\u0627a\u0627'],
  ['half a surrogate pair', 'a\ud800'],
  ['private use', '\ue000'],
  ['a character that turns the direction', 'a\u202eb'],
  ['a non-character', '\u{1ffff}'],
  ['a tag', '\u{e0041}'],
])('[C17] %s is refused', (_what, text) => {
  expect(saslprep(text)).toBeUndefined()
})

test('[C17] what is prepared stays as it is when prepared again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const prepared = saslprep(text)
      if (prepared !== undefined) expect(saslprep(prepared)).toBe(prepared)
    }),
  )
})
