/** Many clients come, go, get lost and come back while Nextcloud is slow; in the end all agree on who is where and nothing is missed. */
import { expect, test } from 'bun:test'
import { roomKey, type SessionId } from '../../src/core/ids.ts'
import { isClientSession } from '../../src/protocols/talk/session.ts'
import { usualTalkAnswer } from '../protocols/talk/nextcloud.ts'
import { clouds, leftIn, type TalkServer, talkServer } from '../protocols/talk/server.ts'
import { createDice, type Dice } from '../support/clock.ts'
import { createSimulatedClient, type SimulatedClient } from './talk-client.ts'

/** Other seeds: TEST_SEED=… */
const firstSeed = Number(process.env['TEST_SEED'] ?? 1)
const runs = Number(process.env['TEST_RUNS'] ?? 25)
const steps = 600
const rooms = ['den', 'den', 'den', 'attic', 'hall'] as const

interface Simulation {
  readonly server: TalkServer
  readonly dice: Dice
  readonly clients: readonly SimulatedClient[]
  /** What each session was promised: the numbers of the messages to its room while it was in it, and not its own. */
  readonly promised: Map<SessionId, number[]>
  readonly scheduled: Set<number>
  messages: number
}

test(`all agree on who is in a room, and whoever comes back missed nothing (from seed ${firstSeed})`, () => {
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
  const promised = new Map<SessionId, number[]>()
  const server = talkServer({
    seed,
    queue: { bytes: 1e6, messages: 10_000 },
    overhear(state, to, event) {
      if (event.event !== 'message' && event.event !== 'room-message') return
      const { n } = JSON.parse(event.data.text)
      for (const session of state.hub.resolve(to)) {
        if (!isClientSession(session) || (event.event === 'message' && event.from.session === session.id)) continue
        promised.set(session.id, [...(promised.get(session.id) ?? []), n])
      }
    },
  })
  server.isSlow = true
  // Some runs are crowded, so that newcomers are announced together.
  const isCrowded = seed % 3 === 0
  const count = isCrowded ? 45 : 8
  const clients = Array.from({ length: count }, (_, index) =>
    createSimulatedClient(index % 10 === 9 ? `bot ${index}` : `user ${index}`, server.world, clouds.one),
  )
  const simulation: Simulation = { server, dice, clients, promised, scheduled: new Set(), messages: 0 }
  if (isCrowded) crowd(simulation)
  for (let step = 1; step <= steps; step++) {
    act(simulation)
    if (step % 100 === 0) settle(simulation)
  }
  finish(simulation)
}

/** All come into one room, a few at a time. */
function crowd({ server, dice, clients }: Simulation): void {
  server.isSlow = false
  for (const client of clients) {
    client.enter()
    client.listen()
    client.say({ type: 'room', room: { roomid: 'den', sessionid: `r ${client.sessionId()}` } })
    server.world.pass(dice.below(30))
  }
  server.isSlow = true
}

function act(simulation: Simulation): void {
  const { server, dice, clients } = simulation
  const client = clients[dice.below(clients.length)]
  if (!client) return
  if (dice.chance(0.1)) actOfNextcloud(simulation)
  else if (client.phase() === 'nobody') client.enter()
  else if (client.phase() === 'away') {
    if (dice.chance(0.4)) client.resume()
  } else if (client.phase() === 'open') actOfClient(simulation, client)
  answerSlowly(simulation)
  server.world.pass(dice.pick([0, 0, 0, 1, 10, 40, 300, dice.chance(0.03) ? 20_000 : 0]))
  for (const each of clients) each.listen()
}

function actOfClient(simulation: Simulation, client: SimulatedClient): void {
  const { dice, clients } = simulation
  const what = dice.below(100)
  if (what < 4) joinAndSpeak(simulation, client)
  else if (what < 25) {
    const other = clients[dice.below(clients.length)]
    // Now and then somebody comes with another's session id of Nextcloud's: the other one has to go.
    const roomSession = dice.chance(0.03) && other ? other.sessionId() : client.sessionId()
    client.say({ type: 'room', room: { roomid: dice.pick(rooms), sessionid: `r ${roomSession}` } })
  } else if (what < 29) client.say({ type: 'room', room: { roomid: '' } })
  else if (what < 75) {
    client.say({ type: 'message', message: { recipient: { type: 'room' }, data: { n: ++simulation.messages } } })
  } else if (what < 80) client.stall()
  else if (what < 95) client.lose()
  else if (what < 97) {
    if (!client.isStalled()) client.resume()
  } else client.say({ type: 'bye', bye: {} })
}

/** Both in one breath: the message has to wait for the join. */
function joinAndSpeak(simulation: Simulation, client: SimulatedClient): void {
  const roomid = simulation.dice.pick(rooms)
  client.say({ type: 'room', room: { roomid, sessionid: `r ${client.sessionId()}` } })
  client.say({ type: 'message', message: { recipient: { type: 'room' }, data: { n: ++simulation.messages } } })
}

function actOfNextcloud(simulation: Simulation): void {
  const { server, dice, clients } = simulation
  const room = dice.pick(rooms)
  const rsid = `r ${clients[dice.below(clients.length)]?.sessionId()}`
  const what = dice.below(10)
  if (what < 5) server.request({ type: 'message', message: { data: { n: ++simulation.messages } } }, room)
  else if (what < 8) server.request({ type: 'incall', incall: { changed: [{ sessionId: rsid, inCall: 1 }] } }, room)
  else if (what < 9) server.request({ type: 'disinvite', disinvite: { sessionids: [rsid] } }, room)
  else if (dice.chance(0.2)) server.request({ type: 'delete', delete: {} }, room)
}

/** Nextcloud takes up to two seconds. */
function answerSlowly({ server: { world }, dice, scheduled }: Simulation): void {
  for (const { number, ask } of world.unanswered()) {
    if (scheduled.has(number)) continue
    scheduled.add(number)
    world.after(dice.pick([0, 5, 60, 400, 2_000]), () => world.answer(number, usualTalkAnswer(ask)))
  }
}

/** When every answer has come, all who are connected agree with each other. */
function settle(simulation: Simulation): void {
  const { server, clients, promised } = simulation
  for (let rounds = 0; server.world.unanswered().length > 0 && rounds < 20; rounds++) {
    answerSlowly(simulation)
    server.world.pass(2_000)
  }
  server.world.pass(50)
  for (const client of clients) client.listen()
  for (const client of clients) {
    if (client.phase() !== 'open' || client.isStalled()) continue
    expect([client.name, ...[...client.view()].sort()]).toEqual([client.name, ...membersAround(server, client)])
    expect([client.name, client.got()]).toEqual([client.name, promised.get(client.sessionId() as SessionId) ?? []])
  }
}

/** Those who are in the room of a client, itself among them. */
function membersAround({ state }: TalkServer, client: SimulatedClient): readonly string[] {
  const room = state.hub.roomOf(client.sessionId() as SessionId)
  return room === undefined ? [] : [...state.hub.members(room)].map(({ id }) => id).sort()
}

/** Everybody who was lost comes back, if there is still time; then all go. */
function finish(simulation: Simulation): void {
  const { server, clients } = simulation
  for (const client of clients) {
    if (client.phase() === 'open' && client.isStalled()) client.lose()
    if (client.phase() === 'away') client.resume()
  }
  settle(simulation)
  for (const client of clients) client.lose()
  server.isSlow = false
  server.world.pass(31_000)
  expect(server.state.rooms.get(roomKey('one', 'den'))).toBeUndefined()
  server.world.pass(60_000)
  for (const { number, ask } of server.world.unanswered()) server.world.answer(number, usualTalkAnswer(ask))
  expect(leftIn(server.state)).toEqual({})
  // A simulation in which nothing happens shows nothing.
  const facts = new Set(server.world.facts.map(({ fact }) => fact))
  for (const fact of ['room-joined', 'room-left', 'session-parked', 'session-resumed'] as const) {
    expect(facts).toContain(fact)
  }
  expect([...simulation.promised.values()].flat().length).toBeGreaterThan(100)
  expect(server.talk.nextDeadline()).toBeUndefined()
}
