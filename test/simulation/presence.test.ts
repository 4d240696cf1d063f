/** Users with many devices come, go and talk: everybody agrees on who is online, and no message is lost, doubled or overtaken. */
import { expect, test } from 'bun:test'
import type { ConnectionId } from '../../src/core/ids.ts'
import type { ServerMessage } from '../../src/protocols/presence/messages.ts'
import { idOf, type PresenceStage, presenceStage } from '../protocols/presence/server.ts'
import { createDice, type Dice } from '../support/clock.ts'

/** Other seeds: TEST_SEED=… */
const firstSeed = Number(process.env['TEST_SEED'] ?? 1)
const runs = Number(process.env['TEST_RUNS'] ?? 15)
const stepsPerRun = 300
const people = ['ann', 'ben', 'cas', 'dan', 'eve', 'flo'] as const

interface Client {
  readonly id: ConnectionId
  readonly user: string
  /** Who is online, as far as it knows. */
  readonly online: Set<string>
  /** The number of the last message of each connection. */
  readonly last: Map<ConnectionId, number>
}

interface Sent {
  readonly by: ConnectionId
  readonly number: number
}

interface Scene {
  readonly stage: PresenceStage
  readonly dice: Dice
  readonly clients: Map<ConnectionId, Client>
  readonly sent: Sent[]
  /** Numbers that reached somebody. */
  readonly delivered: Set<number>
  /** How many errors each connection has been told. */
  readonly refused: Map<ConnectionId, number>
}

test(`all agree on who is online, and no message is lost (from seed ${firstSeed})`, () => {
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
  const interval = dice.pick([0, 50, 100] as const)
  const grace = dice.pick([0, 300, 2_000] as const)
  const lastFrame = new Map<ConnectionId, number>()
  const stage = presenceStage({ interval, grace, messagesPerSecond: 0, devicesPerUser: 4 }, (to, now) => {
    expect(now - (lastFrame.get(to) ?? 0)).toBeGreaterThanOrEqual(interval)
    lastFrame.set(to, now)
  })
  const scene: Scene = {
    stage,
    dice,
    clients: new Map(),
    sent: [],
    delivered: new Set(),
    refused: new Map(),
  }
  for (let step = 0; step < stepsPerRun; step++) {
    act(scene)
    listen(scene)
  }
  settle(scene)
  expectAgreement(scene)
  expectNothingLost(scene)
  for (const { id } of scene.clients.values()) stage.world.lose(id)
  stage.world.pass(600_000)
  expect(stage.presence.census()).toEqual({ users: 0, connections: 0 })
  expect(stage.presence.nextDeadline()).toBeUndefined()
}

function act({ stage, dice, clients, sent }: Scene): void {
  const { world } = stage
  const open = [...clients.values()]
  const someone = open[dice.below(open.length)]
  const what = dice.below(100)
  if (!someone || what < 12) {
    const user = dice.pick(people)
    const id = stage.open(user)
    if (world.isOpen(id)) clients.set(id, { id, user, online: new Set(), last: new Map() })
  } else if (what < 20) {
    world.lose(someone.id)
    clients.delete(someone.id)
  } else if (what < 60) {
    const target = dice.pick(people)
    for (let count = dice.pick([1, 1, 1, 25]); count > 0; count--) {
      if (!world.isOpen(someone.id)) return
      sent.push({ by: someone.id, number: sent.length })
      stage.say(someone.id, { type: 'x', target: idOf(target), body: [someone.id, sent.length - 1] })
    }
  } else if (what < 65) stage.say(someone.id, { type: 'userList' })
  else world.pass(dice.pick([0, 10, 50, 100, 400, 2_500]))
}

/** Every client takes in what it hears. */
function listen({ stage, clients, delivered, refused }: Scene): void {
  for (const client of [...clients.values()]) {
    for (const heard of stage.hear(client.id)) take(client, heard as ServerMessage, delivered, refused)
    if (!stage.world.isOpen(client.id)) clients.delete(client.id)
  }
}

function take(client: Client, heard: ServerMessage, delivered: Set<number>, refused: Map<ConnectionId, number>): void {
  if ('origin' in heard) {
    const [by, number] = heard.body as [ConnectionId, number]
    // Of one sender, never an earlier one after a later one, and none twice.
    expect(number).toBeGreaterThan(client.last.get(by) ?? -1)
    client.last.set(by, number)
    delivered.add(number)
  } else if ('error' in heard) refused.set(client.id, (refused.get(client.id) ?? 0) + 1)
  else if (heard.type === 'userOnline') client.online.add(nameIn(heard.body.user))
  else if (heard.type === 'userOffline') client.online.delete(nameIn(heard.body.user))
  else if (heard.type === 'userList') {
    client.online.clear()
    for (const user of heard.body.users) client.online.add(nameIn(user))
  }
}

const nameIn = (user: object): string => ('subject' in user ? String(user.subject) : '')

function settle(scene: Scene): void {
  const { presence, world } = scene.stage
  while (presence.nextDeadline() !== undefined) {
    world.pass(500)
    listen(scene)
  }
}

/** At rest everybody knows who is online, whether he asked or was told. */
function expectAgreement({ stage, clients }: Scene): void {
  const users = new Set([...clients.values()].map(({ user }) => user))
  expect(stage.presence.census()).toEqual({ users: users.size, connections: clients.size })
  const before = new Map([...clients.values()].map(({ id, online }) => [id, new Set(online)]))
  for (const { id } of clients.values()) {
    stage.say(id, { type: 'userList' })
    stage.world.pass(200)
    const [list] = stage.hear(id) as [Extract<ServerMessage, { type: 'userList' }>]
    expect(new Set(list.body.users.map(nameIn))).toEqual(users)
    // Who came later was not told of those who were there before.
    for (const user of before.get(id) ?? []) expect(users).toContain(user)
  }
}

/** Of a connection that is still there, each message has reached somebody or was refused. */
function expectNothingLost({ clients, sent, delivered, refused }: Scene): void {
  for (const { id } of clients.values()) {
    const own = sent.filter(({ by }) => by === id)
    const arrived = own.filter(({ number }) => delivered.has(number))
    const told = refused.get(id) ?? 0
    expect(told).toBeLessThanOrEqual(own.length)
    expect(arrived.length + told).toBeGreaterThanOrEqual(own.length)
  }
}
