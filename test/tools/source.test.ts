// Reading words and imports out of TypeScript.

import { expect, test } from 'bun:test'
import { imports, words } from '../../tools/source.ts'

const texts = (text: string): readonly string[] => words(text).map((word) => word.text)
const from = (text: string): readonly string[] => imports(words(text)).map((one) => one.from)

test('comments are no words, and lines are counted across them', () => {
  const found = words('// Date\n/* process\n */ const a = 1\n')
  expect(found.map((word) => word.text)).toEqual(['const', 'a', '=', '1'])
  expect(found[0]?.line).toBe(3)
})

test('a string is one word of its own kind', () => {
  expect(words(`x("it's /* no */ comment")`)).toContainEqual({ kind: 'string', text: "it's /* no */ comment", line: 1 })
})

test('code within a template is read, the text around it is not', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a source file
  const found = words('`Date ${f({ a: `${b}` })} process`')
  expect(found.filter(({ kind }) => kind === 'name').map((word) => word.text)).toEqual(['f', 'a', 'b'])
})

test('a pattern is told from a division', () => {
  expect(words('const p = /[/"]+/g').at(-1)).toEqual({ kind: 'pattern', text: '/[/"]+/g', line: 1 })
  expect(texts('(a) / b / c')).toEqual(['(', 'a', ')', '/', 'b', '/', 'c'])
})

test('every way to lean on a module is found', () => {
  const text = `
    import './a.ts'
    import b from './b.ts'
    import type { C, D as E } from './c.ts'
    import * as d from './d.ts'
    export { e, type F } from './e.ts'
    export * from './f.ts'
    export type { G } from './g.ts'
    const h = await import('./h.ts')
    type I = import('./i.ts').I
  `
  expect(from(text)).toEqual(['./a.ts', './b.ts', './c.ts', './d.ts', './e.ts', './f.ts', './g.ts', './h.ts', './i.ts'])
})

test('what is imported is known by its own name', () => {
  const [one] = imports(words("import { createHmac, type Hmac, randomBytes as bytes } from 'node:crypto'"))
  expect(one?.names).toEqual(['createHmac', 'Hmac', 'randomBytes'])
})

test('words that only look like imports are none', () => {
  expect(from(`export const from = 'x'; const url = import.meta.url; export { a }; export type B = 'b'`)).toEqual([])
})
