import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseJson } from '../json.ts'
import { createNames } from './names.ts'
import { mismatch, parsePattern } from './pattern.ts'

const fault = (pattern: string, json: string, names = createNames('run', {})) =>
  mismatch(parsePattern(pattern), parseJson(json), names)

describe('patterns', () => {
  test('JSON is a pattern of itself', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const json = JSON.stringify(value)
        // Signs that mean something in a pattern are left out.
        fc.pre(!/[<>?]|\.\.\.|__proto__/.test(json))
        expect(fault(json, json)).toBeUndefined()
      }),
    )
  })

  test.each([
    ['{"a":1}', '{"a":1,"b":2}', '.b'],
    ['{"a":1,"b":2}', '{"a":1}', '.b'],
    ['[1]', '[1,2]', '2 elements'],
    ['[1,2]', '[1]', '[1]'],
    ['{"a":<number>}', '{"a":"1"}', '.a'],
    ['{"a":"1"}', '{"a":1}', '.a'],
    ['[<unordered>,1,2]', '[2,3]', 'no element like 1'],
    ['[<unordered>,1]', '[1,2]', 'further elements'],
    ['{"a?":1}', '{"a":2}', '.a'],
    ['<A.sid>', '""', '<A.sid>'],
  ])('%s does not fit %s', (pattern, json, where) => {
    expect(fault(pattern, json)).toContain(where)
  })

  test.each([
    ['{"a":1,...}', '{"a":1,"b":2}'],
    ['{...}', '{}'],
    ['[1,...]', '[1,2,3]'],
    ['[<unordered>,{"n":2,...},{"n":1}]', '[{"n":1},{"n":2,"m":0}]'],
    ['{"a?":1}', '{}'],
    ['"... <in> text"', '"... <in> text"'],
    ['{"a":<any>,"b":<boolean>,"c":<object>}', '{"a":null,"b":false,"c":{}}'],
  ])('%s fits %s', (pattern, json) => {
    expect(fault(pattern, json)).toBeUndefined()
  })

  test('a name takes its first value and keeps it, also within a text and as a key', () => {
    const names = createNames('x1', {})
    expect(fault('{"sid":<A.sid>}', '{"sid":"s-1"}', names)).toBeUndefined()
    expect(fault('{"again":<A.sid>}', '{"again":"s-2"}', names)).toContain('s-1')
    expect(fault('{"sd:<A.sid>":"in <room>"}', '{"sd:s-1":"in room-x1"}', names)).toBeUndefined()
  })

  test('what did not fit binds nothing', () => {
    const names = createNames('x1', {})
    expect(fault('[<unordered>,{"id":<A.sid>,"n":2}]', '[{"id":"one","n":1},{"id":"two","n":2}]', names)).toContain(
      'further',
    )
    expect(names.get('A.sid')).toBe('two')
  })
})
