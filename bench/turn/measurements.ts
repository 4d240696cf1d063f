/** What is measured of a TURN server: each measurement gets a freshly started one and leaves numbers for the rows. */
import { cpuMicros, residentBytes } from '../../src/bench/process-usage.ts'
import type { Running } from './contenders.ts'
import type { Generator, Traffic, TrafficOptions } from './generator.ts'
import { largeRates, type Numbers, smallRates, videoRate } from './rows.ts'

export interface Bench {
  readonly generator: Generator
  /** Seconds in all instead of minutes: does it still run? */
  readonly quick: boolean
  readonly progress: (line: string) => void
  /** Says something that whoever reads the numbers must know. */
  readonly remark: (text: string) => void
}

export interface Measurement {
  readonly name: string
  run(server: Running, bench: Bench): Promise<Numbers>
}

/** Whatever is slow only once after a start is not what is compared. */
async function warmUp(server: Running, { generator, quick }: Bench): Promise<void> {
  const seconds = quick ? 0.2 : 2
  await generator.rates(server, [quick ? 1_000 : 10_000], { allocations: 50, size: 160, seconds, warmup: 0 })
}

function paced(id: string, size: number, relayed: readonly number[]): Measurement {
  return {
    name: id,
    async run(server, bench) {
      const { generator, quick } = bench
      await warmUp(server, bench)
      const trips = relayed.map((rate) => rate / 2)
      const options = { allocations: 100, size, seconds: quick ? 0.3 : 3, warmup: quick ? 0.1 : 1 }
      const direct = await generator.direct(trips, { ...options, seconds: quick ? 0.2 : 1, warmup: 0.2 })
      const through = await generator.rates(server, trips, options)
      return Object.assign(
        {},
        ...relayed.map((rate, place): Numbers => {
          const [with_, without] = [through[place], direct[place]]
          if (!with_ || !without) throw new Error('the load generator left a rate out')
          return {
            ...cpuAndLoss(`${id}-${rate}`, with_, bench),
            // Against the median of a direct echo: its own p99 is the machine's noise, which may be anything.
            [`${id}-${rate}-p50`]: with_.latency.p50 - without.latency.p50,
            [`${id}-${rate}-p99`]: with_.latency.p99 - without.latency.p50,
          }
        }),
      )
    },
  }
}

function video(id: 'video' | 'segments'): Measurement {
  return {
    name: id,
    async run(server, bench) {
      await warmUp(server, bench)
      const options = { ...videoOptions(bench.quick), frames: id === 'video' ? 'plain' : id } as const
      const [traffic] = await bench.generator.rates(server, [bench.quick ? 3_000 : videoRate], options)
      if (!traffic) throw new Error('the load generator left a rate out')
      return {
        ...cpuAndLoss(id, traffic, bench),
        [`${id}-p50`]: traffic.latency.p50,
        [`${id}-p99`]: traffic.latency.p99,
      }
    },
  }
}

function highest(id: 'highest-small' | 'highest-video', options: (quick: boolean) => TrafficOptions): Measurement {
  return {
    name: id,
    async run(server, bench) {
      const { generator, quick, progress } = bench
      await warmUp(server, bench)
      const packets = id === 'highest-video' ? 1 : 2
      const [from, to] = quick ? [2_000, 3_000] : [20_000 / packets, 400_000 / packets]
      const best = await generator.search(server, { ...options(quick), from, to }, progress)
      if (best.busy > 0.9) bench.remark(`${id}: the generator had no time left, the server may have had some`)
      return { [id]: best.rate * packets, [`${id}-busy`]: best.busy * 100 }
    },
  }
}

const allocations: Measurement = {
  name: 'allocations',
  async run(server, { generator, quick, remark }) {
    const cold = await generator.allocate(server, quick ? 50 : 3_000, 32)
    // Until the code that makes them is compiled as well as it will be; more than this the relay ports do not allow.
    await generator.allocate(server, quick ? 50 : 9_000, 32)
    const before = cpuMicros(server.pid)
    const made = await generator.allocate(server, quick ? 100 : 3_000, 32)
    const cpu = cpuMicros(server.pid) - before
    if (made.failed + made.repeated > 0) {
      remark(`allocations: ${made.failed} failed (first with ${made.firstError}), ${made.repeated} requests repeated`)
    }
    const count = made.allocations - made.failed
    return {
      allocations: count / made.seconds,
      'allocations-cold': (cold.allocations - cold.failed) / cold.seconds,
      'allocation-cpu': cpu / count,
    }
  },
}

const memory: Measurement = {
  name: 'memory',
  async run(server, { generator, quick, remark }) {
    const rest = quick ? 200 : 4_000
    await Bun.sleep(rest / 4)
    const start = residentBytes(server.pid)
    // The first ones pay for what is made once.
    await using _few = await generator.hold(server, quick ? 20 : 500)
    await Bun.sleep(rest)
    const before = residentBytes(server.pid)
    await using many = await generator.hold(server, quick ? 100 : 4_000)
    await Bun.sleep(rest)
    const after = residentBytes(server.pid)
    if (many.failed > 0) remark(`memory: ${many.failed} allocations failed (first with ${many.firstError})`)
    return {
      'start-memory': start / 1e6,
      'allocation-memory': (after - before) / (many.allocations - many.failed) / 1_000,
    }
  },
}

const strangers: Measurement = {
  name: 'strangers',
  async run(server, { generator, quick, remark }) {
    const requests = quick ? 200 : 10_000
    // As many before: what a server takes once for its work is not what a stranger costs.
    await generator.strangers(server, requests)
    const before = residentBytes(server.pid)
    const answers = await generator.strangers(server, requests)
    if (answers < requests) remark(`strangers: ${requests - answers} of ${requests} were not answered`)
    return { 'stranger-memory': (residentBytes(server.pid) - before) / requests / 1_000 }
  },
}

const smallOptions = (quick: boolean): TrafficOptions => ({
  ...{ allocations: 100, size: 160 },
  ...(quick ? { seconds: 0.2, warmup: 0.1 } : { seconds: 1.5, warmup: 0.3 }),
})
const videoOptions = (quick: boolean): TrafficOptions => ({
  ...{ allocations: 50, size: 1_200 },
  ...(quick ? { seconds: 0.3, warmup: 0.1 } : { seconds: 3, warmup: 1 }),
})

export const measurements: readonly Measurement[] = [
  paced('small', 160, smallRates),
  paced('large', 1_000, largeRates),
  video('video'),
  video('segments'),
  highest('highest-small', smallOptions),
  highest('highest-video', (quick) => ({ ...smallOptions(quick), allocations: 50, size: 1_200, frames: 'plain' })),
  allocations,
  memory,
  strangers,
]

function cpuAndLoss(id: string, traffic: Traffic, { remark }: Bench): Numbers {
  const lost = traffic.sent - traffic.received
  if (traffic.lateP99 > 1_000) {
    remark(
      `${id}: the generator itself was late by ${(traffic.lateP99 / 1_000).toFixed(1)} ms at p99: the machine had company`,
    )
  }
  if (traffic.reordered > 0) remark(`${id}: ${traffic.reordered} of ${traffic.received} packets came out of order`)
  return {
    [`${id}-cpu`]: traffic.cpuMicros / traffic.relayed,
    [`${id}-lost`]: (lost / traffic.sent) * 100,
  }
}
