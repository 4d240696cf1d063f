import { expect, test } from 'bun:test'
import { compare, markdownPage, type Run, remarks } from '../../../bench/turn/report.ts'
import { rows } from '../../../bench/turn/rows.ts'

const run = (round: number, contender: Run['contender'], numbers: Run['numbers'], noted: string[] = []): Run => ({
  ...{ round, contender, numbers, remarks: noted },
  ...{ measurement: 'small', load: 0 },
})

const lineOf = (runs: readonly Run[], id: string) => compare(runs).find(({ row }) => row.id === id)

test('a ratio is taken within a round', () => {
  const line = lineOf(
    [
      run(0, 'ours', { 'small-5000-cpu': 5 }),
      run(0, 'coturn', { 'small-5000-cpu': 10 }),
      run(1, 'coturn', { 'small-5000-cpu': 20 }),
      run(1, 'ours', { 'small-5000-cpu': 14 }),
    ],
    'small-5000-cpu',
  )
  expect(line?.ratio?.values).toEqual([0.5, 0.7])
  expect(line?.met).toBe(true)
})

test('more has to be more where more is better', () => {
  const slower = [run(0, 'ours', { allocations: 100 }), run(0, 'coturn', { allocations: 90 })]
  expect(lineOf(slower, 'allocations')?.met).toBe(false)
})

test('a median latency is judged by how far it lies beyond that of coturn', () => {
  const beyond = (ours: number) => [
    run(0, 'ours', { 'small-5000-p50': ours }),
    run(0, 'coturn', { 'small-5000-p50': 50 }),
  ]
  expect(lineOf(beyond(900), 'small-5000-p50')?.met).toBe(true)
  expect(lineOf(beyond(1_100), 'small-5000-p50')?.met).toBe(false)
})

test('memory per stranger is judged by itself', () => {
  expect(lineOf([run(0, 'ours', { 'stranger-memory': 0.02 })], 'stranger-memory')?.met).toBe(true)
})

test('without a number there is no line, and without the other side no verdict', () => {
  expect(compare([run(0, 'ours', {})])).toEqual([])
  expect(lineOf([run(0, 'coturn', { 'small-5000-cpu': 10 })], 'small-5000-cpu')?.met).toBeUndefined()
})

test('a remark is told once, with how often', () => {
  const runs = [run(0, 'ours', {}, ['late']), run(1, 'ours', {}, ['late']), run(1, 'coturn', {}, ['late'])]
  expect(remarks(runs)).toEqual(['ours, late (in 2 rounds)', 'coturn, late'])
})

test('the page tells target, reached and verdict', () => {
  const page = markdownPage({
    date: '2026-01-01',
    machine: { cpu: 'c', cores: 2, memoryGiB: 1, kernel: 'k', system: 's', bun: 'b' },
    versions: { ours: '1', coturn: '2' },
    rounds: 1,
    pinning: ['Pinned.'],
    runs: [run(0, 'ours', { allocations: 300 }), run(0, 'coturn', { allocations: 100 })],
  })
  expect(page).toContain('| ≥ 2 × | 3.00 | met |')
})

test('no two rows have one name', () => {
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
})
