import { expect, test } from 'bun:test'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { tempFolder } from '../support/temp-folder.ts'

const launcher = resolve(import.meta.dir, '../../bin/heliograph')

const Results = z.object({
  runs: z.array(
    z.object({
      contender: z.string(),
      scenario: z.string(),
      outcome: z.object({ metrics: z.looseObject({ units: z.number(), lost: z.number() }) }),
    }),
  ),
})

test('the comparison starts our server, loads it and counts what arrived', async () => {
  using folder = tempFolder()
  const json = join(folder.path, 'results.json')
  const bench = Bun.spawn(
    [launcher, 'bench', 'side-by-side', '--quick', '--only', 'ours', '--scenario', 'connect,pairs-100', '--json', json],
    { stdout: 'pipe', stderr: 'pipe' },
  )
  const [code, errors] = await Promise.all([bench.exited, bench.stderr.text()])

  expect([code, errors]).toEqual([0, ''])
  const { runs } = Results.parse(await Bun.file(json).json())
  expect(runs.map(({ contender, scenario }) => `${contender} ${scenario}`)).toEqual(['ours connect', 'ours pairs-100'])
  for (const { outcome } of runs) {
    expect(outcome.metrics.units).toBeGreaterThan(0)
    expect(outcome.metrics.lost).toBe(0)
  }
}, 60_000)
