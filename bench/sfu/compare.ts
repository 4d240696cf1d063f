/**
 * What a call through the SFU costs the signaling server: everybody joins, sends, and gets everybody else's stream; ours
 * against the original in alternating rounds, each with a Janus and a server of its own, the same clients in Chromium.
 * `bun bench/sfu/compare.ts [--rounds 5] [--people 20] [--warm-up 3] [--stream screen|video] [--against original|newer]`
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { cpuMicros } from '../../src/bench/process-usage.ts'
import { median } from '../../src/bench/statistics.ts'
import { type BrowserUnderTest, startChromium } from '../../test/support/chromium.ts'
import { inCall, type SfuStage, startSfuStage } from '../../test/support/sfu-stage.ts'
import type { CrowdOptions } from './crowd.ts'

type Contender = 'ours' | 'original' | 'newer'

interface Result {
  /** ms of the signaling server's CPU from the first who joins until everybody has something of everybody. */
  readonly cpu: number
  /** The same until all have left. */
  readonly whole: number
  /** ms until the last stream is there. */
  readonly time: number
  /** ms of CPU for the first such call after the start. */
  readonly cold: number
}

async function crowdPage(): Promise<Blob> {
  const entrypoints = [resolve(import.meta.dir, 'page/crowd.ts')]
  const built = await Bun.build({ entrypoints, target: 'browser', format: 'iife', throw: true })
  const script = (await built.outputs[0]?.text()) ?? ''
  return new Blob([
    `<!doctype html><title>crowd</title><script>${script.replaceAll('</script', '<\\/script')}</script>`,
  ])
}

/** The same call comes before a few times: what runs for months is not measured in its first second. */
async function measure(which: Contender, browser: BrowserUnderTest, crowd: Crowd): Promise<Result> {
  await using stage = await startSfuStage({ server: which })
  const cold = await call(stage, browser, { ...crowd, room: 'first' })
  for (let count = 1; count < crowd.warmUp; count++) await call(stage, browser, { ...crowd, room: `warm-up-${count}` })
  return { ...(await call(stage, browser, { ...crowd, room: 'measured' })), cold: cold.cpu }
}

async function call(
  stage: SfuStage,
  browser: BrowserUnderTest,
  { people, stream, room }: Crowd & { readonly room: string },
): Promise<Omit<Result, 'cold'>> {
  await using page = await browser.open()
  const options: CrowdOptions = { people, stream, room, server: stage.server.url, backend: stage.talk.url() }
  await page.evaluate(`gather(${JSON.stringify(options)})`)
  const { pid } = stage.server.child
  const before = cpuMicros(pid)
  const spent = (): number => (cpuMicros(pid) - before) / 1000
  await page.evaluate('begin()')
  const flags = stream === 'screen' ? inCall.listening : inCall.video
  for (let person = 0; person < people; person++) await stage.call(room, { [`person-${person}`]: flags })
  const patience = setInterval(async () => console.log(`  ${room}: ${await page.evaluate('progress()')}`), 15_000)
  try {
    const time = Number(await page.evaluate('finished'))
    const cpu = spent()
    await page.evaluate('disperse()')
    await stage.isEmpty()
    return { cpu, whole: spent(), time }
  } finally {
    clearInterval(patience)
  }
}

type Crowd = Pick<CrowdOptions, 'people' | 'stream'> & { readonly warmUp: number }

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    people: { type: 'string', default: '20' },
    'warm-up': { type: 'string', default: '3' },
    stream: { type: 'string', default: 'screen' },
    against: { type: 'string', default: 'original' },
  },
})
const against: Contender = values.against === 'newer' ? 'newer' : 'original'
const crowd: Crowd = {
  people: Number(values.people),
  warmUp: Number(values['warm-up']),
  stream: values.stream === 'video' ? 'video' : 'screen',
}
if (crowd.stream === 'video' && against === 'original')
  throw new Error('0.4.1 refuses every video offer: --against newer')

await using browser = await startChromium(await crowdPage())
const results: Record<Contender, Result[]> = { ours: [], original: [], newer: [] }
for (let round = 0; round < Number(values.rounds); round++) {
  // Who goes first alternates as well.
  const order = round % 2 === 0 ? (['ours', against] as const) : ([against, 'ours'] as const)
  for (const which of order) {
    const result = await measure(which, browser, crowd)
    results[which].push(result)
    const { cpu, cold, whole, time } = result
    console.log(
      `round ${round + 1}, ${which}: ${cpu.toFixed(0)} ms CPU (${whole.toFixed(0)} until all had left, ${cold.toFixed(0)} in the first call), last stream after ${(time / 1000).toFixed(2)} s`,
    )
  }
}
for (const [label, of] of [
  ['CPU per call, ms', ({ cpu }: Result) => cpu],
  ['CPU until all have left, ms', ({ whole }: Result) => whole],
  ['CPU of the first call after the start, ms', ({ cold }: Result) => cold],
  ['time until the last stream, s', ({ time }: Result) => time / 1000],
] as const) {
  const [left, right] = [results.ours.map(of), results[against].map(of)]
  const ratio = median(left.map((value, round) => value / (right[round] ?? Number.NaN)))
  console.log(
    `${label}: ours ${median(left).toFixed(2)}, ${against} ${median(right).toFixed(2)}, ratio ${ratio.toFixed(2)}`,
  )
}
