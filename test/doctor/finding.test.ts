/** How findings are printed, and that nothing from outside reaches a terminal as it is. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { conclusion, fail, hasFailed, ok, printFinding, quoted, skip, warn } from '../../src/doctor/finding.ts'

test('one line, and one with what to do', () => {
  expect(printFinding(ok('DNS', 'is fine'))).toBe('ok    DNS: is fine')
  expect(printFinding(warn('DNS', 'is odd', 'Look.'))).toBe('warn  DNS: is odd\n      -> Look.')
  expect(printFinding(fail('DNS', 'is not', 'Mend.'))).toBe('FAIL  DNS: is not\n      -> Mend.')
  expect(printFinding(skip('TLS', 'no DNS'))).toBe('-     TLS: not looked at: no DNS')
})

test('the last line counts; only failures fail', () => {
  const [good, odd, bad] = [ok('a', 'b'), warn('a', 'b', 'c'), fail('a', 'b', 'c')]
  expect(conclusion([good])).toBe('Nothing failed.')
  expect(conclusion([good, odd])).toBe('Nothing failed; 1 warning.')
  expect(conclusion([bad, odd, bad])).toStartWith('2 checks failed.')
  expect([hasFailed([good, odd, skip('a', 'b')]), hasFailed([odd, bad])]).toEqual([false, true])
})

test('text from outside is short and printable', () => {
  expect(quoted('a\u001b[31mb\r\n\u202e\u009bc')).toBe('"a?[31mb?c"')
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => /^"[\x20-\x7e]{0,123}"$/.test(quoted(text))),
  )
})
