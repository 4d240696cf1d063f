/** How long signaling messages take while a relay is saturated: no media, media through the same program, media through a coturn beside it. */
import { pairs } from '../../src/bench/scenarios/pairs.ts'
import { startStubBackend } from '../../src/bench/stub-backend.ts'
import { coturn, ours, type Running } from './contenders.ts'
import type { Bench } from './measurements.ts'
import type { Numbers } from './rows.ts'

/** Servers may use both: pinned to one they would leave the kernel nothing to decide. */
const cores = '0,1'
/** Round trips per second, more than either relay carries on one core. */
const flood = 90_000

export async function signalingUnderMedia(bench: Bench): Promise<Numbers> {
  const stub = await startStubBackend(0)
  try {
    await using server = await ours.start({ cores, backendUrl: stub.url })
    const talk = (when: string): Promise<Numbers> => messages(when, server, stub.url, bench)
    // The first one only warms up.
    await talk('warm')
    const idle = await talk('idle')
    const busy = await during(server, bench, 'busy', talk)
    await using other = await coturn.start({ cores })
    const beside = await during(other, bench, 'beside', talk)
    return { ...idle, ...busy, ...beside }
  } finally {
    await stub.stop()
  }
}

async function messages(when: string, server: Running, backendUrl: string, { quick }: Bench): Promise<Numbers> {
  const url = new URL('/spreed', (server.http ?? '').replace(/^http/, 'ws'))
  const plan = { clients: 10, size: 200, perSecond: 250, seconds: quick ? 0.5 : 6, warmupSeconds: quick ? 0.1 : 1 }
  const { metrics } = await pairs(plan).run({ url, backendUrl, pid: server.pid, companions: [] })
  return {
    [`signaling-${when}-p50`]: (metrics.p50 ?? Number.NaN) * 1_000,
    [`signaling-${when}-p99`]: (metrics.p99 ?? Number.NaN) * 1_000,
  }
}

/** Talks while packets are offered to that relay, and adds what it relayed meanwhile. */
async function during(
  relay: Running,
  { generator, quick }: Bench,
  when: string,
  talk: (when: string) => Promise<Numbers>,
): Promise<Numbers> {
  const [seconds, warmup] = quick ? [2, 0.2] : [10, 1]
  const rate = quick ? flood / 20 : flood
  const media = generator.rates(relay, [rate], { allocations: 100, size: 160, seconds, warmup, sleeps: true })
  await Bun.sleep(warmup * 1_000)
  const numbers = await talk(when)
  const [traffic] = await media
  if (!traffic) throw new Error('the load generator left a rate out')
  return { ...numbers, [`signaling-${when}-relayed`]: traffic.relayed / traffic.seconds }
}
