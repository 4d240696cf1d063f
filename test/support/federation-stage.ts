/** Two signaling servers, each with a Nextcloud of its own, and a way between them that a test may cut. */
import { type CutableWay, startWay } from '../interop/pages/cutable-way.ts'
import { at, type Json, type JsonObject, textAt } from './json.ts'
import type { RunningServer, ServerSettings } from './running-server.ts'
import { type StubTalk, startStubTalk } from './stub-talk.ts'
import { helloAs, openTalkClient, type TalkClient } from './talk-client.ts'

export type StartServer = (settings: ServerSettings) => Promise<RunningServer>

export interface FederationStage extends AsyncDisposable {
  readonly here: { readonly talk: StubTalk; readonly server: RunningServer }
  readonly there: { readonly talk: StubTalk; readonly server: RunningServer }
  readonly way: CutableWay
  /** A user of the Nextcloud here; says hello, joins nothing. */
  traveller(name: string, features?: readonly string[]): Promise<Traveller>
  /** A user of the Nextcloud there, in its room. */
  host(name: string, room: string): Promise<Host>
  /** The server there ends and another one takes its place: it has forgotten everybody. */
  replaceThere(): Promise<void>
}

export interface Host extends AsyncDisposable {
  readonly wire: TalkClient
  readonly id: string
  readonly roomSession: string
}

export interface HowToJoin {
  /** What the traveller calls the room; `local <room>` unless given. */
  readonly local?: string
  /** A good one unless given. */
  readonly token?: string
  /** Where the other signaling server is; behind the way unless given. */
  readonly signaling?: string
}

export interface Traveller extends AsyncDisposable {
  readonly wire: TalkClient
  readonly id: string
  readonly resumeId: string
  /** Asks for the room; the answer. */
  joins(room: string, how?: HowToJoin): Promise<JsonObject>
  readonly roomSession: string
}

/** Our own settings for tests: everything is on this machine. */
export const onThisMachine = '[federation]\nallowedtargets = 127.0.0.0/8\ntimeout = 5\n'

export async function federationStage(
  here: StartServer,
  there: StartServer,
  more = onThisMachine,
  moreThere = more,
): Promise<FederationStage> {
  const parts = new AsyncDisposableStack()
  try {
    const talkHere = parts.use(await startStubTalk({ clouds: { one: 'secret-of-cloud-one' } }))
    const talkThere = parts.use(await startStubTalk({ clouds: { two: 'secret-of-cloud-two' } }))
    const backendsThere = [{ id: 'two', url: talkThere.url(), secret: talkThere.secret() }]
    const backendsHere = [{ id: 'one', url: talkHere.url(), secret: talkHere.secret() }]
    const serverHere = parts.use(await here({ backends: backendsHere, more }))
    let serverThere = await there({ backends: backendsThere, more: moreThere })
    parts.defer(() => serverThere[Symbol.asyncDispose]())
    const way = startWay(() => Number(serverThere.address.split(':')[1]))
    parts.defer(() => way.stop())

    return {
      here: { talk: talkHere, server: serverHere },
      there: {
        talk: talkThere,
        get server() {
          return serverThere
        },
      },
      way,
      async traveller(name, features = []) {
        const wire = await openTalkClient(serverHere.socketUrl)
        const auth = { url: authUrl(talkHere), params: { userid: name } }
        wire.send({ id: 'hello', type: 'hello', hello: { version: '1.0', auth, features: [...features] } })
        const hello = await wire.until((message) => textAt(message, 'id') === 'hello')
        const userdata = { displayname: name, actorId: `${name}@${host(talkHere.url())}`, actorType: 'federated_users' }
        const roomSession = `seat of ${name}`
        return {
          wire,
          roomSession,
          id: textAt(hello, 'hello', 'sessionid') ?? '',
          resumeId: textAt(hello, 'hello', 'resumeid') ?? '',
          async joins(room, { local = `local ${room}`, token, signaling = `http://127.0.0.1:${way.port}` } = {}) {
            const signed = token ?? (await talkThere.token({ sub: userdata.actorId, userdata }))
            const federation = { signaling, url: talkThere.url(), roomid: room, token: signed }
            const id = `join ${local}`
            wire.send({ id, type: 'room', room: { roomid: local, sessionid: roomSession, federation } })
            return wire.until((message) => textAt(message, 'id') === id, 15_000)
          },
          [Symbol.asyncDispose]: () => wire[Symbol.asyncDispose](),
        }
      },
      async host(name, room) {
        const wire = await openTalkClient(serverThere.socketUrl)
        const hello = await helloAs(wire, authUrl(talkThere), name)
        const roomSession = `seat of ${name}`
        wire.send({ id: 'join', type: 'room', room: { roomid: room, sessionid: roomSession } })
        await wire.until((message) => textAt(message, 'id') === 'join')
        return {
          wire,
          roomSession,
          id: textAt(hello, 'hello', 'sessionid') ?? '',
          [Symbol.asyncDispose]: () => wire[Symbol.asyncDispose](),
        }
      },
      async replaceThere() {
        await serverThere[Symbol.asyncDispose]()
        serverThere = await there({ backends: backendsThere, more: moreThere })
      },
      [Symbol.asyncDispose]: () => parts.disposeAsync(),
    }
  } catch (failure) {
    await parts.disposeAsync()
    throw failure
  }
}

/** What Talk tells its clients to name in their hello. */
const authUrl = (talk: StubTalk): string => `${talk.url()}ocs/v2.php/apps/spreed/api/v3/signaling/backend`

/** As behind the `@` of a federated user. */
export const host = (url: string): string => url.replace(/^https?:\/\//, '').replace(/\/$/, '')

/** Fits an event of that target and type. */
export const isEvent =
  (target: string, type: string) =>
  (message: JsonObject): boolean =>
    textAt(message, 'event', 'target') === target && textAt(message, 'event', 'type') === type

/** The entry of that session in an event of joins. */
export function entryIn(message: JsonObject, fits: (entry: Json) => boolean): Json | undefined {
  const join = at(message, 'event', 'join')
  return Array.isArray(join) ? join.find(fits) : undefined
}
