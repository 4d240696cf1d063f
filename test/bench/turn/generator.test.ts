import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { coturn, type Running } from '../../../bench/turn/contenders.ts'
import { type Generator, prepareGenerator } from '../../../bench/turn/generator.ts'
import { debian, notRunnable } from '../../support/deb.ts'

const missing = notRunnable(
  'the load generator of the relay',
  ...[debian.turnserver, debian.compiler, debian.libcHeaders, debian.sslHeaders],
)

/** Against coturn, whose behaviour is known: it is the generator that is looked at. */
describe.skipIf(missing)('the load generator', () => {
  let generator: Generator
  let server: Running
  beforeAll(async () => {
    generator = await prepareGenerator(undefined)
    server = await coturn.start({ cores: '0' })
  })
  afterAll(() => server[Symbol.asyncDispose]())
  const few = { allocations: 5, size: 160, seconds: 0.2, warmup: 0.05, sleeps: true }

  test('sends what its schedule says and gets it back, a result for each rate', async () => {
    const results = await generator.rates(server, [100, 500], few)
    expect(results.map(({ rate, sent, received }) => ({ rate, sent, received }))).toEqual([
      { rate: 100, sent: 20, received: 20 },
      { rate: 500, sent: 100, received: 100 },
    ])
    const latency = results[1]?.latency
    expect(latency?.p50).toBeGreaterThan(0)
    expect(latency?.p99).toBeGreaterThanOrEqual(latency?.p50 ?? Number.NaN)
    expect(latency?.max).toBeGreaterThanOrEqual(latency?.p999 ?? Number.NaN)
  })

  test('counts every relayed packet, out and back', async () => {
    const [result] = await generator.rates(server, [500], { ...few, seconds: 0.5 })
    // What is under way at either end of the looking is counted or not.
    expect(Math.abs((result?.relayed ?? 0) - 500)).toBeLessThan(200)
  })

  test('sends video both ways, each frame at once or in one call', async () => {
    for (const frames of ['plain', 'segments'] as const) {
      const [result] = await generator.rates(server, [3_000], { ...few, size: 1_200, frames })
      expect(result?.sent).toBeGreaterThan(300)
      expect(result?.received).toBe(result?.sent)
    }
  })

  test('measures the way without a server', async () => {
    const [result] = await generator.direct([500], few)
    expect(result).toMatchObject({ sent: 100, received: 100, cpuMicros: 0 })
  })

  test('searches within its bounds and tells each rate that it tries', async () => {
    const tried: string[] = []
    const best = await generator.search(server, { ...few, from: 100, to: 120 }, (line) => tried.push(line))
    expect(best.rate).toBeGreaterThanOrEqual(100)
    expect(best.rate).toBeLessThanOrEqual(120)
    expect(tried.length).toBeGreaterThan(1)
  })

  test('makes allocations one after the other or many at a time', async () => {
    for (const inFlight of [1, 16]) {
      expect(await generator.allocate(server, 40, inFlight)).toMatchObject({ allocations: 40, failed: 0 })
    }
  })

  test('holds allocations until it is told', async () => {
    await using held = await generator.hold(server, 20)
    expect(held).toMatchObject({ allocations: 20, failed: 0 })
  })

  test('asks as strangers and counts the answers', async () => {
    expect(await generator.strangers(server, 50)).toBe(50)
  })

  test('says what is wrong when nobody lets it in', async () => {
    const failing = generator.rates({ ...server, password: 'wrong' }, [100], few)
    await expect(failing).rejects.toThrow('5 of 5 allocations failed, first with 401')
  })
})
