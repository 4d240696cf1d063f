import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { readFlag, readLines, readNumber } from '../../../src/turn/turnserver-conf/lines.ts'

const only = (text: string) => readLines(text).map(({ option, value }) => [option, value])
const line = (value: string) => ({ line: 1, option: 'o', value })

test('options with and without a value, indented or not, in every spelling that coturn takes', () => {
  const text =
    '\uFEFFfingerprint\n  realm=a.org  \r\n\trealm b.org\nrealm = c.org\nrealm==d\n#user=x\n  # x\n\nuser=n:p=q\n'
  expect(only(text)).toEqual([
    ['fingerprint', ''],
    ['realm', 'a.org'],
    ['realm', 'b.org'],
    ['realm', 'c.org'],
    ['realm', 'd'],
    ['user', 'n:p=q'],
  ])
  expect(readLines('a\n\n#\nb').map((one) => one.line)).toEqual([1, 4])
})

test('a value may be in quotes', () => {
  expect(only('cipher-list="HIGH"\nlog-file="a b\nrealm=a"b"\ncert=""')).toEqual([
    ['cipher-list', 'HIGH'],
    ['log-file', 'a b'],
    ['realm', 'a"b"'],
    ['cert', ''],
  ])
})

test('flags', () => {
  for (const yes of ['', '1', 'yes', 'true', 'on', 'Y', 'T', '42']) expect(readFlag(line(yes))).toBe(true)
  for (const no of ['0', 'no', 'off', 'false', 'OFF', 'F']) expect(readFlag(line(no))).toBe(false)
  for (const neither of ['perhaps', 'online', '-']) expect(readFlag(line(neither))).toBeUndefined()
})

test('numbers', () => {
  expect(
    ['0', '3478', '3478 # why', '3478x', '-1', '', '1e3', '9'.repeat(16)].map((text) => readNumber(line(text))),
  ).toEqual([0, 3478, 3478, undefined, undefined, undefined, undefined, undefined])
})

test('any text can be read', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const { option, value } of readLines(text)) expect(/\n/.test(option + value)).toBe(false)
    }),
  )
})
