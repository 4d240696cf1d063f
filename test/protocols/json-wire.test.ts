/** Raw slices and the encoder, held against the JSON of the language. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { encodeJson, RawJson, rawItems, rawSlice } from '../../src/protocols/json-wire.ts'

const sliced = (text: string, ...path: readonly string[]): string | undefined => rawSlice(text, path)?.text

test('a slice is the text as it came', () => {
  const text = ' { "a" : { "b" :  {"z":1.50,"a":1e2, "a":"\\u00e9\\"}" } , "c":[1, 2] } } '
  expect(sliced(text, 'a', 'b')).toBe('{"z":1.50,"a":1e2, "a":"\\u00e9\\"}" }')
  expect(sliced(text, 'a', 'c')).toBe('[1, 2]')
  expect(sliced('{"n":-0.0,"m":9007199254740993}', 'm')).toBe('9007199254740993')
})

test('nothing is found where nothing is', () => {
  for (const text of ['{}', '{"b":1}', '[1]', '"a"', '1', 'null', '{"b":{"a":1}}']) {
    expect(sliced(text, 'a')).toBeUndefined()
  }
  expect(sliced('{"a":[{"b":1}]}', 'a', 'b')).toBeUndefined()
  expect(sliced('{"a":null}', 'a', 'b')).toBeUndefined()
  expect(sliced('{"a":null}', 'a')).toBe('null')
})

test('of a repeated key the last one counts, as with JSON.parse', () => {
  expect(sliced('{"a":1,"a":{"b":2},"a":{"b":3}}', 'a', 'b')).toBe('3')
  expect(sliced('{"a":{"b":3},"a":1}', 'a', 'b')).toBeUndefined()
})

test('a key may be written with escapes', () => {
  expect(sliced('{"\\u0061":1}', 'a')).toBe('1')
  expect(sliced('{"a\\"b":1,"c":2}', 'a"b')).toBe('1')
  expect(sliced('{"b\\u0061":1}', 'a')).toBeUndefined()
})

/** JSON text with white space, escapes, duplicates and long forms, as nobody's encoder writes it. */
const space = fc.constantFrom('', '', ' ', '\n', '\t\r ')
const word = fc.oneof(
  fc.constantFrom('a', 'b', '', '"', '\\', '\\"', 'é', '\u2028', '😀', '\ud800', '{', ']', ',', ':', '__proto__'),
  fc.string({ unit: 'binary', maxLength: 6 }),
)
const escaped = (text: string): string =>
  `"${[...text].map((sign) => [...Array(sign.length).keys()].map((n) => `\\u${sign.charCodeAt(n).toString(16).padStart(4, '0')}`).join('')).join('')}"`
const stringText = fc
  .tuple(word, fc.boolean())
  .map(([text, isEscaped]) => (isEscaped ? escaped(text) : JSON.stringify(text)))
const numberText = fc.constantFrom('0', '-0', '1.50', '1e2', '-1E-7', '12345678901234567890', '0.1')
const { json: jsonText } = fc.letrec<{ json: string; list: string; object: string }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    stringText,
    numberText,
    fc.constantFrom('true', 'false', 'null'),
    tie('list'),
    tie('object'),
  ),
  list: fc
    .tuple(fc.array(fc.tuple(space, tie('json'), space), { maxLength: 4 }), space)
    .map(([items, gap]) => `[${items.length === 0 ? gap : items.map((parts) => parts.join('')).join(',')}]`),
  object: fc
    .tuple(fc.array(fc.tuple(space, stringText, space, space, tie('json'), space), { maxLength: 4 }), space)
    .map(([fields, gap]) => {
      const texts = fields.map(([a, key, b, c, value, d]) => `${a}${key}${b}:${c}${value}${d}`)
      return `{${texts.length === 0 ? gap : texts.join(',')}}`
    }),
}))

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

test('every slice, parsed, is what JSON.parse finds there', () => {
  fc.assert(
    fc.property(jsonText, space, (text, gap) => {
      const whole = gap + text + gap
      const value: unknown = JSON.parse(whole)
      expect(sliced(whole, 'nowhere at all')).toBeUndefined()
      if (!isRecord(value)) return
      for (const [key, inner] of Object.entries(value)) {
        expect(JSON.parse(sliced(whole, key) ?? 'no slice')).toEqual(inner)
        if (!isRecord(inner)) continue
        for (const [below, innermost] of Object.entries(inner)) {
          expect(JSON.parse(sliced(whole, key, below) ?? 'no slice')).toEqual(innermost)
        }
      }
    }),
    { numRuns: 400 },
  )
})

test('a key that is written like another name is not that name', () => {
  const text = '{"\\\\\\"":1,"\\"":2}'
  expect(Object.keys(JSON.parse(text))).toEqual(['\\"', '"'])
  expect([sliced(text, '\\"'), sliced(text, '"')]).toEqual(['1', '2'])
})

test('the items of a raw list are those of the parsed list', () => {
  fc.assert(
    fc.property(jsonText, (text) => {
      const value: unknown = JSON.parse(text)
      const items = rawItems(new RawJson(text)).map((item) => JSON.parse(item.text))
      expect(items).toEqual(Array.isArray(value) ? value : [])
    }),
    { numRuns: 300 },
  )
})

test('a thousand levels and a hundred thousand escapes are read like anything else', () => {
  const deep = '['.repeat(20_000) + ']'.repeat(20_000)
  const long = JSON.stringify('\n"\\'.repeat(100_000))
  const text = `{"deep":${deep},"long":${long},"last":1}`
  expect(sliced(text, 'deep')).toBe(deep)
  expect(sliced(text, 'long')).toBe(long)
  expect(sliced(text, 'last')).toBe('1')
})

test('the encoder writes what JSON.stringify writes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      expect(encodeJson(value)).toBe(JSON.stringify(value))
    }),
  )
  expect(encodeJson({ a: undefined, b: [undefined, null], c: { d: undefined } })).toBe('{"b":[null,null],"c":{}}')
  expect(encodeJson(undefined)).toBe('null')
})

test('raw JSON is written as it came, wherever it stands', () => {
  const raw = new RawJson('{"a" : 1.0}')
  expect(encodeJson(raw)).toBe('{"a" : 1.0}')
  expect(encodeJson({ x: [raw, { y: raw }] })).toBe('{"x":[{"a" : 1.0},{"y":{"a" : 1.0}}]}')
})
