/** The presence front end hears anything, at any time, of anybody: it never throws, says only what it may say, and forgets. */
import { expect, test } from 'bun:test'
import { type ConnectionId, connectionId } from '../../src/core/ids.ts'
import { idOf, type PresenceStage, presenceStage } from '../protocols/presence/server.ts'
import { createDice, type Dice } from '../support/clock.ts'

/** Other seeds: TEST_SEED=… */
const firstSeed = Number(process.env['TEST_SEED'] ?? 1)
const runs = Number(process.env['TEST_RUNS'] ?? 20)
const stepsPerRun = 300
const people = ['ann', 'ben', '', '__proto__', '\u0000', 'é"\\\n'] as const

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
  const stage = presenceStage({
    revision: dice.pick([1, 2] as const),
    interval: dice.pick([0, 10, 100]),
    grace: dice.pick([0, 50, 1_000]),
    isStrict: dice.chance(0.2),
    closesExpired: dice.chance(0.5),
    devicesPerUser: 3,
    messagesPerSecond: dice.pick([0, 50]),
  })
  const connections: ConnectionId[] = []
  for (let step = 0; step < stepsPerRun; step++) act(stage, dice, connections)
  for (const id of connections) stage.world.lose(id)
  stage.world.pass(3_600_000)
  expect(stage.presence.census()).toEqual({ users: 0, connections: 0 })
  expect(stage.presence.nextDeadline()).toBeUndefined()
}

function act(stage: PresenceStage, dice: Dice, connections: ConnectionId[]): void {
  const { world, presence } = stage
  const open = connections.filter(world.isOpen)
  const someone = open[dice.below(open.length)]
  const what = dice.below(100)
  if (someone === undefined || what < 10) {
    const subject = dice.pick(people)
    const expires = world.clock.now() + dice.pick([-1, 0, 500, 100_000])
    connections.push(stage.open(subject, { username: dice.pick(people), expires }))
  } else if (what < 70) world.text(someone, frame(dice))
  else if (what < 85) world.pass(dice.pick([0, 10, 60, 100, 1_100]))
  else if (what < 88) world.stall(someone)
  else if (what < 94) world.lose(someone)
  else if (what < 95) world.input((now) => presence.overflowed(someone, now))
  else if (what < 97) world.input((now) => presence.closed(connectionId(dice.below(1_000) + 1_000_000), [], now))
  else world.input((now) => presence.answered(dice.below(50), { answer: 'ice-servers', iceServers: [] }, now))
}

const bits: readonly [unknown, ...unknown[]] = [null, '', 'x', 0, true, [], {}, [[]], { a: 1 }, 'x'.repeat(300)]
const types: readonly [unknown, ...unknown[]] = [
  'userList',
  'userOnline',
  'userOffline',
  'iceServers',
  'error',
  'x',
  '',
  null,
  7,
]

function frame(dice: Dice): string {
  const target: unknown = dice.chance(0.7)
    ? { ...idOf(dice.pick(people)), username: dice.pick(people) }
    : dice.chance(0.5)
      ? { issuer: dice.pick(bits), subject: dice.pick(bits), username: dice.pick(bits) }
      : dice.pick(bits)
  const message = {
    ...(dice.chance(0.9) ? { type: dice.pick(types) } : {}),
    ...(dice.chance(0.8) ? { target } : {}),
    ...(dice.chance(0.7) ? { body: dice.pick(bits) } : {}),
    ...(dice.chance(0.2) ? { origin: dice.pick(bits) } : {}),
  }
  const text = JSON.stringify(dice.chance(0.95) ? message : dice.pick(bits))
  if (dice.chance(0.95)) return text
  const place = dice.below(text.length)
  return `${text.slice(0, place)}${String.fromCharCode(dice.below(300))}${text.slice(place + dice.below(3))}`
}
