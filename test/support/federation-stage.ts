/** People of two Nextclouds, each with a signaling server of its own, as they speak with these. */
import { at, type Json, type JsonObject, textAt } from './json.ts'
import type { StubTalk } from './stub-talk.ts'
import { helloAs, openTalkClient, type TalkClient } from './talk-client.ts'
import { host, onThisMachine, type StartServer, type TwoServers, twoServers } from './two-servers.ts'

export interface FederationStage extends TwoServers {
  /** A user of the Nextcloud here; says hello, joins nothing. */
  traveller(name: string, features?: readonly string[]): Promise<Traveller>
  /** A user of the Nextcloud there, in its room. */
  host(name: string, room: string): Promise<Host>
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

export async function federationStage(
  startHere: StartServer,
  startThere: StartServer,
  more = onThisMachine,
  moreThere = more,
): Promise<FederationStage> {
  const servers = await twoServers(startHere, startThere, more, moreThere)
  const { here, there, way, replaceThere } = servers
  return {
    here,
    there,
    way,
    replaceThere,
    async traveller(name, features = []) {
      const wire = await openTalkClient(here.server.socketUrl)
      const auth = { url: authUrl(here.talk), params: { userid: name } }
      wire.send({ id: 'hello', type: 'hello', hello: { version: '1.0', auth, features: [...features] } })
      const hello = await wire.until((message) => textAt(message, 'id') === 'hello')
      const userdata = { displayname: name, actorId: `${name}@${host(here.talk.url())}`, actorType: 'federated_users' }
      const roomSession = `seat of ${name}`
      return {
        wire,
        roomSession,
        id: textAt(hello, 'hello', 'sessionid') ?? '',
        resumeId: textAt(hello, 'hello', 'resumeid') ?? '',
        async joins(room, { local = `local ${room}`, token, signaling = `http://127.0.0.1:${way.port}` } = {}) {
          const signed = token ?? (await there.talk.token({ sub: userdata.actorId, userdata }))
          const federation = { signaling, url: there.talk.url(), roomid: room, token: signed }
          const id = `join ${local}`
          wire.send({ id, type: 'room', room: { roomid: local, sessionid: roomSession, federation } })
          return wire.until((message) => textAt(message, 'id') === id, 15_000)
        },
        [Symbol.asyncDispose]: () => wire[Symbol.asyncDispose](),
      }
    },
    async host(name, room) {
      const wire = await openTalkClient(there.server.socketUrl)
      const hello = await helloAs(wire, authUrl(there.talk), name)
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
    [Symbol.asyncDispose]: () => servers[Symbol.asyncDispose](),
  }
}

/** What Talk tells its clients to name in their hello. */
const authUrl = (talk: StubTalk): string => `${talk.url()}ocs/v2.php/apps/spreed/api/v3/signaling/backend`

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
