// Rules without a test and tests without a rule.

import { expect, test } from 'bun:test'
import { specFaults } from '../../tools/check-spec.ts'

const spec = { 'src/protocols/relay/SPEC.md': '- **R1** one\n- **R2** two' }
const faults = (files: Readonly<Record<string, string>>): readonly string[] =>
  specFaults(new Map(Object.entries(files)))

test('a rule needs a test that bears its number', () => {
  const tests = { 'test/protocols/relay/connection.test.ts': `test('[R1] one', () => {})` }
  expect(faults({ ...spec, ...tests })).toEqual(['src/protocols/relay/SPEC.md: no test is named [R2]'])
})

test('several rules may share a test, and conversations and real counterparts count', () => {
  expect(faults({ ...spec, 'test/wire/relay/join.txt': '# [R1] both\nonly: ours [R2]\nC: {}' })).toEqual([])
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a source file
  expect(faults({ ...spec, 'test/interop/relay/a.test.ts': 'test(`[R1, R2] ${x}`, () => {})' })).toEqual([])
})

test('a number that no rule has is told', () => {
  const tests = { 'test/protocols/relay/connection.test.ts': `test('[R1][R2] [R3]', () => {})` }
  expect(faults({ ...spec, ...tests })).toEqual([
    'test/protocols/relay/connection.test.ts: [R3] is not a rule of src/protocols/relay/SPEC.md',
  ])
})

test('each protocol has numbers of its own', () => {
  const other = { 'src/protocols/talk/SPEC.md': '**R1**', 'test/protocols/talk/a.test.ts': `test('[R1]', () => {})` }
  const tests = { 'test/protocols/relay/connection.test.ts': `test('[R1] [R2]', () => {})` }
  expect(faults({ ...spec, ...other, ...tests })).toEqual([])
  expect(faults({ ...spec, ...other })).toHaveLength(2)
})

test('a rule is numbered once, and a comment bears nothing', () => {
  expect(faults({ 'src/turn/SPEC.md': '**A1** **A1**', 'test/turn/a.test.ts': `test('[A1]', () => {})` })).toEqual([
    'src/turn/SPEC.md: rule A1 is there twice',
  ])
  expect(faults({ 'src/turn/SPEC.md': '**A1**', 'test/turn/a.test.ts': '// [A1]' })).toHaveLength(1)
})

test('where one SPEC lies within the folder of another, a test belongs to the nearest', () => {
  const specs = { 'src/sfu/SPEC.md': '**M1**', 'src/sfu/proxy/SPEC.md': '**M2**' }
  const tests = {
    'test/sfu/janus/a.test.ts': `test('[M1]', () => {})`,
    'test/sfu/proxy/a.test.ts': `test('[M2]', () => {})`,
  }
  expect(faults({ ...specs, ...tests })).toEqual([])
  expect(faults({ ...specs, ...tests, 'test/sfu/proxy/b.test.ts': `test('[M1]', () => {})` })).toEqual([
    'test/sfu/proxy/b.test.ts: [M1] is not a rule of src/sfu/proxy/SPEC.md',
  ])
})
