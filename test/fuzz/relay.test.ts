/** The relay hears anything, at any time, of anybody: it never throws, leaks no password, and is empty when all have gone. */
import { expect, test } from 'bun:test'
import type { ConnectionId } from '../../src/core/ids.ts'
import type { HookEvent } from '../../src/protocols/relay/vocabulary.ts'
import { authenticate, type RelayServer, relayServer, room } from '../protocols/relay/server.ts'
import { createDice, type Dice } from '../support/clock.ts'

/** Other seeds: TEST_SEED=… */
const firstSeed = Number(process.env['TEST_SEED'] ?? 1)
const runs = Number(process.env['TEST_RUNS'] ?? 200)
const stepsPerRun = 200
const rooms = ['den', 'attic', '☃'] as const
const people = ['ann', 'ben', 'cas', 'eve'] as const
const password = 'the-pass-word'
const hookSets: readonly [readonly HookEvent[], ...(readonly HookEvent[])[]] = [
  [],
  ['create', 'join', 'leave'],
  ['leave'],
  ['join'],
]

test(`whatever is said to it, it keeps to its rules, and is empty when all have gone (from seed ${firstSeed})`, () => {
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    try {
      fuzz(createDice(seed), seed)
    } catch (failure) {
      throw new Error(`seed ${seed}: ${failure instanceof Error ? failure.stack : String(failure)}`)
    }
  }
})

interface Heard {
  readonly id: ConnectionId
  readonly room: string
  /** Whether it has been told that it is in. */
  isIn: boolean
}

function fuzz(dice: Dice, seed: number): void {
  const revision = dice.pick([1, 2] as const)
  const hooks = dice.pick(hookSets)
  const known = (name: string) => (name === 'eve' ? undefined : dice.chance(0.5) ? { password } : ('ask' as const))
  const waiting = { messages: dice.pick([3, 50]), bytes: 3_000 }
  const server = relayServer({ seed, revision, hooks, known, waiting })
  const connections: Heard[] = []
  for (let step = 0; step < stepsPerRun; step++) {
    act(server, dice, connections)
    for (const one of connections) listen(server, one)
  }
  for (const { id } of connections) server.world.lose(id)
  for (let open = server.world.unanswered(); open.length > 0; open = server.world.unanswered()) {
    server.world.answer(open[0]?.number ?? 0, { answer: 'done' })
  }
  server.world.pass(3_600_000)
  expect(server.relay.census()).toEqual({ connections: 0, rooms: 0, members: 0 })
  expect(server.relay.nextDeadline()).toBeUndefined()
  checkCalls(server.calls())
}

function act({ world, open, say, relay }: RelayServer, dice: Dice, connections: Heard[]): void {
  const alive = connections.filter(({ id }) => world.isOpen(id))
  const someone = alive[dice.below(alive.length)]
  const what = dice.below(100)
  if (!someone || what < 12) {
    const where = dice.pick(rooms)
    const id = open(where)
    connections.push({ id, room: where, isIn: false })
    if (dice.chance(0.8)) say(id, authenticate(dice.pick(people), password))
  } else if (what < 60) say(someone.id, words(dice, relay.peers(room(someone.room))))
  else if (what < 80) {
    const open = world.unanswered()
    const question = open[dice.below(open.length)]
    if (!question) return
    const right = { answer: 'password', password: dice.pick([password, password, 'x']) } as const
    world.answer(
      question.number,
      question.ask.ask === 'hook' ? { answer: 'done' } : dice.pick([right, { answer: 'failed' } as const]),
    )
  } else if (what < 90) world.lose(someone.id)
  else if (what < 95) world.pass(dice.pick([1, 5_000, 10_000]))
  else if (what < 97) world.binary(someone.id)
  else world.input((now) => relay.overflowed(someone.id, now))
}

function words(dice: Dice, peers: readonly { readonly peerId: string }[]): string {
  const peer = peers[dice.below(peers.length)]?.peerId ?? 'nobody'
  const texts = [
    'ping',
    '',
    'no JSON {"to":',
    '{"to":7}',
    '[]',
    'x'.repeat(dice.below(500)),
    JSON.stringify({ to: peer, from: 'me', event: 'offer' }),
    JSON.stringify({ event: 'offer', data: 'to' }),
    JSON.stringify(authenticate(dice.pick(people), dice.pick([password, 'wrong']))),
    `{"\\u0065vent":"authenticate","data":{"password":"${password}"}}`,
  ] as const
  return dice.pick(texts)
}

/** Nobody hears a room that he is not in, or a password. */
function listen({ world }: RelayServer, one: Heard): void {
  for (const text of world.hear(one.id)) {
    const isEntry = /^\{"event":"(?:created|joined|authenticated)"/.test(text)
    if (!one.isIn && !isEntry) expect(text).toMatch(/^(?:pong|\{"event":"unauthorized"\})$/)
    if (isEntry) one.isIn = true
    expect(text).not.toContain(password)
  }
}

/** Of each room: others are told as those who came before and have not left. */
function checkCalls(calls: readonly string[]): void {
  const inside = new Map<string, number>()
  const isWhole = calls.some((call) => call.startsWith('join')) && calls.some((call) => call.startsWith('leave'))
  for (const call of calls) {
    const [event = '', where = '', , ...others] = call.replace(/\[\]/, '').replace(/[[\]]/g, '').trim().split(' ')
    if (event === 'create') expect(others).toEqual([])
    const count = (inside.get(where) ?? 0) + (event === 'leave' ? -1 : 0)
    if (isWhole && calls.some((one) => one.startsWith('create'))) expect(others).toHaveLength(count)
    inside.set(where, event === 'leave' ? count : count + 1)
  }
}
