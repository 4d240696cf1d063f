/** How each number is called, in which unit it is printed, and which ones a reader needs first. */

import type { MetricName, Scenario } from './scenarios/scenario.ts'

interface MetricText {
  readonly label: string
  readonly unit: string
  /** What the raw number is multiplied by for printing. */
  readonly scale?: number
  readonly digits: number
}

export const metricTexts: Readonly<Record<MetricName, MetricText>> = {
  cpu: { label: 'server CPU', unit: 'µs per unit', digits: 1 },
  companionCpu: { label: 'broker CPU', unit: 'µs per unit', digits: 1 },
  p50: { label: 'latency p50', unit: 'ms', digits: 2 },
  p90: { label: 'latency p90', unit: 'ms', digits: 2 },
  p99: { label: 'latency p99', unit: 'ms', digits: 2 },
  p999: { label: 'latency p99.9', unit: 'ms', digits: 2 },
  max: { label: 'latency max', unit: 'ms', digits: 2 },
  late: { label: 'sent late p99', unit: 'ms', digits: 2 },
  offered: { label: 'offered', unit: '1/s', digits: 0 },
  burst: { label: 'hellos in a burst', unit: '1/s', digits: 0 },
  burstCpu: { label: 'server CPU in the burst', unit: 'µs per unit', digits: 1 },
  units: { label: 'counted', unit: '', digits: 0 },
  lost: { label: 'lost', unit: '', digits: 0 },
  wall: { label: 'wall time', unit: 's', digits: 2 },
  bytes: { label: 'bytes received', unit: 'MB', scale: 1e-6, digits: 1 },
  memory: { label: 'memory', unit: 'kB per session', scale: 1e-3, digits: 2 },
  residentBefore: { label: 'resident at start', unit: 'MB', scale: 1e-6, digits: 1 },
  resident: { label: 'resident', unit: 'MB', scale: 1e-6, digits: 1 },
  companionMemory: { label: 'broker memory', unit: 'kB per session', scale: 1e-3, digits: 2 },
  generator: { label: 'generator busy', unit: '% of a core', scale: 100, digits: 0 },
  idleCpu: { label: 'CPU at rest', unit: 'ms per s', digits: 1 },
}

/** All metrics in the order in which they are printed. */
export const metricNames: readonly MetricName[] = Object.keys(metricTexts).filter(isMetricName)

export function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(metricTexts, name)
}

export function metricLabel(name: MetricName, unit: Scenario['unit']): string {
  const text = metricTexts[name]
  return `${text.label}${text.unit === '' ? '' : `, ${text.unit.replace('unit', unit)}`}`
}

export function metricValue(name: MetricName, value: number): string {
  const { scale = 1, digits } = metricTexts[name]
  return Number.isFinite(value) ? (value * scale).toFixed(digits) : '–'
}
