import { expect, test } from 'bun:test'
import { type Fault, printFault, quoted, sortedFaults } from '../../src/config/fault.ts'

const fault: Fault = {
  severity: 'error',
  file: 'server.conf',
  line: 12,
  section: 'backend',
  key: 'secret',
  message: 'no',
}

test('a fault is one line that begins with its place', () => {
  expect(printFault(fault)).toBe('server.conf:12: [backend] secret: no')
  expect(printFault({ ...fault, severity: 'warning' })).toBe('server.conf:12: warning: [backend] secret: no')
  expect(printFault({ severity: 'error', file: 'F', section: 'a', message: 'no' })).toBe('F: [a]: no')
  expect(printFault({ severity: 'error', file: 'F', section: '', message: 'no' })).toBe('F: no')
  expect(printFault({ severity: 'error', file: 'F', section: '', key: 'k', message: 'no' })).toBe('F: k: no')
  expect(printFault({ ...fault, message: 'one\ntwo\u001b[31m' })).toBe('server.conf:12: [backend] secret: one two [31m')
})

test('faults are sorted by line, and those without one come last', () => {
  const { line: _, ...nowhere } = fault
  const sorted = sortedFaults([nowhere, { ...fault, line: 10 }, { ...fault, line: 9 }])
  expect(sorted.map(({ line }) => line)).toEqual([9, 10, undefined])
})

test('a quoted piece is short and on one line', () => {
  expect(quoted('a "b"\n')).toBe('"a \\"b\\"\\n"')
  expect(quoted('x'.repeat(1000)).length).toBeLessThan(70)
})
