/** The page that a side-by-side session leaves behind. */

import { type Machine, machineLine } from '../machine.ts'
import { metricLabel, metricTexts, metricValue } from '../metrics.ts'
import type { MetricName, Scenario } from '../scenarios/scenario.ts'
import type { Spread } from '../statistics.ts'
import type { Row } from './comparison.ts'

export interface Session {
  readonly date: string
  readonly machine: Machine
  readonly versions: Readonly<Record<string, string>>
  readonly rounds: number
  readonly scenarios: readonly Scenario[]
  readonly rows: readonly Row[]
  readonly remarks: readonly string[]
}

export function markdownPage(session: Session): string {
  const { machine, rows, scenarios } = session
  const versions = Object.entries(session.versions).map(([name, version]) => `${name} ${version}`)
  return [
    '# Side by side with the original',
    `${session.date}. ${machineLine(machine)}. ${versions.join('; ')}. ${session.rounds} alternating rounds, every run against a freshly started server.`,
    'Medians, with the smallest and largest in brackets; a ratio is ours / original within one round, below 1 is in our favour. README.md in this folder says what each number means.',
    '## Targets',
    targetTable(rows, scenarios),
    ...(session.remarks.length === 0 ? [] : ['## Remarks', session.remarks.map((text) => `- ${text}`).join('\n')]),
    '## All numbers',
    ...scenarios.map((scenario) => scenarioPart(scenario, rows)),
    '',
  ].join('\n\n')
}

function targetTable(rows: readonly Row[], scenarios: readonly Scenario[]): string {
  const lines = rows.flatMap(({ scenario, metric, ratio, target, met }) => {
    const found = scenarios.find(({ name }) => name === scenario)
    if (target === undefined || found === undefined) return []
    const verdict = met === undefined ? 'not measured' : met ? 'met' : '**missed**'
    return [[scenario, metricLabel(metric, found.unit), `≤ ${target}`, ratioText(ratio), verdict]]
  })
  return table(['Scenario', 'Number', 'Target', 'Ratio', ''], lines)
}

function scenarioPart(scenario: Scenario, rows: readonly Row[]): string {
  const lines = rows
    .filter((row) => row.scenario === scenario.name)
    .map(({ metric, ours, original, ratio }) => [
      metricLabel(metric, scenario.unit),
      spreadText(metric, ours),
      spreadText(metric, original),
      showsRatio(metric) ? ratioText(ratio) : '',
    ])
  return `### ${scenario.name}: ${scenario.title}\n\n${table(['', 'Ours', 'Original', 'Ratio'], lines)}`
}

/** Numbers that the plan sets, and counts, have no ratio worth a look. */
export function showsRatio(metric: MetricName): boolean {
  return !['offered', 'units', 'lost', 'late', 'generator', 'companionCpu', 'companionMemory'].includes(metric)
}

export function spreadText(metric: MetricName, values: Spread | undefined): string {
  if (values === undefined) return '–'
  const middle = metricValue(metric, values.median)
  if (values.values.length < 2 || metricTexts[metric].unit === '') return middle
  return `${middle} (${metricValue(metric, values.min)}–${metricValue(metric, values.max)})`
}

export function ratioText(ratio: Spread | undefined): string {
  if (ratio === undefined) return '–'
  const middle = ratio.median.toFixed(2)
  return ratio.values.length < 2 ? middle : `${middle} (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}
