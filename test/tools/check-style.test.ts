// What the style check refuses.

import { expect, test } from 'bun:test'
import { styleFaults } from '../../tools/check-style.ts'

const faults = (text: string): readonly string[] => styleFaults(new Map([['src/a.ts', text]]))

test('a file begins with a sentence that says what it is', () => {
  expect(faults('// The shape of a thing.\nexport {}\n')).toEqual([])
  expect(faults('/** The shape of a thing. */\nexport {}\n')).toEqual([])
  expect(faults('export {}\n')).toHaveLength(1)
  expect(styleFaults(new Map([['test/a.test.ts', 'export {}\n']]))).toEqual([])
})

test('a file has at most 400 lines', () => {
  expect(faults(`// Long.\n${'a\n'.repeat(399)}`)).toEqual([])
  expect(faults(`// Long.\n${'a\n'.repeat(400)}`)).toHaveLength(1)
})

test('types are not walked around', () => {
  expect(faults('// A.\nconst a = b as unknown as C\n')).toEqual(['src/a.ts:2 casts through unknown'])
  expect(faults('// A.\nconst a: unknown = b // as unknown as it may be\n')).toEqual([])
})
