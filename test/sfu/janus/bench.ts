/** The Janus machine with a Janus in memory behind it, a clock, and a look at what is left in the end. */
import { expect, test } from 'bun:test'
import type { SfuFact } from '../../../src/sfu/facts.ts'
import { createJanusSfu, type JanusSfu } from '../../../src/sfu/janus/janus.ts'
import type { Link, SfuCommand, SfuEffects, SfuEvent, SfuLimits } from '../../../src/sfu/sfu.ts'
import type { LegId, Stream } from '../../../src/sfu/stream.ts'
import { streamKey } from '../../../src/sfu/stream.ts'
import { type SfuBench, type Talking, talking } from '../../contract/sfu.ts'
import { createDice } from '../../support/clock.ts'
import {
  createFakeJanus,
  type FakeConnection,
  type FakeJanus,
  type FakeJanusOptions,
  isMessage,
  type Message,
} from '../../support/fake-janus.ts'

export interface JanusBench extends SfuBench, Talking {
  readonly machine: JanusSfu
  readonly janus: FakeJanus
  /** What was noted since it was last asked for. */
  noted(): readonly SfuFact[]
  /** What was sent to Janus since it was last asked for. */
  sent(): readonly Message[]
  /** Bodies of requests to the plugin among them. */
  bodies(request: string): readonly Message[]
  /** URLs that were dialled so far, with the time. */
  readonly dialled: { readonly url: string; readonly subprotocol: string | undefined; readonly at: number }[]
  now(): number
  /** Something arrives from Janus. */
  receives(text: string): void
  /** Delivers all that is on its way. */
  settle(): void
  /** Whether Janus can be reached at all; `mute`: nobody says no either. */
  isReachable: boolean | 'mute'
  /** The connection breaks; Janus notices. */
  cut(): void
  /** Closes all legs and looks whether anything is left. */
  finish(): void
}

export interface BenchOptions extends FakeJanusOptions {
  readonly limits?: Partial<SfuLimits>
  readonly seed?: number
  readonly isUnreachable?: boolean
}

export const url = 'ws://janus.test:8188'
const usualLimits: SfuLimits = { maxStreamBitrate: 1_000_000, maxScreenBitrate: 2_000_000, timeout: 10_000 }

export function janusBench(options: BenchOptions = {}): JanusBench {
  const limits = { ...usualLimits, ...options.limits }
  let time = 1_000_000
  const janus = createFakeJanus({ ...options, now: () => time })
  const dice = createDice(options.seed ?? 1)
  const machine = createJanusSfu({ url, ...limits }, dice.bytes)
  const inbox: (() => SfuEffects)[] = []
  const links = new Map<Link, FakeConnection>()
  let events: SfuEvent[] = []
  const facts: SfuFact[] = []
  const sent: Message[] = []
  const legs = new Set<LegId>()
  const closedLegs = new Set<LegId>()
  /** How often each request was answered, and of which leg it was. */
  const asked = new Map<number, { readonly leg: LegId; answers: number }>()
  const dialled: JanusBench['dialled'] = []

  function carryOut(effects: SfuEffects): void {
    for (const effect of effects) {
      switch (effect.do) {
        case 'dial':
          dialled.push({ url: effect.url, subprotocol: effect.subprotocol, at: time })
          dial(effect.link)
          break
        case 'send':
          sent.push(asObject(effect.text))
          links.get(effect.link)?.receives(effect.text)
          break
        case 'hang-up':
          links.get(effect.link)?.closed()
          links.delete(effect.link)
          break
        case 'tell':
          heard(effect.event)
          break
        case 'note':
          facts.push(effect.fact)
          break
        case 'look-up':
          throw new Error('Janus has one url')
      }
    }
  }

  function dial(link: Link): void {
    if (bench.isReachable === 'mute') return
    if (!bench.isReachable) {
      inbox.push(() => machine.linkClosed(link, 'network: refused', time))
      return
    }
    links.set(
      link,
      janus.connected((text) => inbox.push(() => (links.has(link) ? machine.linkReceived(link, text, time) : []))),
    )
    inbox.push(() => machine.linkOpened(link, time))
  }

  function heard(event: SfuEvent): void {
    events.push(event)
    if ('leg' in event && closedLegs.has(event.leg)) throw new Error(`heard of a closed leg: ${JSON.stringify(event)}`)
    if ('request' in event && event.request !== undefined) {
      const request = asked.get(event.request)
      if (!request || request.leg !== event.leg) throw new Error(`an answer to nobody: ${JSON.stringify(event)}`)
      request.answers++
      if (request.answers > 1) throw new Error(`answered twice: ${JSON.stringify(event)}`)
    }
  }

  function settle(): void {
    for (let next = inbox.shift(); next; next = inbox.shift()) carryOut(next())
  }

  function command(what: SfuCommand): void {
    legs.add(what.leg)
    if ('request' in what) asked.set(what.request, { leg: what.leg, answers: 0 })
    if (what.do === 'close') closedLegs.add(what.leg)
    carryOut(machine.commanded(what, time))
    settle()
  }

  function pass(ms: number): void {
    const until = time + ms
    for (;;) {
      const next = machine.nextDeadline()
      if (next === undefined || next > until) break
      time = Math.max(time, next)
      carryOut(machine.expired(time))
      settle()
    }
    time = until
  }

  function cut(): void {
    for (const [link, connection] of [...links]) {
      links.delete(link)
      connection.closed()
      inbox.push(() => machine.linkClosed(link, 'closed: 1006', time))
    }
    settle()
  }

  const bench: JanusBench = {
    ...talking(command),
    machine,
    janus,
    timeout: limits.timeout,
    isReachable: !options.isUnreachable,
    dialled,
    command,
    settle,
    pass,
    cut,
    now: () => time,
    told: () => events.splice(0),
    noted: () => facts.splice(0),
    sent: () => sent.splice(0),
    bodies: (request) => sent.flatMap(({ body }) => (isMessage(body) && body['request'] === request ? [body] : [])),
    receives(text) {
      for (const link of links.keys()) inbox.push(() => machine.linkReceived(link, text, time))
      settle()
    },
    publisherUp(stream: Stream) {
      janus.publisherUp(streamKey(stream))
      settle()
    },
    publisherHangsUp(stream: Stream) {
      const handle = janus.publisher(streamKey(stream))
      if (handle) janus.hangUp(handle, 'ICE failed')
      settle()
    },
    sfuFallsSilent() {
      janus.conduct = () => 'ignore'
    },
    sfuDies() {
      bench.isReachable = false
      janus.restart()
      cut()
    },
    sfuReturns() {
      bench.isReachable = true
      janus.conduct = () => 'obey'
      pass(20_000)
    },
    leftBehind() {
      // One whose number never reached us goes with the session.
      const handles = [...janus.handles.values()].filter(({ isKnown }) => isKnown)
      const control = handles.find(({ kind }) => kind === 'none')
      return [
        ...[...janus.rooms.values()].map(({ description }) => `room ${description}`),
        ...handles.filter((handle) => handle !== control).map(({ id }) => `handle ${id}`),
      ]
    },
    stop() {
      carryOut(machine.stopped(time))
      settle()
    },
    finish() {
      pass(limits.timeout)
      const unanswered = [...asked].filter(([, { leg, answers }]) => answers === 0 && !closedLegs.has(leg))
      expect(unanswered).toEqual([])
      for (const leg of legs) if (!closedLegs.has(leg)) command({ do: 'close', leg })
      expect(bench.leftBehind()).toEqual([])
      expect(janus.deaths).toEqual([])
      expect(machine.census()).toMatchObject({ publishers: none, subscribers: none })
      bench.stop()
      expect(machine.nextDeadline()).toBeUndefined()
      expect([janus.rooms.size, janus.handles.size, janus.sessions.size, links.size]).toEqual([0, 0, 0, 0])
    },
  }
  carryOut(machine.started(time))
  settle()
  events = []
  return bench
}

const none = { audio: 0, video: 0, screen: 0 }

function asObject(text: string): Message {
  const parsed: unknown = JSON.parse(text)
  if (!isMessage(parsed)) throw new Error(`no object: ${text}`)
  return parsed
}

/** A test with a bench of its own; in the end nothing may be left behind in Janus. */
export function janusTest(name: string, run: (bench: JanusBench) => void, options: BenchOptions = {}): void {
  test(name, () => {
    const bench = janusBench(options)
    run(bench)
    bench.finish()
  })
}
