/** Medians, ratios and verdicts of all rounds, and the page that tells them. */
import { type Machine, machineLine } from '../../src/bench/machine.ts'
import { ratios, type Spread, spread } from '../../src/bench/statistics.ts'
import type { ContenderName } from './contenders.ts'
import { type Numbers, type Row, rows, type Target } from './rows.ts'

export interface Run {
  readonly round: number
  readonly contender: ContenderName
  readonly measurement: string
  /** Load average of the last minute when it began. */
  readonly load: number
  readonly numbers: Numbers
  readonly remarks: readonly string[]
}

export interface Session {
  readonly date: string
  readonly machine: Machine
  readonly versions: Readonly<Record<string, string>>
  readonly rounds: number
  /** Which process ran where, in words. */
  readonly pinning: readonly string[]
  readonly runs: readonly Run[]
}

export interface Line {
  readonly row: Row
  readonly ours: Spread | undefined
  readonly coturn: Spread | undefined
  readonly ratio: Spread | undefined
  /** Undefined without a target, or without the numbers for it. */
  readonly met: boolean | undefined
}

/** One line for each row of which there is a number. */
export function compare(runs: readonly Run[]): readonly Line[] {
  return rows.flatMap((row) => {
    const [ours, coturn] = [byRound(runs, 'ours', row.id), byRound(runs, 'coturn', row.id)]
    if ([...ours, ...coturn].every((value) => value === undefined)) return []
    const ratio = row.compared ? spreadOf(ratios(ours, coturn)) : undefined
    const differences = ours.flatMap((value, round) => {
      const other = coturn[round]
      return value === undefined || other === undefined ? [] : [value - other]
    })
    const judged = { times: ratio, beyond: spreadOf(differences), absolute: spreadOf(known(ours)) }
    return [
      {
        ...{ row, ratio },
        ours: spreadOf(known(ours)),
        coturn: spreadOf(known(coturn)),
        met: row.target && verdict(row.target, judged[row.target.kind]),
      },
    ]
  })
}

function verdict({ atMost, atLeast }: Target, value: Spread | undefined): boolean | undefined {
  if (value === undefined) return undefined
  return value.median <= (atMost ?? Number.POSITIVE_INFINITY) && value.median >= (atLeast ?? Number.NEGATIVE_INFINITY)
}

function byRound(runs: readonly Run[], contender: ContenderName, id: string): readonly (number | undefined)[] {
  const rounds = Math.max(0, ...runs.map(({ round }) => round + 1))
  return Array.from(
    { length: rounds },
    (_, round) =>
      runs.find((run) => run.round === round && run.contender === contender && run.numbers[id] !== undefined)?.numbers[
        id
      ],
  )
}

const known = (values: readonly (number | undefined)[]): readonly number[] =>
  values.filter((value) => value !== undefined)

const spreadOf = (values: readonly number[]): Spread | undefined => (values.length === 0 ? undefined : spread(values))

/** Each remark once, with how often and whose. */
export function remarks(runs: readonly Run[]): readonly string[] {
  const counted = new Map<string, number>()
  for (const { contender, remarks: made } of runs) {
    for (const text of made) counted.set(`${contender}, ${text}`, (counted.get(`${contender}, ${text}`) ?? 0) + 1)
  }
  return [...counted].map(([text, times]) => (times === 1 ? text : `${text} (in ${times} rounds)`))
}

export function markdownPage(session: Session): string {
  const lines = compare(session.runs)
  const noted = remarks(session.runs)
  const parts = [...new Set(lines.map(({ row }) => row.part))]
  const versions = Object.entries(session.versions).map(([name, version]) => `${name} ${version}`)
  return [
    '# STUN/TURN side by side with coturn',
    `${session.date}. ${machineLine(session.machine)}. ${versions.join('; ')}. ${session.rounds} alternating rounds, each measurement against a freshly started server.`,
    session.pinning.join(' '),
    'Medians, with the smallest and largest in brackets; a ratio is ours / coturn within one round. README.md in this folder says what each number means.',
    '## Targets',
    targetTable(lines),
    ...(noted.length === 0 ? [] : ['## Remarks', noted.map((text) => `- ${text}`).join('\n')]),
    '## All numbers',
    ...parts.map((part) => `### ${part}\n\n${partTable(lines.filter(({ row }) => row.part === part))}`),
    '',
  ].join('\n\n')
}

function targetTable(lines: readonly Line[]): string {
  const judged = lines.flatMap((line) => {
    const { row, met } = line
    if (!row.target) return []
    const told = met === undefined ? 'not measured' : met ? 'met' : '**missed**'
    return [[`${row.part}: ${row.label}`, targetText(row.target), reachedText(line, row.target), told]]
  })
  return table(['Number', 'Target', 'Reached', ''], judged)
}

function partTable(lines: readonly Line[]): string {
  const cells = lines.map(({ row, ours, coturn, ratio }) => [
    row.label,
    spreadText(ours, row.digits),
    spreadText(coturn, row.digits),
    row.compared ? spreadText(ratio, 2) : '',
  ])
  return table(['', 'Ours', 'coturn', 'Ratio'], cells)
}

function targetText({ kind, atMost, atLeast }: Target): string {
  const limit = atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`
  return { times: `${limit} ×`, beyond: `coturn's + ${atMost}`, absolute: limit }[kind]
}

function reachedText({ row, ours, coturn, ratio }: Line, { kind }: Target): string {
  if (kind === 'times') return spreadText(ratio, 2)
  if (kind === 'absolute') return spreadText(ours, row.digits)
  return `${spreadText(ours, row.digits)} against ${spreadText(coturn, row.digits)}`
}

export function spreadText(values: Spread | undefined, digits: number): string {
  if (values === undefined) return '–'
  const middle = values.median.toFixed(digits)
  if (values.values.length < 2) return middle
  return `${middle} (${values.min.toFixed(digits)}–${values.max.toFixed(digits)})`
}

function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...body.map(line)].join('\n')
}
