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

export interface Window {
  /** Ends the window: CPU in µs used meanwhile by the server and by its companions, and the time in µs. */
  end(): { readonly cpu: number | undefined; readonly companionCpu: number; readonly micros: number }
}

export function beginWindow(rig: Rig): Window {
  const server = () => (rig.pid === undefined ? undefined : cpuMicros(rig.pid))
  const companions = () => rig.companions.reduce((sum, pid) => sum + cpuMicros(pid), 0)
  const before = { cpu: server(), companionCpu: companions(), micros: nowMicros() }
  return {
    end() {
      const cpu = server()
      return {
        cpu: cpu === undefined || before.cpu === undefined ? undefined : cpu - before.cpu,
        companionCpu: companions() - before.companionCpu,
        micros: nowMicros() - before.micros,
      }
    },
  }
}

/** CPU per unit of a finished window, ready to be spread into an outcome. */
export function cpuPer(used: ReturnType<Window['end']>, units: number, rig: Rig): Outcome['metrics'] {
  return {
    ...(used.cpu === undefined || units === 0 ? {} : { cpu: used.cpu / units }),
    ...(rig.companions.length === 0 || units === 0 ? {} : { companionCpu: used.companionCpu / units }),
  }
}
