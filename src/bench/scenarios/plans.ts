/** The scenarios as they are run: in full, or quickly as a smoke test. */

import { broadcast } from './broadcast.ts'
import { connect } from './connect.ts'
import { idle } from './idle.ts'
import { pairs } from './pairs.ts'
import type { Scenario } from './scenario.ts'
import { storm } from './storm.ts'

/** Rates are far below what either server can carry, so that latencies say something. */
export const fullScenarios: readonly Scenario[] = [
  connect({ perSecond: 300, seconds: 8, warmupSeconds: 2, burst: 2_000 }),
  pairs({ clients: 100, size: 100, perSecond: 5_000, seconds: 8, warmupSeconds: 3 }),
  pairs({ clients: 100, size: 2_000, perSecond: 5_000, seconds: 8, warmupSeconds: 3 }),
  broadcast({ members: 100, size: 100, perSecond: 100, seconds: 8, warmupSeconds: 3 }),
  broadcast({ members: 500, size: 100, perSecond: 20, seconds: 8, warmupSeconds: 3 }),
  storm({ members: 1_000, quietMs: 5_000 }),
  idle({ sessions: 10_000, restMs: 10_000 }),
]

export const quickScenarios: readonly Scenario[] = [
  connect({ perSecond: 50, seconds: 1, warmupSeconds: 0.2, burst: 20 }),
  pairs({ clients: 10, size: 100, perSecond: 200, seconds: 1, warmupSeconds: 0.2 }),
  pairs({ clients: 10, size: 2_000, perSecond: 200, seconds: 1, warmupSeconds: 0.2 }),
  broadcast({ members: 10, size: 100, perSecond: 50, seconds: 1, warmupSeconds: 0.2 }),
  storm({ members: 20, quietMs: 2_000 }),
  idle({ sessions: 100, restMs: 300 }),
]
