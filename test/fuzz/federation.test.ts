/** Other servers answer, err, lie, hang up and come back at any time: nothing throws, only messages pass, nothing stays. */
import { expect, test } from 'bun:test'
import type { FederationCommand } from '../../src/protocols/talk/federation/link.ts'
import { joinThere, type Solo, solo } from '../protocols/talk/federation/pair.ts'
import { type Client, leftIn } from '../protocols/talk/server.ts'
import { createDice, type Dice } from '../support/clock.ts'
import type { Json, JsonObject } from '../support/json.ts'

/** Other seeds: TEST_SEED=… */
const firstSeed = Number(process.env['TEST_SEED'] ?? 1)
const runs = Number(process.env['TEST_RUNS'] ?? 60)
const stepsPerRun = 150

interface Fuzz {
  readonly other: Solo
  readonly dice: Dice
  readonly clients: Client[]
  /** What was said on each link and not answered yet. */
  readonly open: Map<number, JsonObject[]>
  links: number
}

test(`whatever other servers do, our clients hear messages of the protocol, and nothing stays (from seed ${firstSeed})`, () => {
  const happened = new Set<string>()
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    try {
      for (const fact of fuzz(seed)) happened.add(fact)
    } catch (failure) {
      throw new Error(`seed ${seed}: ${failure instanceof Error ? failure.stack : String(failure)}`)
    }
  }
  const all = ['failed', 'interrupted', 'joined', 'left', 'message-refused', 'resumed']
  expect([...happened].toSorted()).toEqual(all.map((name) => `federation-${name}`))
}, 60_000)

/** The facts of federation that came of it. */
function fuzz(seed: number): readonly string[] {
  const dice = createDice(seed)
  const other = solo({ seed, queue: { bytes: 20_000, messages: dice.pick([3, 40]) } })
  const clients = ['alice', 'bob', 'carol'].map((name) => other.here.user(name))
  const fuzzed: Fuzz = { other, dice, clients, open: new Map(), links: 0 }
  for (let step = 0; step < stepsPerRun; step++) act(fuzzed)
  for (const client of clients) client.say({ type: 'bye' })
  other.here.world.pass(60_000)
  expect(leftIn(other.here.state)).toEqual({})
  return other.here.world.facts.map(({ fact }) => fact).filter((fact) => fact.startsWith('federation-'))
}

function act(fuzzed: Fuzz): void {
  const { other, dice, clients } = fuzzed
  const { world } = other.here
  const client = dice.pick(clients as [Client, ...Client[]])
  const what = dice.below(100)
  if (what < 10)
    client.say(joinThere(dice.pick(['den', 'hall']), dice.pick(['my den', 'my hall']), dice.pick(['t', ''])))
  else if (what < 13) client.joins('attic')
  else if (what < 16) client.leaves()
  else if (what < 30)
    client.sends(
      dice.pick<[JsonObject, ...JsonObject[]]>([{ type: 'room' }, { type: 'session', sessionid: client.id }]),
      { n: what },
    )
  else if (what < 33) {
    client.loses()
    if (dice.below(2) === 0) client.returns()
  } else if (what < 40) world.pass(dice.pick([10, 100, 800, 9_000]))
  else if (what < 44) hangUp(fuzzed)
  else if (what < 80) answer(fuzzed)
  else lie(fuzzed)
  for (const one of clients) one.hears()
  keep(fuzzed, other.orders())
}

function keep(fuzzed: Fuzz, orders: readonly FederationCommand[]): void {
  for (const order of orders) {
    if (order.do === 'dial') fuzzed.open.set(order.link, [{ type: 'opened' }])
    else if (order.do === 'hang-up') fuzzed.open.delete(order.link)
    else fuzzed.open.get(order.link)?.push(JSON.parse(order.text) as JsonObject)
  }
}

const someLink = ({ dice, open }: Fuzz): number | undefined => [...open.keys()][dice.below(open.size)]

function hangUp(fuzzed: Fuzz): void {
  const link = someLink(fuzzed)
  if (link === undefined) return
  fuzzed.open.delete(link)
  const why = fuzzed.dice.pick(['network', 'network', 'certificate', 'forbidden'] as const)
  fuzzed.other.happens({ event: 'closed', link, why, detail: 'cut' })
}

/** As a server that means well. */
function answer(fuzzed: Fuzz): void {
  const { other, dice, open } = fuzzed
  const link = someLink(fuzzed)
  const asked = link === undefined ? undefined : open.get(link)?.shift()
  if (link === undefined || !asked) return
  const id = asked['id'] ?? ''
  if (asked['type'] === 'opened') {
    other.happens({ event: 'opened', link })
    other.says({ type: 'welcome', welcome: { features: ['federation'] } }, link)
  } else if (dice.below(8) === 0) {
    const code = dice.pick(['no_such_session', 'token_expired', 'already_joined', 'no_such_room'])
    other.says({ id, type: 'error', error: { code, message: 'No.' } }, link)
  } else if (asked['type'] === 'hello') {
    const sessionid = `${dice.pick(['first', 'second'])}-${'s'.repeat(30)}`
    other.says({ id, type: 'hello', hello: { sessionid, resumeid: 'r'.repeat(30) } }, link)
  } else if (asked['type'] === 'room') {
    const { roomid = '' } = asked['room'] as { readonly roomid?: string }
    other.says({ id, type: 'room', room: { roomid, properties: {} } }, link)
    other.says(
      { type: 'event', event: { target: 'room', type: 'join', join: [{ sessionid: 'x', userid: 'x' }] } },
      link,
    )
  }
}

/** Anything at all. */
function lie(fuzzed: Fuzz): void {
  const { other, dice, clients } = fuzzed
  const link = someLink(fuzzed)
  if (link === undefined) return
  const ids: [string, ...string[]] = ['x', `first-${'s'.repeat(30)}`, ...clients.map((client) => client.id)]
  const sender = { type: dice.pick(['room', 'world']), sessionid: dice.pick(ids) }
  const roomid = dice.pick(['den', 'hall', 'attic', ''])
  const event = (target: string, type: string, body: Json): Json => ({
    type: 'event',
    event: { target, type, [type]: body },
  })
  other.says(
    dice.pick<[Json | string, ...(Json | string)[]]>([
      { type: 'message', message: { sender, data: dice.pick([1, '', ids[0]]) } },
      { type: 'room', room: { roomid } },
      { type: 'bye', bye: { reason: dice.pick(['room_session_reconnected', 'hello_timeout', '']) } },
      event('room', 'join', [{ sessionid: dice.pick(ids) }]),
      event('room', 'leave', [dice.pick(ids)]),
      event('roomlist', dice.pick(['invite', 'disinvite', 'update']), { roomid }),
      event('participants', 'update', { roomid, users: [{ sessionId: dice.pick(ids), inCall: 3 }] }),
      event('participants', 'flags', { roomid, sessionid: dice.pick(ids), flags: 1 }),
      { type: 'transient', transient: { type: 'set', key: `sd:${dice.pick(ids)}`, value: 1 } },
      { type: 'hello', hello: { sessionid: 'y'.repeat(30), resumeid: 'z'.repeat(30) } },
      { type: 'error', error: { code: 'token_expired' } },
      'no JSON',
    ]),
    link,
  )
}
