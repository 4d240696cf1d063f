/** The Talk front end hears anything, at any time, of anybody: it never throws, says only what it may say, and forgets. */
import { expect, test } from 'bun:test'
import { type ConnectionId, connectionId } from '../../src/core/ids.ts'
import type { TalkAnswer, TalkAsk } from '../../src/protocols/talk/vocabulary.ts'
import { decode } from '../../src/protocols/talk/wire.ts'
import { notAsked, refusal, usualTalkAnswer } from '../protocols/talk/nextcloud.ts'
import { leftIn, type TalkServer, talkServer } from '../protocols/talk/server.ts'
import { createDice, type Dice } from '../support/clock.ts'
import { parseJson, textAt } from '../support/json.ts'
import { frame, hello, mutated, type Pool, roomRequest } from './talk-words.ts'

/** Other seeds: TEST_SEED=… */
const firstSeed = Number(process.env['TEST_SEED'] ?? 1)
const runs = Number(process.env['TEST_RUNS'] ?? 150)
const stepsPerRun = 300

interface Fuzz {
  readonly server: TalkServer
  readonly dice: Dice
  readonly pool: Pool
  readonly connections: ConnectionId[]
}

test(`whatever is said to it, the machine says only what it may, and is empty when all have gone (from seed ${firstSeed})`, () => {
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    try {
      fuzz(seed)
    } catch (failure) {
      throw new Error(`seed ${seed}: ${failure instanceof Error ? failure.stack : String(failure)}`)
    }
  }
})

function fuzz(seed: number): void {
  const dice = createDice(seed)
  const server = talkServer({ seed, queue: { bytes: 5_000, messages: dice.pick([3, 40]) }, valuesPerRoom: 5 })
  server.isSlow = true
  const fuzzed: Fuzz = { server, dice, pool: { sessions: [], resumeIds: [] }, connections: [] }
  for (let step = 0; step < stepsPerRun; step++) act(fuzzed)
  departure(fuzzed)
}

function act(fuzzed: Fuzz): void {
  const { server, dice, pool, connections } = fuzzed
  const { world, talk } = server
  const open = connections.filter(world.isOpen)
  const someone = open[dice.below(open.length)]
  const what = dice.below(100)
  if (someone === undefined || what < 8) {
    const id = world.open({ address: `192.0.2.${dice.below(100)}` })
    connections.push(id)
    say(fuzzed, id, JSON.stringify({ id: 'h', type: 'hello', hello: hello(dice, pool) }))
  } else if (what < 50) say(fuzzed, someone, frame(dice, pool))
  else if (what < 75) answerOne(fuzzed)
  else if (what < 85) request(fuzzed)
  else if (what < 90) world.pass(dice.pick([0, 10, 10, 60, 60, 500, 1_000, 11_000]))
  else if (what < 92) world.binary(someone)
  else if (what < 94) world.stall(someone)
  else if (what < 98) world.lose(someone)
  else if (what < 99) world.input((now) => talk.overflowed(someone, now))
  else {
    const stranger = connectionId(dice.below(1_000) + 1_000)
    world.input((now) => talk.closed(stranger, [], now))
    world.input((now) => talk.garbled(stranger, undefined, 'nothing', now))
    world.input((now) => talk.answered(dice.below(10_000), notAsked, now))
  }
  listen(fuzzed)
}

function say({ server: { world } }: Fuzz, id: ConnectionId, text: string): void {
  if (world.isOpen(id)) world.text(id, text)
}

function answerOne({ server: { world }, dice }: Fuzz): void {
  const open = world.unanswered()
  const question = open[dice.below(open.length)]
  if (question) world.answer(question.number, anyAnswer(dice, question.ask))
}

function anyAnswer(dice: Dice, ask: TalkAsk): TalkAnswer {
  const quality = dice.next()
  if (quality < 0.9) return usualTalkAnswer(ask)
  return dice.pick<[TalkAnswer, ...TalkAnswer[]]>([
    notAsked,
    refusal('no_such_room'),
    { answer: 'unusable' },
    { answer: 'done' },
    { answer: 'identified', userId: 'odd', user: undefined },
    { answer: 'reply', reply: { type: 'auth', auth: { userid: '' } } },
    { answer: 'reply', reply: { type: 'room', room: { roomid: 'elsewhere', permissions: ['hide-displaynames'] } } },
    { answer: 'reply', reply: { type: 'session', session: undefined } },
  ])
}

function request({ server, dice }: Fuzz): void {
  server.request(parseJson(JSON.stringify(roomRequest(dice))), dice.pick(['den', 'attic', '1234', 'elsewhere']))
}

/** Picks up the ids that were told. */
function listen({ server: { world }, pool, connections }: Fuzz): void {
  for (const id of connections) {
    for (const text of world.hear(id)) {
      const message = parseJson(text)
      const [session, resume] = [textAt(message, 'hello', 'sessionid'), textAt(message, 'hello', 'resumeid')]
      if (session !== undefined && !pool.sessions.includes(session)) pool.sessions.push(session)
      if (resume !== undefined && !pool.resumeIds.includes(resume)) pool.resumeIds.push(resume)
    }
  }
}

function departure({ server, connections }: Fuzz): void {
  const { world, state, talk } = server
  for (const id of connections) world.lose(id)
  server.isSlow = false
  for (const { number, ask } of world.unanswered()) world.answer(number, usualTalkAnswer(ask))
  world.pass(300_000)
  expect(leftIn(state)).toEqual({})
  expect(talk.nextDeadline()).toBeUndefined()
  expect(world.unanswered()).toEqual([])
  expect(world.replies.size).toBe(server.lastRequest())
}

test('decoding never throws, whatever the text', () => {
  const dice = createDice(firstSeed)
  const pool: Pool = { sessions: ['s'], resumeIds: ['r'] }
  for (let count = 0; count < 5_000; count++) {
    const text = mutated(dice, frame(dice, pool))
    const decoded = decode(text)
    if (!decoded.ok) continue
    expect(typeof decoded.value.type).toBe('string')
  }
})
