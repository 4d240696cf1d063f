/** `heliograph bench side-by-side`: ours and Debian's original in turn under the same load, and the ratios. */

import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { describeMachine, machineLine } from '../machine.ts'
import { metricLabel } from '../metrics.ts'
import { writeResultsPage } from '../results-page.ts'
import { chooseScenarios, outcomeText } from '../run.ts'
import type { Outcome, Scenario } from '../scenarios/scenario.ts'
import { startStubBackend } from '../stub-backend.ts'
import { columns } from '../table.ts'
import { compare, type Run, remarks } from './comparison.ts'
import { type Contender, killAll, original, ours } from './contenders.ts'
import { markdownPage, ratioText, type Session, showsRatio, spreadText } from './markdown.ts'

const usage = `usage: heliograph bench side-by-side [options]

  --rounds N         alternating rounds (default 5)
  --scenario A,B     only these
  --only NAME        only ours, or only original: numbers without ratios
  --loopback         the original without nats-server, on its in-process stand-in
  --quick            one round, few clients, one second each
  --json FILE        every run's numbers; written after every round
  --markdown FILE    the page with targets and ratios; written after every round
`

/** Resolves with the exit code. Needs the original and its broker: Debian's nextcloud-spreed-signaling and nats-server. */
export async function runSideBySide(args: readonly string[]): Promise<number> {
  const options = parseOptions(args)
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n\n${usage}`)
    return 2
  }
  process.on('exit', killAll)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))
  try {
    await runSession(options)
    return 0
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

interface Options {
  readonly rounds: number
  readonly scenarios: readonly Scenario[]
  readonly contenders: readonly Contender[]
  readonly json: string | undefined
  readonly markdown: string | undefined
}

async function runSession({ rounds, scenarios, contenders, json, markdown }: Options): Promise<void> {
  const machine = describeMachine()
  console.log(machineLine(machine))
  const versions: Record<string, string> = {}
  const runs: Run[] = []
  for (let round = 0; round < rounds; round += 1) {
    for (const scenario of scenarios) {
      // Who goes first alternates as well, so that a machine that gets slower or faster favours nobody.
      const order = round % 2 === 0 ? contenders : contenders.toReversed()
      for (const contender of order) {
        const load = loadavg()[0] ?? 0
        const { outcome, version } = await runOnce(contender, scenario)
        versions[contender.name] = version
        runs.push({ round, scenario: scenario.name, contender: contender.name, load, outcome })
        console.log(`\nround ${round + 1} of ${rounds}, ${contender.name}, ${outcomeText(scenario, outcome)}`)
      }
    }
    const session: Session = {
      date: new Date().toISOString().slice(0, 10),
      machine,
      versions,
      rounds: round + 1,
      scenarios,
      rows: compare(
        runs,
        scenarios.map(({ name }) => name),
      ),
      remarks: remarks(runs),
    }
    if (json !== undefined) await Bun.write(json, `${JSON.stringify({ ...session, runs }, null, 2)}\n`)
    if (markdown !== undefined) await writeResultsPage(markdown, markdownPage(session))
    if (round === rounds - 1) console.log(`\n${summary(session)}`)
  }
}

/** One scenario against a server that was started for it and is ended after it. */
async function runOnce(
  contender: Contender,
  scenario: Scenario,
): Promise<{ readonly outcome: Outcome; readonly version: string }> {
  Bun.gc(true)
  const stub = await startStubBackend(0)
  try {
    const server = await contender.start(stub.url)
    try {
      const outcome = await scenario.run({ ...server, backendUrl: stub.url })
      return { outcome, version: server.version }
    } finally {
      await server.stop()
    }
  } finally {
    await stub.stop()
  }
}

function summary({ rows, scenarios, remarks: noted }: Session): string {
  const lines = rows
    .filter(({ metric }) => showsRatio(metric))
    .map(({ scenario, metric, ours: left, original: right, ratio, target, met }) => [
      `${scenario}: ${metricLabel(metric, scenarios.find(({ name }) => name === scenario)?.unit ?? 'message')}`,
      spreadText(metric, left),
      spreadText(metric, right),
      ratioText(ratio),
      target === undefined ? '' : `≤ ${target}`,
      met === undefined ? '' : met ? 'met' : 'MISSED',
    ])
  const table = columns([['', 'ours', 'original', 'ratio', 'target', ''], ...lines])
  return [table, ...noted.map((text) => `! ${text}`)].join('\n')
}

/** The options, or what is wrong with them. */
function parseOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string' },
        scenario: { type: 'string' },
        only: { type: 'string' },
        loopback: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        json: { type: 'string' },
        markdown: { type: 'string' },
      },
    })
    const rounds = Number(values.rounds ?? (values.quick ? 1 : 5))
    if (!Number.isInteger(rounds) || rounds < 1) return '--rounds has to be a whole number from 1'
    const scenarios = chooseScenarios(values.quick, values.scenario)
    if (typeof scenarios === 'string') return scenarios
    const all = [ours, original({ loopback: values.loopback })]
    const contenders = all.filter(({ name }) => values.only === undefined || values.only === name)
    if (contenders.length === 0) return '--only has to be ours or original'
    return { rounds, scenarios, contenders, json: values.json, markdown: values.markdown }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
