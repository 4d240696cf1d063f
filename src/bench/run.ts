/** `heliograph bench`: puts load on a signaling server that is already running and prints what it took. */

import { parseArgs } from 'node:util'
import { describeMachine, machineLine } from './machine.ts'
import { metricLabel, metricNames, metricValue } from './metrics.ts'
import { fullScenarios, quickScenarios } from './scenarios/plans.ts'
import type { Outcome, Rig, Scenario } from './scenarios/scenario.ts'
import { startStubBackend } from './stub-backend.ts'
import { columns } from './table.ts'

const usage = `usage: heliograph bench --url ws://HOST:PORT/spreed [options]
       heliograph bench side-by-side [options]      ours and the original in turn, with ratios

  --url URL          the server's WebSocket address
  --backend URL      http address on 127.0.0.1 at which the built-in stub backend listens and which the server's
                     configuration allows (default: any free port; the server then needs [backend] allowall)
  --pid PID          the server's process on this machine, for CPU and memory
  --scenario A,B     only these: ${fullScenarios.map(({ name }) => name).join(', ')}
  --quick            few clients, one second each
  --json FILE        write the numbers there as well
`

/** Runs the scenarios one after the other; resolves with the exit code. */
export async function runBench(args: readonly string[]): Promise<number> {
  const options = parseOptions(args)
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n\n${usage}`)
    return 2
  }
  const stub = await startStubBackend(options.backendPort)
  const rig: Rig = { url: options.url, backendUrl: stub.url, pid: options.pid, companions: [] }
  const machine = describeMachine()
  console.log(`${machineLine(machine)}\n${options.url.href}`)
  const results: { readonly scenario: string; readonly title: string; readonly outcome: Outcome }[] = []
  try {
    for (const scenario of options.scenarios) {
      const outcome = await scenario.run(rig)
      results.push({ scenario: scenario.name, title: scenario.title, outcome })
      console.log(`\n${outcomeText(scenario, outcome)}`)
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  } finally {
    await stub.stop()
    if (options.json !== undefined) {
      await Bun.write(options.json, `${JSON.stringify({ machine, url: options.url.href, results }, null, 2)}\n`)
    }
  }
  return 0
}

/** One scenario's numbers, a line each. */
export function outcomeText(scenario: Scenario, outcome: Outcome): string {
  const rows = metricNames.flatMap((name) => {
    const value = outcome.metrics[name]
    return value === undefined ? [] : [[`  ${metricLabel(name, scenario.unit)}`, metricValue(name, value)]]
  })
  return [`${scenario.name}: ${scenario.title}`, columns(rows), ...outcome.remarks.map((text) => `  ! ${text}`)].join(
    '\n',
  )
}

interface Options {
  readonly url: URL
  readonly backendPort: number
  readonly pid: number | undefined
  readonly scenarios: readonly Scenario[]
  readonly json: string | undefined
}

/** The options, or what is wrong with them. */
function parseOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        url: { type: 'string' },
        backend: { type: 'string' },
        pid: { type: 'string' },
        scenario: { type: 'string' },
        quick: { type: 'boolean', default: false },
        json: { type: 'string' },
      },
    })
    if (values.url === undefined) return '--url is missing'
    const url = new URL(values.url)
    if (url.protocol !== 'ws:' && url.protocol !== 'wss:') return '--url has to begin with ws:// or wss://'
    const pid = values.pid === undefined ? undefined : Number(values.pid)
    if (pid !== undefined && !Number.isInteger(pid)) return '--pid is no number'
    const scenarios = chooseScenarios(values.quick, values.scenario)
    if (typeof scenarios === 'string') return scenarios
    const backendPort = values.backend === undefined ? 0 : Number(new URL(values.backend).port || 80)
    return { url, backendPort, pid, scenarios, json: values.json }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The scenarios of a comma-separated list of names, or what is wrong with it. */
export function chooseScenarios(quick: boolean, names: string | undefined): readonly Scenario[] | string {
  const all = quick ? quickScenarios : fullScenarios
  if (names === undefined) return all
  const wanted = names.split(',')
  const unknown = wanted.find((name) => !all.some((scenario) => scenario.name === name))
  if (unknown !== undefined) return `no scenario ${unknown}; there are ${all.map(({ name }) => name).join(', ')}`
  return all.filter(({ name }) => wanted.includes(name))
}
