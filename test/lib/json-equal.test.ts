/** When two JSON values are the same. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { jsonEqual } from '../../src/lib/json-equal.ts'

const json = fc.jsonValue({ noUnicodeString: false, maxDepth: 4 })

test('a value equals its own copy, whatever the order of the keys', () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, inner]) => [key, reversed(inner)]),
    )
  }
  fc.assert(
    fc.property(json, (value) => {
      const copy: unknown = JSON.parse(JSON.stringify(value))
      expect(jsonEqual(copy, reversed(copy))).toBe(true)
    }),
  )
})

test('two values are equal when a strict comparison finds them so', () => {
  fc.assert(
    fc.property(json, json, (a, b) => {
      const [left, right]: unknown[] = JSON.parse(JSON.stringify([a, b]))
      expect(jsonEqual(left, right)).toBe(Bun.deepEquals(left, right, true))
      expect(jsonEqual(right, left)).toBe(jsonEqual(left, right))
    }),
  )
})

test('what looks alike is not always the same', () => {
  const pairs: readonly (readonly [unknown, unknown])[] = [
    [1, '1'],
    [0, false],
    [null, 0],
    [[], {}],
    [{}, null],
    [
      [1, 2],
      [2, 1],
    ],
    [[1], [1, 2]],
    [{ a: 1 }, { b: 1 }],
    [{ a: 1 }, { a: 1, b: 1 }],
    [JSON.parse('{"toString":1}'), {}],
    [JSON.parse('{"__proto__":1}'), JSON.parse('{"a":1}')],
    [{ length: 0 }, []],
  ]
  for (const [a, b] of pairs) expect([a, b, jsonEqual(a, b)]).toEqual([a, b, false])
})

test('no depth of nesting is too deep', () => {
  const deep = (inner: string): unknown => JSON.parse('['.repeat(30_000) + inner + ']'.repeat(30_000))
  expect(jsonEqual(deep('1'), deep('1'))).toBe(true)
  expect(jsonEqual(deep('1'), deep('2'))).toBe(false)
})
