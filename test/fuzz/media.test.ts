/** Any words about media, from anybody, with an SFU that answers, fails and dies at will: nothing stays behind, on either side. */
import { expect, test } from 'bun:test'
import type { SfuCommand, SfuEvent, SfuFailure } from '../../src/sfu/sfu.ts'
import { type LegId, legId } from '../../src/sfu/stream.ts'
import { candidateLine, type MediaStage, mediaStage, ranges, sdp } from '../protocols/talk/media/stage.ts'
import { type Client, leftIn } from '../protocols/talk/server.ts'
import { createDice, type Dice } from '../support/clock.ts'
import type { Json, JsonObject } from '../support/json.ts'
import { anyJson } from './talk-words.ts'

/** Other seeds: TEST_SEED=… */
const firstSeed = Number(process.env['TEST_SEED'] ?? 1)
const runs = Number(process.env['TEST_RUNS'] ?? 30)
const stepsPerRun = 300

const kinds = ['offer', 'answer', 'candidate', 'endOfCandidates', 'requestoffer', 'sendoffer', 'selectStream'] as const
const failures: readonly [SfuFailure, ...SfuFailure[]] = [
  'unknown leg',
  'stale sid',
  'no publisher',
  'timeout',
  'not available',
  'refused',
]

/** What an SFU would have: its legs, and what was said on them and is not answered. */
interface ModelSfu {
  readonly legs: Set<LegId>
  readonly requests: Map<number, LegId>
}

interface Fuzz {
  readonly stage: MediaStage
  readonly dice: Dice
  readonly clients: Client[]
  readonly sfu: ModelSfu
  /** What was ordered so far: a run in which nothing happens proves nothing. */
  readonly seen: Map<string, number>
}

test(`[R75] [R76] nothing stays at the SFU or here, whatever happens (from seed ${firstSeed})`, () => {
  const seen = new Map<string, number>()
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    try {
      fuzz(seed, seen)
    } catch (failure) {
      throw new Error(`seed ${seed}: ${failure instanceof Error ? failure.stack : String(failure)}`)
    }
  }
  for (const order of ['publish', 'subscribe', 'say', 'close']) expect(seen.get(order) ?? 0).toBeGreaterThan(runs)
}, 30_000)

function fuzz(seed: number, seen: Map<string, number>): void {
  const dice = createDice(seed)
  const settings = { allowSubscribeAny: dice.chance(0.2), candidates: { allowed: [], blocked: ranges('10.0.0.0/8') } }
  const stage = mediaStage(settings, { seed, queue: { bytes: 100_000, messages: 500 } })
  const clients: Client[] = [...stage.call(4), stage.internal(), stage.user('zoe', [], 'two')]
  const fuzzed: Fuzz = { stage, dice, clients, sfu: { legs: new Set(), requests: new Map() }, seen }
  stage.orders()
  for (let step = 0; step < stepsPerRun; step++) {
    act(fuzzed)
    obey(fuzzed)
  }
  for (const client of clients) client.say({ type: 'bye', bye: {} })
  stage.world.pass(120_000)
  obey(fuzzed)
  expect([...fuzzed.sfu.legs]).toEqual([])
  expect(leftIn(stage.state)).toEqual({})
}

function act(fuzzed: Fuzz): void {
  const { stage, dice, clients } = fuzzed
  const client = someone(fuzzed)
  const what = dice.below(100)
  if (what < 50) client.say(message(fuzzed))
  else if (what < 75) answer(fuzzed)
  else if (what < 80) stage.world.pass(dice.pick([0, 100, 200, 1_000]))
  else if (what < 84) stage.tells({ event: 'available', is: dice.chance(0.6) })
  else if (what < 88) inCall(fuzzed, client, dice.pick([0, 1, 7]))
  else if (what < 91) stage.permits(client, dice.pick([['publish-audio'], ['publish-media', 'publish-screen'], []]))
  else if (what < 94) dice.chance(0.5) ? client.joins(dice.pick(['den', 'attic'])) : client.leaves()
  else if (what < 97) {
    client.loses()
    if (dice.chance(0.8)) client.returns()
  } else if (what < 98) stage.request({ type: 'incall', incall: { incall: 0, all: true } })
  else client.say({ type: 'unknown' })
  for (const one of clients) one.hears()
}

const someone = ({ dice, clients }: Fuzz): Client => clients[dice.below(clients.length)] ?? fail('there is nobody')
const fail = (why: string): never => {
  throw new Error(why)
}

function inCall({ stage }: Fuzz, { roomSession }: Client, flags: number): void {
  stage.request({ type: 'incall', incall: { changed: [{ sessionId: roomSession, inCall: flags }] } })
}

function message(fuzzed: Fuzz): JsonObject {
  const { dice } = fuzzed
  const to = dice.chance(0.1) ? 'nobody' : someone(fuzzed).id
  const recipient: JsonObject = dice.chance(0.95) ? { type: 'session', sessionid: to } : { type: 'room' }
  return {
    id: 'm',
    type: 'message',
    message: { recipient, data: dice.chance(0.9) ? word(dice) : (anyJson(dice) ?? 1) },
  }
}

function word(dice: Dice): JsonObject {
  const type = dice.chance(0.05) ? 'unshareScreen' : dice.pick(kinds)
  return {
    type,
    roomType: dice.pick(['video', 'video', 'audio', 'screen', '', 'smell']),
    ...(dice.chance(0.5) ? { sid: dice.pick(['1', '2', 's1', '']) } : {}),
    payload: dice.chance(0.05) ? anyJson(dice) : payload(dice, type),
  }
}

function payload(dice: Dice, type: string): Json {
  switch (type) {
    case 'offer':
    case 'answer':
      return {
        type,
        sdp: dice.pick([sdp('audio', 'video'), sdp('audio'), sdp(['video', candidateLine('10.0.0.1')]), 'x']),
      }
    case 'candidate':
      return { candidate: { candidate: dice.pick([candidateLine('192.0.2.1'), candidateLine('10.0.0.1'), '', 'x']) } }
    default:
      return { substream: dice.pick([0, 1, 2, -1]), video: dice.chance(0.5) }
  }
}

/** Something that an SFU might tell, most of it about what it was asked. */
function answer({ stage, dice, sfu }: Fuzz): void {
  const legs = [...sfu.legs]
  const leg = dice.chance(0.05) ? legId(dice.below(500)) : legs[dice.below(legs.length)]
  if (leg === undefined) return
  const mine = [...sfu.requests].filter(([, of]) => of === leg).map(([request]) => request)
  const request = mine[dice.below(mine.length)]
  const sid = dice.pick(['s1', 's2'])
  const unasked: readonly [SfuEvent, ...SfuEvent[]] = [
    { event: 'opened', leg, sid },
    { event: 'interrupted', leg },
    { event: 'offer', leg, request: undefined, sid, update: dice.chance(0.5), sdp: sdp('audio') },
    { event: 'candidate', leg, sid, candidate: { candidate: dice.pick([candidateLine('198.51.100.1'), '']) } },
    { event: 'closed', leg, why: dice.pick(['lost', 'ended', 'refused'] as const), detail: '' },
  ]
  if (request === undefined) return tell(stage, sfu, dice.pick(unasked))
  sfu.requests.delete(request)
  const answers: readonly [SfuEvent, ...SfuEvent[]] = [
    { event: 'answer', leg, request, sid, sdp: sdp('audio') },
    { event: 'offer', leg, request, sid, update: false, sdp: sdp('audio', 'video') },
    { event: 'done', leg, request },
    { event: 'failed', leg, request, why: dice.pick(failures), detail: '' },
  ]
  tell(stage, sfu, dice.pick(answers))
}

function tell(stage: MediaStage, sfu: ModelSfu, event: SfuEvent): void {
  const isGone = event.event === 'closed' || (event.event === 'failed' && event.why === 'unknown leg')
  if (isGone) forget(sfu, event.leg)
  stage.tells(event)
}

function forget({ legs, requests }: ModelSfu, leg: LegId): void {
  legs.delete(leg)
  for (const [request, of] of [...requests]) if (of === leg) requests.delete(request)
}

/** Takes the orders: none may be about a leg that the SFU does not have. */
function obey({ stage, sfu, seen }: Fuzz): void {
  for (const order of stage.orders()) {
    seen.set(order.do, (seen.get(order.do) ?? 0) + 1)
    take(sfu, order)
  }
}

function take(sfu: ModelSfu, order: SfuCommand): void {
  switch (order.do) {
    case 'publish':
    case 'subscribe':
      expect(sfu.legs.has(order.leg)).toBe(false)
      sfu.legs.add(order.leg)
      return
    case 'say':
      if (!sfu.legs.has(order.leg)) throw new Error(`${order.saying.say} on a leg that is not there`)
      expect(sfu.requests.has(order.request)).toBe(false)
      sfu.requests.set(order.request, order.leg)
      return
    case 'close':
      if (!sfu.legs.has(order.leg)) throw new Error('closes a leg that is not there')
      return forget(sfu, order.leg)
    default:
      throw new Error(`an order for media proxies only: ${order.do}`)
  }
}
