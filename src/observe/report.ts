/** What we see of the server: takes facts and tells them as log lines and metrics. */
import { createExposition, type Watched } from './exposition.ts'
import { type Fact, type FactName, tellings } from './facts.ts'
import { createLog, type LogLevel, type LogOptions } from './log.ts'
import type { CounterName, HistogramName } from './metrics.ts'

export interface Report extends Disposable {
  /** Never throws; may be handed on without its object. `times`: how often it happened, which one line tells. */
  note(fact: Fact, times?: number): void
  /** From now on the gauges are read from there; once, after everything is made. */
  watch(source: Watched): void
  /** In the text format of Prometheus. Rejects if a watched source throws. */
  metricsText(): Promise<string>
  readonly metricsContentType: string
  /** Writes the log lines that wait for the end of this turn of the event loop. */
  flush(): void
}

/** A telling without the type of its fact. */
interface Row {
  readonly level: LogLevel
  readonly text: string
  readonly counts?: readonly CounterName[]
  readonly measures?: { readonly histogram: HistogramName; readonly field: string }
  readonly hides?: readonly string[]
}
const rows: Readonly<Record<FactName, Row>> = tellings

type Fields = Readonly<Record<string, unknown>>

export function startReport(options: LogOptions): Report {
  const log = createLog(options)
  const exposition = createExposition()
  let watched: Watched | undefined

  /** Decides once per kind of fact what there is to do, because some facts come with every message. */
  function recorder(
    fact: string,
    { level, text, counts = [], measures, hides = [] }: Row,
  ): (fields: Fields, times: number) => void {
    const tallies = counts.map((name) => exposition.tally(name))
    const isLogged = log.writes(level)
    return (fields, times) => {
      for (const tally of tallies) tally.count(fields, times)
      if (measures) exposition.measure(measures.histogram, fields, Number(fields[measures.field]))
      if (isLogged) log.add({ level, fact, text, fields: times === 1 ? fields : { ...fields, times }, hides })
    }
  }
  const recorders = new Map(Object.entries(rows).map(([fact, row]) => [fact, recorder(fact, row)]))

  return {
    note: (fact, times = 1) => recorders.get(fact.fact)?.(fact, times),
    watch(source) {
      watched = source
    },
    metricsText: async () => exposition.text(watched),
    metricsContentType: exposition.contentType,
    flush: log.flush,
    [Symbol.dispose]: log.flush,
  }
}
