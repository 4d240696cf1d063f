/** How one kind of fact is told. */

import type { LogLevel } from './log.ts'
import type { CounterName, counters, HistogramName, histograms } from './metrics.ts'

/** The counters whose labels are all fields of the fact. */
type CounterFor<F> = {
  [C in CounterName]: (typeof counters)[C]['labels'][number] extends keyof F ? C : never
}[CounterName]
type HistogramFor<F> = {
  [H in HistogramName]: (typeof histograms)[H]['labels'][number] extends keyof F ? H : never
}[HistogramName]
type NumberFieldOf<F> = { [K in keyof F & string]: F[K] extends number ? K : never }[keyof F & string]

export interface Telling<F> {
  readonly level: LogLevel
  readonly text: string
  readonly counts?: readonly CounterFor<F>[]
  readonly measures?: { readonly histogram: HistogramFor<F>; readonly field: NumberFieldOf<F> }
  /** Fields that are in the log of `debug` and `trace` only: who somebody is does not belong into an everyday log. */
  readonly hides?: readonly (Exclude<keyof F, 'fact'> & string)[]
}

/** One row for each kind of fact; a counter with a label that its fact lacks does not compile. */
export type Tellings<F extends { readonly fact: string }> = {
  readonly [N in F['fact']]: Telling<Extract<F, { readonly fact: N }>>
}
