/** Whatever is asked, and whatever Janus and the network do: in the end nothing is left, and everything was answered once. */
import { test } from 'bun:test'
import { legId } from '../../../src/sfu/stream.ts'
import { cameraOf, screenOf } from '../../contract/sfu.ts'
import { createDice, type Dice } from '../../support/clock.ts'
import type { Conduct } from '../../support/fake-janus.ts'
import { type JanusBench, janusBench } from './bench.ts'

/** Other seeds: TEST_SEED=… */
const firstSeed = Number(process.env['TEST_SEED'] ?? 1)
const runs = Number(process.env['TEST_RUNS'] ?? 150)
const steps = 120

const streams = [cameraOf('alice'), cameraOf('bob'), screenOf('alice')] as const
const to = { id: 'there', host: '192.0.2.9', port: 30_000, rtcpPort: 30_001 }

interface Simulation {
  readonly bench: JanusBench
  readonly dice: Dice
  readonly live: Set<number>
  lastLeg: number
  lastRequest: number
  /** The newest sid of each leg that was told. */
  readonly sids: Map<number, string>
}

test(`nothing is left behind, and each request has one answer (from seed ${firstSeed})`, () => {
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    try {
      simulate(seed)
    } catch (failure) {
      throw new Error(`seed ${seed}: ${failure instanceof Error ? failure.stack : String(failure)}`)
    }
  }
})

function simulate(seed: number): void {
  const dice = createDice(seed)
  const bench = janusBench({ seed, reclaim: seed % 3 === 0 ? 15 : 0, version: seed % 5 === 0 ? 15 : 1102 })
  const simulation: Simulation = { bench, dice, live: new Set(), lastLeg: 0, lastRequest: 0, sids: new Map() }
  for (let step = 0; step < steps; step++) {
    if (dice.chance(0.75)) command(simulation)
    else happening(simulation)
    listen(simulation)
    bench.pass(dice.chance(0.1) ? dice.below(12_000) : dice.below(300))
    listen(simulation)
  }
  bench.janus.conduct = () => 'obey'
  bench.janus.release()
  bench.settle()
  bench.isReachable = true
  // Until Janus has been reached and everything that was tried in vain has been tried again.
  bench.pass(60_000)
  bench.finish()
}

function listen({ bench, live, sids }: Simulation): void {
  for (const event of bench.told()) {
    if (event.event === 'opened' || event.event === 'offer') sids.set(event.leg, event.sid)
    if (event.event === 'closed') live.delete(event.leg)
  }
}

function command(simulation: Simulation): void {
  const { bench, dice, live, sids } = simulation
  const leg = [...live][dice.below(live.size || 1)]
  const request = ++simulation.lastRequest
  const stream = dice.pick(streams)
  const what = dice.below(leg === undefined ? 3 : 14)
  if (what < 3) {
    const made = ++simulation.lastLeg
    live.add(made)
    if (what === 0) bench.publish(made, stream, dice.chance(0.8) ? 'own' : undefined)
    else if (what === 1) bench.subscribe(made, stream)
    else bench.command({ do: 'receive', leg: legId(made), request, stream, streams: [] })
    return
  }
  if (leg === undefined) return
  const sid = dice.chance(0.7) ? sids.get(leg) : dice.chance(0.5) ? undefined : 'other'
  switch (what) {
    case 3:
    case 4:
      return bench.offer(leg, request, sid)
    case 5:
    case 6:
      return bench.requestOffer(leg, request, sid)
    case 7:
    case 8:
      return bench.answer(leg, request, sid)
    case 9:
      return bench.candidate(leg, request, sid)
    case 10:
      return bench.say(leg, request, { say: 'select', selection: { substream: dice.below(3) } }, sid)
    case 11:
      return bench.command({ do: 'list-streams', leg: legId(leg), request })
    case 12:
      return bench.command({ do: dice.chance(0.5) ? 'forward' : 'stop-forwarding', leg: legId(leg), request, to })
    default:
      live.delete(leg)
      bench.close(leg)
  }
}

const conducts: readonly [Conduct, ...Conduct[]] = [
  'ignore',
  'obey silently',
  'hold',
  { code: 499 },
  { code: 428 },
  { code: 459 },
]

function happening({ bench, dice }: Simulation): void {
  const handles = [...bench.janus.handles.values()]
  const handle = handles[dice.below(handles.length || 1)]
  switch (dice.below(12)) {
    case 0:
    case 1:
    case 2:
      return bench.publisherUp(dice.pick(streams))
    case 3:
      if (handle) bench.janus.hangUp(handle, 'ICE failed')
      return bench.settle()
    case 4:
      if (handle) bench.janus.forgetHandle(handle, dice.chance(0.5))
      return bench.settle()
    case 5:
      bench.isReachable = dice.chance(0.5)
      return bench.cut()
    case 6:
      bench.isReachable = true
      return
    case 7:
      bench.janus.timeOutSessions(dice.chance(0.5))
      return bench.settle()
    case 8:
      bench.janus.destroyRoom(`${dice.pick(streams).publisher}|video`)
      return bench.settle()
    case 9: {
      const [conduct, probability] = [dice.pick(conducts), dice.next()]
      const isLie = (name: string): boolean => name === 'detach' && typeof conduct === 'object' && conduct.code === 459
      bench.janus.conduct = (name) => (dice.chance(probability) && !isLie(name) ? conduct : 'obey')
      return
    }
    case 10:
      bench.janus.conduct = () => 'obey'
      return
    default:
      bench.janus.release()
      bench.settle()
  }
}
