/** Ours and Debian's coturn in turn under the same load: `bun bench/turn/side-by-side.ts --help`. */
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { describeMachine, machineLine } from '../../src/bench/machine.ts'
import { writeResultsPage } from '../../src/bench/results-page.ts'
import { columns } from '../../src/bench/table.ts'
import { type Contender, coturn, ours } from './contenders.ts'
import { prepareGenerator } from './generator.ts'
import { leaveNothingBehind } from './left-behind.ts'
import { type Bench, type Measurement, measurements } from './measurements.ts'
import { compare, markdownPage, type Run, remarks, type Session, spreadText } from './report.ts'
import { type Numbers, rows } from './rows.ts'
import { signalingUnderMedia } from './signaling.ts'
import { limitBuffers } from './socket-buffers.ts'

const usage = `usage: bun bench/turn/side-by-side.ts [options]

  --rounds N          alternating rounds (default 5)
  --measure A,B       only these: ${[...measurements, { name: 'signaling' }].map(({ name }) => name).join(', ')}
  --only NAME         only ours, or only coturn: numbers without ratios
  --buffers OCTETS    no socket of either server gets more (needs root, holds for the whole machine meanwhile)
  --quick             one round of seconds: does it still run?
  --json FILE         every run's numbers; written after every round
  --markdown FILE     the page with targets and ratios; written after every round
  --verbose           each rate that is tried
`

interface Options {
  readonly rounds: number
  readonly chosen: readonly Measurement[]
  readonly signaling: boolean
  readonly contenders: readonly Contender[]
  readonly buffers: number | undefined
  readonly quick: boolean
  readonly json: string | undefined
  readonly markdown: string | undefined
  readonly verbose: boolean
}

/** Server on the first core, generator and peers on the second; on one core they share it. */
const [serverCore, generatorCore] = cpus().length > 1 ? [0, 1] : [0, 0]

const pinning = (buffers: number | undefined): readonly string[] => [
  `Server pinned to core ${serverCore} with one relaying thread, all clients and peers on core ${generatorCore}, which never sleeps.`,
  `Socket buffers as each server asks for them${buffers === undefined ? '' : `, but at most ${buffers} octets`}. No log, no quotas, no rate limits.`,
  'For signaling beside media the servers and the signaling clients have both cores, and the media generator on the second one sleeps between packets.',
]

async function runSession(options: Options): Promise<readonly Run[]> {
  const { rounds, contenders, quick } = options
  const machine = describeMachine()
  console.log(machineLine(machine))
  const generator = await prepareGenerator(generatorCore)
  const versions = Object.fromEntries(contenders.map((each) => [each.name, each.version()]))
  const runs: Run[] = []

  async function measure(
    round: number,
    contender: Contender,
    name: string,
    run: (bench: Bench) => Promise<Numbers>,
  ): Promise<void> {
    const load = loadavg()[0] ?? 0
    const noted: string[] = []
    const numbers = await run({
      ...{ generator, quick },
      progress: (line) => options.verbose && console.log(`    ${line}`),
      remark: (text) => noted.push(text),
    })
    runs.push({ round, contender: contender.name, measurement: name, load, numbers, remarks: noted })
    console.log(`round ${round + 1} of ${rounds}, ${contender.name}, ${name}\n${numbersText(numbers, noted)}`)
  }

  for (let round = 0; round < rounds; round++) {
    for (const measurement of options.chosen) {
      // Who goes first alternates as well, so that a machine that gets slower or faster favours nobody.
      for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
        await measure(round, contender, measurement.name, async (bench) => {
          await using server = await contender.start({ cores: String(serverCore) })
          return await measurement.run(server, bench)
        })
      }
    }
    if (options.signaling && contenders.includes(ours)) await measure(round, ours, 'signaling', signalingUnderMedia)
    const date = new Date().toISOString().slice(0, 10)
    const session = { date, machine, versions, rounds: round + 1, pinning: pinning(options.buffers), runs }
    await leave(session, options)
  }
  return runs
}

async function leave(session: Session, { json, markdown }: Options): Promise<void> {
  if (json !== undefined) await Bun.write(json, `${JSON.stringify(session, null, 2)}\n`)
  if (markdown !== undefined) await writeResultsPage(markdown, markdownPage(session))
}

function numbersText(numbers: Numbers, noted: readonly string[]): string {
  const told = rows.flatMap(({ id, label, digits }) => {
    const value = numbers[id]
    return value === undefined ? [] : [`  ${label}: ${value.toFixed(digits)}`]
  })
  return [...told, ...noted.map((text) => `  ! ${text}`)].join('\n')
}

/** Of a quick session no verdicts: nothing in it is warm. */
function summary(runs: readonly Run[], quick: boolean): string {
  const body = compare(runs)
    .filter(({ row }) => row.compared)
    .map(({ row, ours: left, coturn: right, ratio, met }) => [
      row.id,
      spreadText(left, row.digits),
      spreadText(right, row.digits),
      spreadText(ratio, 2),
      met === undefined || quick ? '' : met ? 'met' : 'MISSED',
    ])
  const noted = remarks(runs).map((text) => `! ${text}`)
  return [columns([['', 'ours', 'coturn', 'ratio', ''], ...body]), ...noted].join('\n')
}

/** The options, or what is wrong with them. */
function parseOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string' },
        measure: { type: 'string' },
        only: { type: 'string' },
        buffers: { type: 'string' },
        quick: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        json: { type: 'string' },
        markdown: { type: 'string' },
      },
    })
    const { quick, verbose, json, markdown } = values
    const rounds = Number(values.rounds ?? (quick ? 1 : 5))
    if (!Number.isInteger(rounds) || rounds < 1) return '--rounds has to be a whole number from 1'
    const names = values.measure?.split(',')
    const unknown = names?.find((name) => name !== 'signaling' && !measurements.some((each) => each.name === name))
    if (unknown !== undefined) return `nothing is called ${unknown}`
    const buffers = values.buffers === undefined ? undefined : Number(values.buffers)
    if (buffers !== undefined && !(buffers >= 4_096)) return '--buffers has to be a number from 4096'
    const contenders = [ours, coturn].filter(({ name }) => values.only === undefined || values.only === name)
    if (contenders.length === 0) return '--only has to be ours or coturn'
    return {
      ...{ rounds, contenders, buffers, quick, verbose, json, markdown },
      chosen: measurements.filter(({ name }) => names === undefined || names.includes(name)),
      signaling: names === undefined || names.includes('signaling'),
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const options = parseOptions(process.argv.slice(2))
if (typeof options === 'string') {
  process.stderr.write(`${options}\n\n${usage}`)
  process.exitCode = 2
} else {
  process.on('exit', leaveNothingBehind)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))
  using _limit = limitBuffers(options.buffers)
  console.log(`\n${summary(await runSession(options), options.quick)}`)
}
