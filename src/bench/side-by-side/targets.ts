/** What ours has to reach against the original: the most that ours / original may be. */

import type { MetricName } from '../scenarios/scenario.ts'

export interface Target {
  readonly scenario: string
  readonly metric: MetricName
  readonly atMost: number
}

export const targets: readonly Target[] = [
  { scenario: 'connect', metric: 'cpu', atMost: 0.35 },
  { scenario: 'pairs-100', metric: 'cpu', atMost: 0.5 },
  { scenario: 'pairs-2000', metric: 'cpu', atMost: 0.5 },
  { scenario: 'room-100', metric: 'cpu', atMost: 0.25 },
  { scenario: 'room-500', metric: 'cpu', atMost: 0.25 },
  { scenario: 'idle', metric: 'memory', atMost: 0.25 },
  { scenario: 'storm', metric: 'wall', atMost: 0.25 },
  { scenario: 'storm', metric: 'bytes', atMost: 1 },
  { scenario: 'connect', metric: 'p99', atMost: 1 },
  { scenario: 'pairs-100', metric: 'p99', atMost: 1 },
  { scenario: 'pairs-2000', metric: 'p99', atMost: 1 },
  { scenario: 'room-100', metric: 'p99', atMost: 1 },
  { scenario: 'room-500', metric: 'p99', atMost: 1 },
]
