import { expect, test } from 'bun:test'
import { pairs } from '../../src/bench/scenarios/pairs.ts'
import { compare, type Run, remarks } from '../../src/bench/side-by-side/comparison.ts'
import { markdownPage } from '../../src/bench/side-by-side/markdown.ts'

const run = (round: number, contender: Run['contender'], cpu: number, noted: readonly string[] = []): Run => ({
  round,
  scenario: 'pairs-100',
  contender,
  load: 0,
  outcome: { metrics: { cpu }, remarks: noted },
})
const runs = [
  run(0, 'ours', 10),
  run(0, 'original', 40),
  run(1, 'original', 30),
  run(1, 'ours', 12, ['odd']),
  run(2, 'ours', 20, ['odd']),
]

test('ratios are per round, and a target is judged by their median', () => {
  const [row] = compare(runs, ['pairs-100'])
  expect(row).toMatchObject({ metric: 'cpu', target: 0.5, met: true })
  expect(row?.ours?.median).toBe(12)
  expect(row?.ratio?.values).toEqual([0.25, 0.4])
})

test('without the other side there is no verdict', () => {
  const [row] = compare(runs.slice(0, 1), ['pairs-100'])
  expect(row?.ratio).toBeUndefined()
  expect(row?.met).toBeUndefined()
})

test('equal remarks are counted', () => {
  expect(remarks(runs)).toEqual(['pairs-100, ours: odd (in 2 rounds)'])
})

test('the page has the target, the verdict and the spread', () => {
  const plan = { clients: 2, size: 100, perSecond: 1, seconds: 1, warmupSeconds: 0 }
  const page = markdownPage({
    date: '2000-01-01',
    machine: { cpu: 'abacus', cores: 2, memoryGiB: 1, kernel: '1', system: 'Debian', bun: '1' },
    versions: { ours: '1', original: '0' },
    rounds: 3,
    scenarios: [pairs(plan)],
    rows: compare(runs, ['pairs-100']),
    remarks: remarks(runs),
  })
  expect(page).toContain('| pairs-100 | server CPU, µs per message | ≤ 0.5 | 0.33 (0.25–0.40) | met |')
  expect(page).toContain('| server CPU, µs per message | 12.0 (10.0–20.0) | 35.0 (30.0–40.0) | 0.33 (0.25–0.40) |')
})
