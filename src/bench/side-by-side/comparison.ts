/** All runs of a side-by-side session, and the ratios that come out of them. */

import { metricNames } from '../metrics.ts'
import type { MetricName, Outcome } from '../scenarios/scenario.ts'
import { ratios, type Spread, spread } from '../statistics.ts'
import { targets } from './targets.ts'

export interface Run {
  readonly round: number
  readonly scenario: string
  readonly contender: 'ours' | 'original'
  /** Load average of the last minute when the run began: shows company, the run before included. */
  readonly load: number
  readonly outcome: Outcome
}

export interface Row {
  readonly scenario: string
  readonly metric: MetricName
  readonly ours: Spread | undefined
  readonly original: Spread | undefined
  /** Ours / original, round by round; undefined where one of them has no such number. */
  readonly ratio: Spread | undefined
  readonly target: number | undefined
  /** Undefined where there is no target, or no ratio. */
  readonly met: boolean | undefined
}

/** One row per scenario and metric, in the order of `scenarios`. */
export function compare(runs: readonly Run[], scenarios: readonly string[]): readonly Row[] {
  return scenarios.flatMap((scenario) =>
    metricNames.flatMap((metric) => {
      const ours = byRound(runs, scenario, 'ours', metric)
      const original = byRound(runs, scenario, 'original', metric)
      if ([...ours, ...original].every((value) => value === undefined)) return []
      const target = targets.find((each) => each.scenario === scenario && each.metric === metric)?.atMost
      const ratio = spreadOf(ratios(ours, original))
      const met = target === undefined || ratio === undefined ? undefined : ratio.median <= target
      return [{ scenario, metric, ours: spreadOf(ours), original: spreadOf(original), ratio, target, met }]
    }),
  )
}

/** The remarks of all runs, each once, with how often and whose. */
export function remarks(runs: readonly Run[]): readonly string[] {
  const counted = new Map<string, number>()
  for (const { contender, scenario, outcome } of runs) {
    for (const text of outcome.remarks) {
      const key = `${scenario}, ${contender}: ${text}`
      counted.set(key, (counted.get(key) ?? 0) + 1)
    }
  }
  return [...counted].map(([text, times]) => (times === 1 ? text : `${text} (in ${times} rounds)`))
}

function byRound(
  runs: readonly Run[],
  scenario: string,
  contender: Run['contender'],
  metric: MetricName,
): readonly (number | undefined)[] {
  const rounds = Math.max(0, ...runs.map(({ round }) => round + 1))
  return Array.from({ length: rounds }, (_, round) => {
    const run = runs.find((r) => r.round === round && r.scenario === scenario && r.contender === contender)
    return run?.outcome.metrics[metric]
  })
}

function spreadOf(values: readonly (number | undefined)[]): Spread | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : spread(known)
}
