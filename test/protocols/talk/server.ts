/** A Talk front end in a world of arrays, with clients to speak for: "a server with a room of five" is one line. */
import type { Accepts, BackendConfig } from '../../../src/config/config.ts'
import type { Address } from '../../../src/core/address.ts'
import { type ConnectionId, connectionId, resumeId, sessionId } from '../../../src/core/ids.ts'
import type { Frame } from '../../../src/core/mailbox.ts'
import { createThrottle } from '../../../src/core/throttle.ts'
import { type Backend, type Backends, createBackends } from '../../../src/protocols/talk/backend/backends.ts'
import { readRoomRequest } from '../../../src/protocols/talk/backend/room-request.ts'
import { type TalkFrontEnd, talkOver } from '../../../src/protocols/talk/connection.ts'
import { told } from '../../../src/protocols/talk/deliver.ts'
import { ServerMessage } from '../../../src/protocols/talk/messages/index.ts'
import { createSessionIds, type SessionIds } from '../../../src/protocols/talk/sealed-id.ts'
import type { ClientSession, VirtualSession } from '../../../src/protocols/talk/session.ts'
import { createState, type State, type TalkSettings } from '../../../src/protocols/talk/state.ts'
import type { Talk, TalkAnswer, TalkAsk, TalkEvent } from '../../../src/protocols/talk/vocabulary.ts'
import { createDice } from '../../support/clock.ts'
import { at, isObject, type Json, type JsonObject, parseJson, textAt } from '../../support/json.ts'
import { checksum } from '../../support/talk-checksum.ts'
import { type Close, createWorld, type Reply, type World } from '../../support/world.ts'
import { bodyOf, usualTalkAnswer } from './nextcloud.ts'

export const clouds = { one: 'https://one.example/', two: 'https://two.example/', small: 'https://small.example/' }
export const internalSecret = 'the internal secret of the tests'

const backendConfig = (id: keyof typeof clouds, more: Partial<BackendConfig> = {}): BackendConfig => ({
  id,
  accepts: { kind: 'urls', urls: [clouds[id]] } satisfies Accepts,
  secret: `secret of ${id}`,
  sessionLimit: 0,
  maxStreamBitrate: 0,
  maxScreenBitrate: 0,
  ...more,
})

/** Three Nextclouds; `small` may have one session and limits the bandwidth. */
export const testBackends = (): Backends =>
  createBackends([
    backendConfig('one'),
    backendConfig('two'),
    backendConfig('small', { sessionLimit: 1, maxStreamBitrate: 1_000_000, maxScreenBitrate: 2_000_000 }),
  ])

export function testSettings(more: Partial<TalkSettings> = {}): TalkSettings {
  return {
    version: '1.2.3',
    backends: testBackends(),
    internalSecret,
    queue: { bytes: 100_000, messages: 100 },
    valuesPerRoom: 1_000,
    federation: () => ({ timeout: 10_000, maxLinks: 1_000, maxLinksPerUser: 20 }),
    ...more,
  }
}

export const testIds = (seed = 1): SessionIds =>
  createSessionIds({ hashKey: 'a hash key', blockKey: undefined }, createDice(seed).bytes)

/** Every message that a server says fits its schema, in development as in tests. */
export function checkServerMessage(frame: Frame): void {
  const checked = ServerMessage.safeParse(parseJson(frame.text))
  if (!checked.success) throw new Error(`no message of the protocol: ${frame.text}\n${checked.error.message}`)
}

export interface TalkServer {
  readonly talk: TalkFrontEnd
  readonly state: State
  readonly world: World<Talk>
  /** While true, questions wait until the test answers them. */
  isSlow: boolean
  backend(id: keyof typeof clouds): Backend
  /** A new connection, its welcome taken. */
  visitor(address?: string): Client
  user(name: string, features?: readonly string[], cloud?: keyof typeof clouds): Client
  guest(features?: readonly string[]): Client
  internal(features?: readonly string[], cloud?: keyof typeof clouds): Client
  /** So many users in a room, who have heard of each other. */
  room(count: number, id?: string): Clients
  /** A request of Nextcloud's; its reply, unless it is still being dealt with. */
  request(body: Json, room?: string, cloud?: keyof typeof clouds): Reply | undefined
  /** The number of the last request. */
  lastRequest(): number
  /** The bodies of what a Nextcloud was asked since the last time: `[type, body]`. */
  asked(): readonly (readonly [string, Json])[]
  /** Answers the oldest open question. */
  answer(answer?: TalkAnswer): TalkAsk
}

/** As many clients as anybody names in a test. */
export type Clients = readonly [Client, Client, Client, Client, ...Client[]]

export interface Client {
  readonly connection: ConnectionId
  readonly id: string
  readonly resumeId: string
  say(message: JsonObject | string): void
  /** Takes the messages that have come. */
  hears(): readonly Json[]
  /** Says it and takes what comes. */
  asks(message: JsonObject | string): readonly Json[]
  hello(hello: JsonObject): readonly Json[]
  /** Joins with a session id of Nextcloud's: `rsid of <id>` unless given. */
  joins(room: string, roomSession?: string): readonly Json[]
  leaves(): readonly Json[]
  /** Whatever the client sends to a session, a user, the room or the call. */
  sends(recipient: JsonObject, data: Json, as?: 'message' | 'control'): void
  loses(): void
  /** Comes back on a new connection; what it hears after the welcome. */
  returns(version?: string): readonly Json[]
  closed(): Close | undefined
  readonly roomSession: string
}

export interface ServerOptions extends Partial<TalkSettings> {
  readonly seed?: number
  readonly answering?: (ask: TalkAsk) => TalkAnswer | undefined
  /** Sees what is told at the moment at which it is told, before those who are here hear of it. */
  readonly overhear?: (state: State, to: Address, event: TalkEvent) => void
}

export function talkServer({ seed, answering, overhear, ...settings }: ServerOptions = {}): TalkServer {
  const all = testSettings(settings)
  const state = createState(all, testIds(seed), createThrottle(), (where, to, event) => {
    overhear?.(where, to, event)
    told(where, to, event)
  })
  const talk = talkOver(state)
  const world = createWorld<Talk>(talk, {
    answering: (ask) => (server.isSlow ? undefined : (answering?.(ask) ?? usualTalkAnswer(ask))),
    check: checkServerMessage,
  })
  let requests = 0
  let askedBefore = 0

  const backend = (id: string): Backend => {
    const found = all.backends.byId(id)
    if (!found) throw new Error(`no backend ${id}`)
    return found
  }
  const visitor = (address = '192.0.2.1'): Client => {
    const client = createClient(server, address)
    client.hears()
    return client
  }
  const session = (hello: JsonObject): Client => {
    const client = visitor()
    client.hello({ version: '1.0', ...hello })
    return client
  }
  const user = (name: string, features: readonly string[] = [], cloud: keyof typeof clouds = 'one'): Client =>
    session({ features, auth: { url: clouds[cloud], params: { userid: name } } })

  const server: TalkServer = {
    talk,
    state,
    world,
    isSlow: false,
    backend,
    visitor,
    user,
    guest: (features = []) => session({ features, auth: { url: clouds.one, params: {} } }),
    internal: (features = [], cloud = 'one') => session({ features, auth: internalAuth(cloud) }),
    room(count, id = 'den') {
      const clients = Array.from({ length: Math.max(4, count) }, (_, index) => user(`user ${index + 1}`))
      for (const client of clients.slice(0, count)) client.joins(id)
      world.pass(50)
      for (const client of clients) client.hears()
      server.asked()
      const [a, b, c, d, ...others] = clients
      if (!a || !b || !c || !d) throw new Error('four at least')
      return [a, b, c, d, ...others]
    },
    request(body, roomId = 'den', cloud = 'one') {
      const read = readRoomRequest(JSON.stringify(body))
      if (!read.ok) throw new Error(`no request: ${JSON.stringify(read.error)}`)
      const number = ++requests
      const incoming = { number, backend: backend(cloud), backendUrl: clouds[cloud], roomId, request: read.value }
      world.input((received) => talk.requested({ ...incoming, received }))
      return world.replies.get(number)
    },
    lastRequest: () => requests,
    asked() {
      const news = world.asked.slice(askedBefore)
      askedBefore = world.asked.length
      return news.flatMap(({ ask }): (readonly [string, Json])[] => {
        if (ask.ask !== 'backend') return []
        return [[ask.request.type, at(bodyOf(ask.request), ask.request.type) ?? null]]
      })
    },
    answer(answer) {
      const [first] = world.unanswered()
      if (!first) throw new Error('nothing was asked')
      world.answer(first.number, answer ?? usualTalkAnswer(first.ask))
      return first.ask
    },
  }
  return server
}

/** What an internal client says of itself in its hello. */
export function internalAuth(cloud: keyof typeof clouds = 'one', random = 'r'.repeat(32)): JsonObject {
  return {
    type: 'internal',
    params: { random, token: checksum(internalSecret, random, ''), backend: clouds[cloud] },
  }
}

function createClient({ world }: TalkServer, address: string): Client {
  let connection = world.open({ address })
  let [id, resumeId] = ['', '']

  const say = (message: JsonObject | string): void =>
    world.text(connection, typeof message === 'string' ? message : JSON.stringify(message))
  const hears = (): readonly Json[] => world.hear(connection).map(parseJson)
  const asks = (message: JsonObject | string): readonly Json[] => {
    say(message)
    return hears()
  }
  const hello = (body: JsonObject): readonly Json[] => {
    const heard = asks({ id: 'hello', type: 'hello', hello: body })
    for (const message of heard) {
      id = textAt(message, 'hello', 'sessionid') ?? id
      resumeId = textAt(message, 'hello', 'resumeid') ?? resumeId
    }
    return heard
  }

  return {
    get connection() {
      return connection
    },
    get id() {
      return id
    },
    get resumeId() {
      return resumeId
    },
    get roomSession() {
      return `rsid of ${id}`
    },
    say,
    hears,
    asks,
    hello,
    joins: (room, roomSession = `rsid of ${id}`) =>
      asks({ id: 'join', type: 'room', room: { roomid: room, sessionid: roomSession } }),
    leaves: () => asks({ id: 'leave', type: 'room', room: { roomid: '' } }),
    sends: (recipient, data, as = 'message') => say({ type: as, [as]: { recipient, data } }),
    loses: () => world.lose(connection),
    returns(version = '1.0') {
      connection = world.open({ address })
      world.hear(connection)
      return hello({ version, resumeid: resumeId })
    },
    closed: () => world.closeOf(connection),
  }
}

/** The code of a refusal, or undefined if the message is none. */
export const codeOf = (message: Json | undefined): string | undefined => textAt(message, 'error', 'code')

/** In short what was heard: `welcome`, `error not_in_room`, `event room join`, … */
export function inShort(messages: readonly Json[]): readonly string[] {
  return messages.map((message) => {
    const type = textAt(message, 'type') ?? ''
    if (type === 'error') return `error ${codeOf(message)}`
    if (type === 'event') return `event ${textAt(message, 'event', 'target')} ${textAt(message, 'event', 'type')}`
    if (type === 'transient') return `transient ${textAt(message, 'transient', 'type')}`
    if (type === 'bye') return `bye ${textAt(message, 'bye', 'reason') ?? ''}`.trim()
    return type
  })
}

/** The ids of those whom join and leave events name, as `+id` and `-id`. */
export function comings(messages: readonly Json[]): readonly string[] {
  return messages.flatMap((message) => {
    const joined = at(message, 'event', 'join')
    const left = at(message, 'event', 'leave')
    return [
      ...(Array.isArray(joined) ? joined.map((entry: Json) => `+${textAt(entry, 'sessionid')}`) : []),
      ...(Array.isArray(left) ? left.map((id: Json) => `-${String(id)}`) : []),
    ]
  })
}

/** The members of a message that are objects of that name. */
export const bodyOfMessage = (message: Json | undefined, name: string): JsonObject => {
  const body = at(message, name)
  return isObject(body) ? body : {}
}

/** What is still held, by name; nothing when everybody has gone and enough time has passed. */
export function leftIn(state: State): Readonly<Record<string, number>> {
  const rooms = [...state.rooms.all()]
  const held = {
    connections: state.connections.size,
    sessions: state.hub.size,
    byResumeId: state.byResumeId.size,
    sessionsPerBackend: state.sessionsPerBackend.size,
    rooms: rooms.length,
    unannounced: state.unannounced.size,
    seats: state.seats.size,
    dialouts: state.dialouts.size,
    federation: state.federation.size,
    deadlines: state.deadlines.size,
    pending: state.pending.size,
    awaiting: state.awaiting.size,
    legs: state.legs.size,
    unansweredBySfu: state.legs.unanswered,
    lostStreams: state.lostStreams.size,
  }
  return Object.fromEntries(Object.entries(held).filter(([, size]) => size > 0))
}

const nextcloud: Backend = {
  id: 'one',
  urls: [clouds.one],
  secret: '',
  sessionLimit: 0,
  maxStreamBitrate: 0,
  maxScreenBitrate: 0,
}

/** A session that is in no state, for what looks at one session only. */
export const sessionNamed = (name: string, more: Partial<ClientSession> = {}): ClientSession => ({
  id: sessionId(name),
  kind: 'client',
  user: undefined,
  backend: nextcloud,
  backendUrl: clouds.one,
  userId: '',
  userData: undefined,
  roomSession: '',
  roomUserId: '',
  arrival: 0,
  inCall: 0,
  resumeId: resumeId(`resume ${name}`),
  features: [],
  permissions: undefined,
  link: { phase: 'open', connection: connectionId(1) },
  virtuals: undefined,
  ...more,
})

export const virtualNamed = (
  name: string,
  owner: ClientSession,
  more: Partial<VirtualSession> = {},
): VirtualSession => ({
  id: sessionId(`virtual ${name}`),
  kind: 'virtual',
  user: undefined,
  backend: nextcloud,
  backendUrl: clouds.one,
  userId: '',
  userData: undefined,
  roomSession: '',
  roomUserId: '',
  arrival: 0,
  inCall: 9,
  owner,
  name,
  actor: undefined,
  flags: 0,
  ...more,
})
