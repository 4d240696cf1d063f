import { expect, test } from 'bun:test'
import { clientKey } from '../../src/turn/five-tuple.ts'
import type { TurnSettings } from '../../src/turn/settings.ts'
import { createDice, type Dice } from '../support/clock.ts'
import { ranges } from '../turn/ip.ts'
import {
  endAll,
  expectNothingLeft,
  realm,
  replyOf,
  type Speaker,
  type Stage,
  settings,
  stage,
} from '../turn/requests/stage.ts'
import { anyPeer, type Credentials, indicationOf, mutated, type Pool, request, whoever } from './turn-words.ts'

/** Other seeds: TEST_SEED=… */
const firstSeed = Number(process.env['TEST_SEED'] ?? 1)
const runs = Number(process.env['TEST_RUNS'] ?? 25)
const stepsPerRun = 600

interface Fuzz {
  readonly self: Stage
  readonly dice: Dice
  readonly clients: readonly Speaker[]
  readonly pool: Pool
  given: TurnSettings
}

test(`whatever comes, nothing throws, nobody gets more than his due, and nothing stays (from seed ${firstSeed})`, () => {
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    try {
      fuzz(seed)
    } catch (failure) {
      throw new Error(`seed ${seed}: ${failure instanceof Error ? failure.stack : String(failure)}`)
    }
  }
}, 120_000)

function anySettings(dice: Dice): TurnSettings {
  const base = settings()
  const { relays } = base
  return settings({
    ...{ tcpRelay: dice.chance(0.5), sha256: dice.chance(0.3), channels: dice.pick(['rfc8656', 'rfc5766'] as const) },
    ...{
      challengeRate: dice.pick([0, 20]),
      bindingRate: dice.pick([0, 5]),
      bytesPerSecond: dice.pick([0, 50]),
    },
    credentials: { ...base.credentials, hook: dice.chance(0.5) },
    relays: dice.pick([relays, relays, { 4: relays[4] }, { 6: relays[6] }]),
    peers: { ...base.peers, denied: dice.pick([ranges(), ranges('8.8.4.4'), ranges('8.8.8.0/24', '2a00::/16')]) },
    quotas: { perUser: dice.pick([0, 3]), perSource: 0, total: dice.pick([0, 8]) },
  })
}

function fuzz(seed: number): void {
  const dice = createDice(seed)
  const given = anySettings(dice)
  const binder = () => dice.pick(['bound', 'bound', 'bound', 'failed', 'later'] as const)
  const self = stage({
    settings: given,
    seed,
    binder,
    dontFragment: dice.chance(0.5),
    ports: { min: 50_000, max: 50_019 },
  })
  const clients = Array.from({ length: 8 }, (_, index) =>
    self.client(5000 + (index % 4), { listener: index % 3, ...whoever(dice) }),
  )
  const fuzzed: Fuzz = { self, dice, clients, pool: { requests: [], tokens: [], connections: [] }, given }
  for (let step = 0; step < stepsPerRun; step++) {
    act(fuzzed)
    check(fuzzed)
  }
  departure(fuzzed)
}

function act(fuzzed: Fuzz): void {
  const { self, dice, clients, pool } = fuzzed
  const client = clients[dice.below(clients.length)]
  if (!client) return
  const what = dice.below(100)
  if (what < 10) settle(fuzzed, client)
  else if (what < 52) say(fuzzed, client, octetsOf(fuzzed, client))
  else if (what < 63) say(fuzzed, client, indicationOf(dice))
  else if (what < 70) say(fuzzed, client, mutated(dice, octetsOf(fuzzed, client)))
  else if (what < 74) say(fuzzed, client, dice.bytes(dice.below(80)))
  else if (what < 77) say(fuzzed, client, pool.requests[dice.below(pool.requests.length)] ?? new Uint8Array(0))
  else if (what < 84) bindOne(fuzzed)
  else if (what < 88) self.pass(dice.pick([10, 100, 1000, 5000, 31_000, 150_000]))
  else if (what < 91) answerHook(fuzzed)
  else if (what < 98) ofPeers(fuzzed, client)
  else if (what < 99) self.run(self.server.closed(clientKey(client.client), self.now))
  else if (dice.chance(0.7)) reload(fuzzed)
  else endAll(self, 'ended by an administrator')
}

/** What a sensible client begins with, so that the rest meets allocations. */
function settle({ dice, pool, self }: Fuzz, client: Speaker): void {
  client.nonce = ''
  client.allocate((to) => to.put('requestedTransport', dice.pick([17, 17, 6])))
  client.ask('createPermission', (to) => to.put('xorPeerAddress', anyPeer(dice)).put('xorPeerAddress', anyPeer(dice)))
  learn(pool, self.heard)
}

/** A request with what is known of nonces, tokens and connection ids. */
function octetsOf({ dice, pool, given, self }: Fuzz, client: Speaker): Uint8Array {
  const credentials: Credentials = {
    ...client.who,
    ...{
      realm: dice.chance(0.99) ? realm : 'elsewhere',
      nonce: client.nonce,
      sha256: given.sha256 && dice.chance(0.5),
    },
    signed: dice.chance(0.97),
  }
  const octets = request(dice, pool, credentials, Math.floor(self.now / 1000))
  pool.requests[dice.below(30)] = octets
  return octets
}

/** Says it, listens, and checks the answer against what was said. */
function say({ self, clients, pool }: Fuzz, client: Speaker, octets: Uint8Array): void {
  const stood = self.server.size
  const before = self.heard.length
  const isRequest = octets.length >= 20 && ((octets[0] ?? 0) & 1) === 0 && ((octets[1] ?? 0) & 0x10) === 0
  self.receive(octets, client.client)
  const answers = self.heard.slice(before)
  expect(answers.length).toBeLessThanOrEqual(isRequest ? 1 : 0)
  for (const { message, client: to } of answers) {
    expect(to).toEqual(client.client)
    const { kind, code, message: reply } = replyOf(message)
    const isStranger = reply.integrityAt === undefined && reply.integritySha256At === undefined
    if (!isStranger) continue
    // Binding aside, nothing is granted without a MAC, nothing is remembered, and the answer is in proportion.
    expect(reply.method === 'binding' || kind === 'error').toBe(true)
    expect(self.server.size).toBe(stood)
    const fingerprint = reply.fingerprintAt === undefined ? 0 : 8
    const nonce = reply.get('nonce')
    if (code === 401 || code === 438) expect(message.length).toBeLessThanOrEqual(60 + 12 + 13 + 12 + 3 + fingerprint)
    else if (code === 420) expect(message.length).toBeLessThanOrEqual(Math.max(octets.length, 20) + 16 + fingerprint)
    else expect(message.length).toBeLessThanOrEqual((kind === 'success' ? 44 : 28) + fingerprint)
    for (const one of clients) if (nonce !== undefined && one.client === to) one.nonce = nonce
  }
  learn(pool, answers)
}

function learn(pool: Pool, answers: Stage['heard']): void {
  for (const { message } of answers) {
    const reply = replyOf(message).message
    const token = reply.get('reservationToken')
    if (token) pool.tokens.push(token.slice())
    const connection = reply.get('connectionId')
    if (connection !== undefined) pool.connections.push(connection)
  }
}

function bindOne({ self, dice }: Fuzz): void {
  const [one] = self.waiting.splice(dice.below(Math.max(self.waiting.length, 1)), 1)
  if (one) self.bind(one, dice.pick(['bound', 'bound', 'failed'] as const))
}

function answerHook({ self, dice }: Fuzz): void {
  const answer = dice.pick([undefined, { known: false }, { known: true, password: 'hooked' }] as const)
  self.run(self.server.hookAnswered('carol', answer, self.now))
}

/** What the world tells of peers. */
function ofPeers({ self, dice, pool }: Fuzz, client: Speaker): void {
  const { server, now } = self
  const asked = self.actions.flatMap((action) => (action.do === 'connect-peer' ? [action.connection] : []))
  const connection = dice.chance(0.8) ? (asked.at(-1 - dice.below(3)) ?? 0) : dice.below(2 ** 32)
  pool.connections.push(connection)
  const allocation = server.allocationOf(clientKey(client.client))
  const what = dice.below(5)
  if (what === 0) self.run(server.peerConnected(connection, now))
  else if (what === 1) self.run(server.peerFailed(connection, 'refused', now))
  else if (what === 2) self.run(server.peerClosed(connection, now))
  else if (what === 3 && allocation) self.run(server.peerArrived(allocation, anyPeer(dice), now).actions)
  else if (allocation) self.run(server.icmpReceived(allocation, anyPeer(dice), { type: 3, code: 1, data: 0 }, now))
}

/** What may change without a new start. */
function reload(fuzzed: Fuzz): void {
  const { self, dice, given } = fuzzed
  fuzzed.given = { ...anySettings(dice), realm: given.realm, relays: given.relays, tcpRelay: given.tcpRelay }
  self.run(self.server.reload(fuzzed.given, self.now))
}

/** What is true at every moment. */
function check({ self, clients }: Fuzz): void {
  const { server, ledger, sockets, waiting } = self
  expect(ledger.quotas.total).toBe(server.size)
  expect(ledger.ports[4].inUse + ledger.ports[6].inUse).toBeGreaterThanOrEqual(sockets.size)
  const allocations = clients.flatMap(({ client }) => server.allocationOf(clientKey(client)) ?? [])
  const relays = new Set(allocations.flatMap((one) => one.relays.map((relay) => relay.socket)))
  // Each socket belongs to an allocation, or to one whose other socket is still being bound.
  expect(sockets.size).toBeLessThanOrEqual(relays.size + waiting.length)
  for (const { peers } of new Set(allocations)) {
    expect(peers.permissions.size).toBeLessThanOrEqual(64)
    expect(peers.channels.size).toBe(peers.channelsByPeer.size)
  }
  self.heard.length = 0
  self.sent.length = 0
}

function departure({ self, clients }: Fuzz): void {
  for (const { client } of clients) self.run(self.server.closed(clientKey(client), self.now))
  while (self.waiting.length > 0) for (const one of self.waiting.splice(0)) self.bind(one, 'bound')
  self.heard.length = 0
  self.run(self.server.hookAnswered('carol', { known: true, password: 'x' }, self.now))
  expect(self.heard).toEqual([])
  expectNothingLeft(self)
  const told = (name: string) => self.facts.filter(({ fact }) => fact === name).length
  expect(told('turn-ended')).toBe(told('turn-allocated'))
}
