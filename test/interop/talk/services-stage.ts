/** Where the services of Talk are tried: our server and the originals, each with a stub Talk, and people in its rooms. */
import { stageBackends } from '../../support/conversation/socket-stage.ts'
import { type DebianProgram, debian, nextRelease, notRunnable } from '../../support/deb.ts'
import { isEvent } from '../../support/internal-client.ts'
import { at, type Json, type JsonObject, textAt } from '../../support/json.ts'
import { startNewerOriginal, startOriginal } from '../../support/original.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import type { RunningServer, ServerSettings } from '../../support/running-server.ts'
import type { StubTalk } from '../../support/stub-talk.ts'
import { startStubTalk } from '../../support/stub-talk.ts'
import type { TalkClient } from '../../support/talk-client.ts'
import { helloAs, openTalkClient } from '../../support/talk-client.ts'

export interface Side {
  readonly name: string
  readonly is: 'ours' | '2.0.2' | '0.4.1'
  readonly start: (settings: ServerSettings) => Promise<RunningServer>
  readonly needs: readonly DebianProgram[]
}

/** Our server, Debian's original, and the one of its next release. */
export const sides: readonly Side[] = [
  { name: 'our server', is: 'ours', start: startOurs, needs: [debian.openssl] },
  {
    name: 'the original',
    is: '0.4.1',
    start: startOriginal,
    needs: [debian.signalingServer, debian.nats, debian.openssl],
  },
  {
    name: 'the newer original',
    is: '2.0.2',
    start: startNewerOriginal,
    needs: [nextRelease.signalingServer, debian.nats, debian.openssl],
  },
]

export const cannotRun = (suite: string, { is, needs }: Side): boolean =>
  (is === 'ours' && oursMissing(suite)) || notRunnable(suite, ...needs)

/** Somebody in a room, as Talk's web client is. */
export interface Person extends AsyncDisposable {
  readonly wire: TalkClient
  readonly id: string
  readonly roomSession: string
  /** The next event of that target and type. */
  event(target: string, type: string): Promise<JsonObject>
  /** The entry of the next participants list that has this session on it. */
  listed(session: string): Promise<Json | undefined>
  message(recipient: JsonObject, data: Json, as?: 'message' | 'control'): void
}

export interface ServicesStage extends AsyncDisposable {
  readonly talk: StubTalk
  readonly server: RunningServer
  /** A name that nobody has used: a number, because only into such rooms a phone call can be made. */
  newRoom(): string
  person(name: string, room: string): Promise<Person>
  /** A request of Talk's for a room; its status. */
  post(room: string, body: Json): Promise<number>
}

export async function openServicesStage(side: Side): Promise<ServicesStage> {
  const parts = new AsyncDisposableStack()
  const talk = parts.use(await startStubTalk())
  const server = parts.use(await side.start({ backends: stageBackends(talk) }))
  let rooms = 4_000
  return {
    talk,
    server,
    newRoom: () => `${++rooms}`,
    person: (name, room) => enter(server, talk, name, room),
    post: async (room, body) => (await talk.post(server.url, room, body)).status,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

async function enter(server: RunningServer, talk: StubTalk, name: string, room: string): Promise<Person> {
  const wire = await openTalkClient(server.socketUrl)
  const api = `${talk.url()}ocs/v2.php/apps/spreed/api/v3/signaling/backend`
  const id = textAt(await helloAs(wire, api, name), 'hello', 'sessionid') ?? ''
  const roomSession = `nextcloud-${room}-${name}`
  wire.send({ id: 'join', type: 'room', room: { roomid: room, sessionid: roomSession } })
  await wire.until((message) => textAt(message, 'id') === 'join' && message['type'] === 'room')
  await wire.until((message) => joinedIds(message).includes(id))
  return {
    wire,
    id,
    roomSession,
    event: (target, type) => wire.until((message) => isEvent(message, target, type)),
    listed: async (session) => entryFor(await wire.until((message) => !!entryFor(message, session)), session),
    message: (recipient, data, as = 'message') => wire.send({ type: as, [as]: { recipient, data } }),
    [Symbol.asyncDispose]: () => wire[Symbol.asyncDispose](),
  }
}

/** What a join event says of those who came; nothing of another message. */
export const joinEntries = (message: Json): readonly Json[] => {
  const entries = isEvent(message, 'room', 'join') ? at(message, 'event', 'join') : undefined
  return Array.isArray(entries) ? entries : []
}
export const joinedIds = (message: Json): readonly string[] =>
  joinEntries(message).map((entry) => textAt(entry, 'sessionid') ?? '')

export const leftIds = (message: Json): readonly Json[] => {
  const ids = at(message, 'event', 'leave')
  return Array.isArray(ids) ? ids : []
}

/** The entry of a session on a participants list, if the message is one that has it. */
export function entryFor(message: Json, session: string): Json | undefined {
  const users = isEvent(message, 'participants', 'update') ? at(message, 'event', 'update', 'users') : undefined
  return Array.isArray(users) ? users.find((user: Json) => textAt(user, 'sessionId') === session) : undefined
}
