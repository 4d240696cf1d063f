import { expect, test } from 'bun:test'
import { processGauges, processTotals } from '../../src/observe/process-metrics.ts'

test('the process knows its memory, its start and its CPU time', () => {
  const { process_resident_memory_bytes: memory = 0, process_start_time_seconds: start = 0 } = processGauges()
  const totals = processTotals()

  expect(memory).toBeGreaterThan(1_000_000)
  expect(start).toBeGreaterThan(1_600_000_000)
  expect(start).toBeLessThan(Date.now() / 1000)
  expect(totals.process_cpu_seconds_total).toBeGreaterThan(0)
})
