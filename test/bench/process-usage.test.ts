import { expect, test } from 'bun:test'
import { parseCpuTicks, parseResidentBytes } from '../../src/bench/process-usage.ts'

test('CPU ticks are found behind a name with spaces and parentheses', () => {
  expect(parseCpuTicks('12 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 111 22 0 0 20 0')).toBe(133)
})

test('resident memory is read in bytes', () => {
  expect(parseResidentBytes('Name:\tx\nVmHWM:\t  900 kB\nVmRSS:\t  512 kB\n')).toBe(524_288)
})
