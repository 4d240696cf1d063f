/** The media proxy hears anything, from clients, Janus and other proxies: it never throws, mixes no sessions up, and is empty when all have gone. */
import { expect, test } from 'bun:test'
import type { ConnectionId } from '../../src/core/ids.ts'
import type { SfuCommand, SfuEvent } from '../../src/sfu/sfu.ts'
import { type LegId, legId } from '../../src/sfu/stream.ts'
import { command, type ProxyServer, payload, proxyServer, remote, sdp } from '../protocols/media-proxy/server.ts'
import { createDice, type Dice } from '../support/clock.ts'
import { type JsonObject, parseJson, textAt } from '../support/json.ts'

/** Other seeds: TEST_SEED=… */
const firstSeed = Number(process.env['TEST_SEED'] ?? 1)
const runs = Number(process.env['TEST_RUNS'] ?? 30)
const stepsPerRun = 150

test(`whatever is said to it, it keeps its books, and is empty when all have gone (from seed ${firstSeed})`, () => {
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    try {
      fuzz(createDice(seed), seed)
    } catch (failure) {
      throw new Error(`seed ${seed}: ${failure instanceof Error ? failure.stack : String(failure)}`)
    }
  }
}, 30_000)

/** What the SFU and the other proxies know: legs that are open there, questions that are, links that are. */
interface Books {
  readonly server: ProxyServer
  readonly connections: ConnectionId[]
  readonly sessions: string[]
  readonly clients: string[]
  readonly legs: Set<LegId>
  readonly asked: { readonly leg: LegId; readonly request: number; readonly do: string }[]
  readonly links: Set<number>
  readonly toOthers: { readonly link: number; readonly id: string; readonly type: string }[]
}

function fuzz(dice: Dice, seed: number): void {
  const server = proxyServer({ seed, settings: { remote, queue: { messages: dice.pick([2, 100]), bytes: 50_000 } } })
  const books: Books = {
    server,
    connections: [],
    sessions: [],
    clients: ['nobody'],
    legs: new Set(),
    asked: [],
    links: new Set(),
    toOthers: [],
  }
  for (let step = 0; step < stepsPerRun; step++) {
    act(books, dice)
    keep(books)
  }
  for (const id of books.connections) server.world.lose(id)
  server.world.pass(3_600_000)
  keep(books)
  expect(server.proxy.census()).toMatchObject({ sessions: 0, clients: 0, connections: 0 })
  expect(server.proxy.nextDeadline()).toBeUndefined()
  expect([...books.legs]).toEqual([])
  expect([...books.links]).toEqual([])
}

function act(books: Books, dice: Dice): void {
  const { server, connections } = books
  const { world } = server
  const alive = connections.filter((id) => world.isOpen(id))
  const someone = alive[dice.below(alive.length)]
  const what = dice.below(100)
  if (someone === undefined || what < 10) {
    const id = world.open()
    connections.push(id)
    const resumeid = books.sessions[dice.below(books.sessions.length)]
    const who = dice.chance(0.3) && resumeid ? { resumeid } : { token: server.token(dice.pick(['one', 'two'])) }
    if (dice.chance(0.9)) server.say(id, { type: 'hello', hello: { version: '1.0', ...who } })
  } else if (what < 55) server.say(someone, words(books, dice))
  else if (what < 80) sfu(books, dice)
  else if (what < 90) other(books, dice)
  else if (what < 94) world.lose(someone)
  else if (what < 97) world.pass(dice.pick([1, 1_000, 10_000, 60_000]))
  else if (what < 98) world.input((now) => server.proxy.overflowed(someone, now))
  else if (what < 99 && dice.chance(0.1)) world.input((now) => server.proxy.drained(now))
  else server.sfu({ event: 'available', is: dice.chance(0.7) })
}

function words({ clients, server }: Books, dice: Dice): JsonObject | string {
  const clientId = clients[dice.below(clients.length)] ?? ''
  const streamType = dice.pick(['video', 'video', 'screen'])
  const place = { hostname: '192.0.2.1', port: dice.pick([0, 5_000]), rtcpPort: 5_001 }
  const remoteUrl = dice.pick(['https://a.example/', 'https://b.example/'])
  const far = () => ({
    publisherId: 'there',
    remoteUrl,
    remoteToken: server.token('one', { subject: 'there' }),
  })
  return dice.pick([
    () => command({ type: 'create-publisher', streamType, sid: 's' }),
    () => command({ type: 'create-publisher', streamType, sid: 's' }),
    () => command({ type: 'create-subscriber', streamType, publisherId: clientId }),
    () => command({ type: 'create-subscriber', streamType, ...far() }),
    () => command({ type: 'create-subscriber', streamType, ...far() }),
    () => command({ type: dice.pick(['delete-publisher', 'delete-subscriber', 'get-publisher-streams']), clientId }),
    () => command({ type: dice.pick(['publish-remote', 'unpublish-remote']), clientId, ...place }),
    () => command({ type: 'nonsense' }),
    () => payload({ type: 'offer', clientId, payload: { sdp: dice.pick([sdp(), '', 'x']) } }),
    () => payload({ type: dice.pick(['requestoffer', 'endOfCandidates', 'selectStream', 'answer']), clientId }),
    () => ({ type: 'bye' }),
    () => '{"type":',
    () => '[]',
  ] as const)()
}

function sfu({ server, legs, asked }: Books, dice: Dice): void {
  const leg = [...legs][dice.below(legs.size)] ?? legId(999_999)
  const question = asked[dice.below(asked.length)]
  const sid = dice.pick(['s', 't'])
  const answers: readonly SfuEvent[] = question
    ? [
        { event: 'failed', ...question, why: dice.pick(['refused', 'timeout', 'stale sid'] as const), detail: '' },
        question.do === 'receive'
          ? { event: 'receiving', ...question, port: 1, rtcpPort: 2 }
          : question.do === 'list-streams'
            ? { event: 'streams', ...question, streams: [{ mid: '0', mindex: 0, type: 'audio' }] }
            : { event: 'done', ...question },
      ]
    : []
  const event = dice.pick<readonly [SfuEvent, ...SfuEvent[]]>([
    { event: 'opened', leg, sid },
    { event: 'opened', leg, sid },
    { event: 'interrupted', leg },
    { event: 'closed', leg, why: 'ended', detail: '' },
    { event: 'offer', leg, request: undefined, sid, update: false, sdp: 'v=0' },
    { event: 'candidate', leg, sid, candidate: { candidate: '' } },
    ...answers,
    ...answers,
  ])
  if (event.event === 'closed') legs.delete(leg)
  server.sfu(event)
}

/** What another proxy says, or that its connection comes and goes. */
function other({ server: { world, proxy }, links, toOthers }: Books, dice: Dice): void {
  const link = [...links][dice.below(links.size)] ?? 4_711
  const question = toOthers.filter((one) => one.link === link)[0]
  const says = (message: JsonObject): void =>
    world.input((now) => proxy.remoteReceived(link, JSON.stringify(message), now))
  dice.pick([
    () => world.input((now) => proxy.remoteOpened(link, now)),
    () => {
      links.delete(link)
      world.input((now) => proxy.remoteClosed(link, 'gone', now))
    },
    () => says({ id: question?.id ?? 'x', type: 'error', error: { code: 'no_such_session' } }),
    () => says({ id: question?.id ?? 'x', type: 'hello', hello: { version: '1.0', sessionid: 'there' } }),
    () => says({ id: question?.id ?? 'x', type: 'hello', hello: { version: '1.0', sessionid: 'there' } }),
    () =>
      says({
        id: question?.id ?? 'x',
        type: 'command',
        command: { streams: [{ mid: '0', mindex: 0, type: 'audio' }] },
      }),
    () =>
      says({
        id: question?.id ?? 'x',
        type: 'command',
        command: { streams: [{ mid: '0', mindex: 0, type: 'audio' }] },
      }),
    () => says({ type: 'event', event: { type: 'publisher-closed', clientId: 'there' } }),
    () => says({ type: 'bye', bye: { reason: 'session_closed' } }),
    () => says({ type: 'nonsense' }),
  ] as const)()
}

/** Looks at everything that came out of it. */
function keep(books: Books): void {
  const { server, connections } = books
  for (const order of server.ordered()) keepOrder(books, order)
  for (const order of server.remote()) {
    if (order.do === 'dial') books.links.add(order.link)
    else if (order.do === 'hang-up') expect(books.links.delete(order.link)).toBe(true)
    else {
      const message = parseJson(order.text)
      books.toOthers.push({ link: order.link, id: textAt(message, 'id') ?? '', type: textAt(message, 'type') ?? '' })
    }
  }
  for (const id of connections) {
    for (const message of server.hear(id)) {
      const session = textAt(message, 'hello', 'sessionid')
      if (session) books.sessions.push(session)
      const client = textAt(message, 'command', 'id')
      if (client) books.clients.push(client)
    }
  }
}

function keepOrder({ legs, asked }: Books, order: SfuCommand): void {
  switch (order.do) {
    case 'publish':
    case 'subscribe':
    case 'receive':
      expect(legs.has(order.leg)).toBe(false)
      legs.add(order.leg)
      if (order.do === 'receive') asked.push({ leg: order.leg, request: order.request, do: order.do })
      break
    case 'close':
      legs.delete(order.leg)
      break
    default:
      asked.push({ leg: order.leg, request: order.request, do: order.do })
  }
}
