/** What every scenario is given and gives back. */

import { nowMicros } from '../pace.ts'
import { cpuMicros } from '../process-usage.ts'
import type { Target } from '../talk-client.ts'

/** The server under load. Without a pid nothing is said about its CPU and memory. */
export interface Rig extends Target {
  readonly pid: number | undefined
  /** Processes that the server cannot do without, such as its message broker; counted apart. */
  readonly companions: readonly number[]
}

/** The numbers a run can give; the units are in `metrics.ts`. */
export type MetricName =
  | 'cpu'
  | 'companionCpu'
  | 'p50'
  | 'p90'
  | 'p99'
  | 'p999'
  | 'max'
  | 'late'
  | 'offered'
  | 'burst'
  | 'burstCpu'
  | 'generator'
  | 'units'
  | 'lost'
  | 'wall'
  | 'bytes'
  | 'memory'
  | 'residentBefore'
  | 'resident'
  | 'companionMemory'
  | 'idleCpu'

export interface Outcome {
  readonly metrics: Readonly<Partial<Record<MetricName, number>>>
  /** Whatever a reader has to know before trusting the numbers. */
  readonly remarks: readonly string[]
}

export interface Scenario {
  readonly name: string
  readonly title: string
  /** What `cpu` is divided by. */
  readonly unit: 'hello' | 'message' | 'delivery' | 'join' | 'session'
  run(rig: Rig): Promise<Outcome>
}

/** What a stretch of time took. */
export interface Used {
  /** CPU of the server in µs, where its pid is known. */
  readonly cpu: number | undefined
  readonly companionCpu: number
  /** CPU of the load generator itself, stub backend included, in µs. */
  readonly generatorCpu: number
  /** Time that passed, in µs. */
  readonly micros: number
}

/** Starts to measure; the answer ends it. */
export function beginWindow(rig: Rig): () => Used {
  const before = readings(rig)
  return () => {
    const after = readings(rig)
    return {
      cpu: after.cpu === undefined || before.cpu === undefined ? undefined : after.cpu - before.cpu,
      companionCpu: after.companionCpu - before.companionCpu,
      generatorCpu: after.generatorCpu - before.generatorCpu,
      micros: after.micros - before.micros,
    }
  }
}

function readings(rig: Rig): Used {
  const own = process.cpuUsage()
  return {
    cpu: rig.pid === undefined ? undefined : cpuMicros(rig.pid),
    companionCpu: rig.companions.reduce((sum, pid) => sum + cpuMicros(pid), 0),
    generatorCpu: own.user + own.system,
    micros: nowMicros(),
  }
}

/** CPU per unit of a finished window, and how busy the generator was, ready to be spread into an outcome. */
export function cpuPer(used: Used, units: number, rig: Rig): Outcome['metrics'] {
  return {
    ...(used.cpu === undefined || units === 0 ? {} : { cpu: used.cpu / units }),
    ...(rig.companions.length === 0 || units === 0 ? {} : { companionCpu: used.companionCpu / units }),
    generator: used.generatorCpu / used.micros,
  }
}
