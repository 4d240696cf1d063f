/** Calls through proxies that die, fall silent, lag, refuse and lose their Janus, at random: nobody is forgotten, nothing stays. */
import { expect, test } from 'bun:test'
import type { Saying, SfuEvent } from '../../src/sfu/sfu.ts'
import type { LegId } from '../../src/sfu/stream.ts'
import { camera, createStage } from '../sfu/proxy/stage.ts'
import { createDice } from '../support/clock.ts'
import { createFakeProxy } from '../support/fake-proxy.ts'

/** Other seeds: TEST_SEED=… */
const firstSeed = Number(process.env['TEST_SEED'] ?? 1)
const runs = Number(process.env['TEST_RUNS'] ?? 60)
const steps = 120

function simulate(seed: number): void {
  const { below } = createDice(seed)
  const pick = <T>(items: readonly T[]): T | undefined => items[below(items.length)]
  const proxies = ['DE', 'US', ''].map((country, index) => createFakeProxy(`http://p${index}.example/`, country))
  const stage = createStage(proxies)
  const names = ['ann', 'ben', 'cas', 'dan']
  const legs = new Map<LegId, 'publisher' | 'subscriber'>()
  const publishing = new Map<string, LegId>()
  const sids = new Map<LegId, string>()
  const asked = new Map<number, LegId>()
  const answers = new Map<number, number>()

  function hear(): void {
    for (const event of stage.told()) {
      if ('request' in event && event.request !== undefined)
        answers.set(event.request, (answers.get(event.request) ?? 0) + 1)
      if (event.event === 'offer') sids.set(event.leg, event.sid)
      if (event.event === 'closed') gone(event.leg)
      else expectKnown(event)
    }
  }
  const expectKnown = (event: SfuEvent): void => {
    if ('leg' in event && event.event !== 'failed')
      expect([seed, event, legs.has(event.leg)]).toEqual([seed, event, true])
  }
  const gone = (leg: LegId): void => {
    legs.delete(leg)
    for (const [name, one] of publishing) if (one === leg) publishing.delete(name)
  }
  const say = (leg: LegId, saying: Saying, sid?: string): void => void asked.set(stage.say(leg, saying, sid), leg)
  const close = (leg: LegId): void => {
    gone(leg)
    for (const [request, one] of asked) if (one === leg && !answers.has(request)) asked.delete(request)
    stage.close(leg)
  }

  /** What is on its way arrives before. */
  const cut = (proxy: (typeof proxies)[number] | undefined): void => {
    if (!proxy) return
    stage.release(proxy)
    stage.cut(proxy)
  }

  /** What lags longer than this is lost with its connection, for nobody waits that long for a hello. */
  let patience = 5_000
  const pass = (ms: number): void => {
    patience -= ms
    if (patience < 0) for (const proxy of proxies) stage.release(proxy)
    if (patience < 0) patience = 5_000
    stage.pass(ms)
  }

  const acts: readonly (() => void)[] = [
    () => {
      const name = pick(names) ?? ''
      const former = publishing.get(name)
      if (former !== undefined) close(former)
      const leg = stage.publish(camera(name), { country: pick(['DE', 'US', 'FR', undefined]) })
      legs.set(leg, 'publisher')
      publishing.set(name, leg)
      say(leg, { say: 'offer', sdp: 'o' }, 'sid')
    },
    () => {
      const leg = stage.subscribe(camera(pick(names) ?? ''), pick(['DE', 'US', undefined]))
      legs.set(leg, 'subscriber')
      say(leg, { say: 'request-offer', selection: undefined })
    },
    () => {
      const [leg, kind] = pick([...legs]) ?? []
      if (leg === undefined) return
      const sid = kind === 'publisher' ? 'sid' : pick([sids.get(leg), undefined, 'stale'])
      say(leg, { say: 'candidate', candidate: { candidate: 'c' } }, sid)
      if (kind === 'subscriber') say(leg, { say: 'request-offer', selection: undefined }, sid)
    },
    () => {
      const leg = pick([...legs.keys()])
      if (leg !== undefined) close(leg)
    },
    () => pass(below(3_000)),
    () => pass(below(30_000)),
    () => cut(pick(proxies)),
    () => {
      const proxy = pick(proxies)
      if (proxy) proxy.isUp = !proxy.isUp
    },
    () => {
      const proxy = pick(proxies)
      if (proxy) stage.hold(proxy)
    },
    () => {
      const proxy = pick(proxies)
      if (proxy) stage.release(proxy)
    },
    () => pick(proxies)?.loseBackend(),
    () => pick(proxies)?.push({ type: 'event', event: { type: 'backend-connected' } }),
    () => {
      const proxy = pick(proxies)
      proxy?.forget()
      cut(proxy)
    },
    () => {
      const proxy = pick(proxies)
      proxy?.hangUp(pick([...proxy.publishers(), ...proxy.subscribers()]) ?? '')
    },
    () => pick(proxies)?.refuses.set(pick(['create-publisher', 'create-subscriber']) ?? '', 'internal_error'),
    () => pick(proxies)?.refuses.clear(),
    () => pick(proxies)?.push({ type: 'event', event: { type: 'shutdown-scheduled' } }),
  ]
  // What calls are made of is more frequent than what befalls them.
  const likely = [...acts, ...acts.slice(0, 5), ...acts.slice(0, 5)]
  for (let step = 0; step < steps; step++) {
    pick(likely)?.()
    hear()
  }

  // Everything is well again.
  for (const proxy of proxies) {
    stage.release(proxy)
    proxy.isUp = true
    proxy.refuses.clear()
    proxy.push({ type: 'event', event: { type: 'backend-connected' } })
  }
  stage.pass(120_000)
  hear()
  for (const proxy of proxies) proxy.expire()

  const unanswered = [...asked.keys()].filter((request) => answers.get(request) !== 1)
  expect([seed, unanswered]).toEqual([seed, []])
  const { publishers, subscribers, connections } = stage.machine.census()
  const made = (kind: 'publishers' | 'subscribers'): number =>
    proxies.reduce((sum, proxy) => sum + proxy[kind]().length, 0)
  expect([seed, connections]).toEqual([seed, 3])
  expect([seed, made('publishers'), publishing.size]).toEqual([seed, publishers.video, publishers.video])
  expect([seed, made('subscribers')]).toEqual([seed, subscribers.video])

  // Else the subscribers would hear of the end of their publishers.
  for (const [leg, kind] of legs) if (kind === 'subscriber') stage.close(leg)
  for (const [leg, kind] of legs) if (kind === 'publisher') stage.close(leg)
  stage.pass(60_000)
  expect([seed, made('publishers'), made('subscribers')]).toEqual([seed, 0, 0])
  expect([seed, stage.told()]).toEqual([seed, []])
  stage.run(stage.machine.stopped)
  expect([seed, stage.machine.nextDeadline()]).toEqual([seed, undefined])
}

test(`everybody is answered once, and what is there is what ought to be (from seed ${firstSeed})`, () => {
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) simulate(seed)
}, 60_000)
