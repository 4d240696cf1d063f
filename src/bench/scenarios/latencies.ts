/** The percentiles that every scenario with latencies reports, in ms. */

import type { Histogram } from '../histogram.ts'
import type { Outcome } from './scenario.ts'

export function latencies(micros: Histogram): Outcome['metrics'] {
  return {
    p50: micros.percentile(0.5) / 1000,
    p90: micros.percentile(0.9) / 1000,
    p99: micros.percentile(0.99) / 1000,
    p999: micros.percentile(0.999) / 1000,
    max: micros.max() / 1000,
  }
}
