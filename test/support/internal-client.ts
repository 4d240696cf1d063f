/** An internal client of our own: what a SIP bridge, the recording and the transcription of Talk say, in their order. */
import type { Json, JsonObject } from './json.ts'
import { at, isObject, textAt } from './json.ts'
import { testKeys } from './server-conf.ts'
import { checksum, randomText } from './talk-checksum.ts'
import type { TalkClient } from './talk-client.ts'
import { openTalkClient } from './talk-client.ts'

export interface InternalHello {
  /** As the client names its Nextcloud: the base URL, or the whole path of Talk's API. */
  readonly backend: string
  readonly version?: '1.0' | '2.0'
  readonly features?: readonly string[]
  readonly secret?: string
}

export interface InternalClient extends AsyncDisposable {
  readonly wire: TalkClient
  /** The session id that others see; changes with `begin`. */
  readonly id: string
  /** What the server says that it can do. */
  readonly serverFeatures: readonly Json[]
  /** An `internal` message, as all of these clients send it. */
  say(type: string, body: JsonObject, id?: string): void
  /** A message that is answered with its id; the answer, whatever it is. */
  ask(message: JsonObject): Promise<JsonObject>
  /** `sessionid` left out: as the recording does. */
  join(room: string, sessionid?: string): Promise<JsonObject>
  /** The next event of that target and type. */
  event(target: string, type: string): Promise<JsonObject>
  /** Loses the connection and comes back on another one with a resuming hello; the answer. */
  returns(version?: '1.0' | '2.0'): Promise<JsonObject>
  /** Says bye and waits for the answer and the end of the connection. */
  leave(): Promise<void>
}

let serial = 0

/** Says hello and fails unless that is answered with a session. */
export async function openInternalClient(url: string, hello: InternalHello): Promise<InternalClient> {
  const client = createInternalClient(url, await openTalkClient(url))
  try {
    const answer = await client.ask(internalHello(hello))
    if (answer['type'] !== 'hello') throw new Error(`no hello: ${JSON.stringify(answer)}`)
    return client
  } catch (failure) {
    await client[Symbol.asyncDispose]()
    throw failure
  }
}

/** The hello with the proof of the shared secret. */
export function internalHello({ backend, version = '1.0', features, secret }: InternalHello): JsonObject {
  const random = randomText(64)
  const token = checksum(secret ?? testKeys.internalSecret, random, '')
  return {
    type: 'hello',
    hello: {
      version,
      ...(features ? { features } : {}),
      auth: { type: 'internal', params: { random, token, backend } },
    },
  }
}

function createInternalClient(url: string, first: TalkClient): InternalClient {
  let wire = first
  let id = ''
  let resumeId = ''
  let serverFeatures: readonly Json[] = []

  function remember(answer: JsonObject): void {
    const hello = at(answer, 'hello')
    if (!isObject(hello)) return
    id = textAt(hello, 'sessionid') ?? ''
    resumeId = textAt(hello, 'resumeid') ?? ''
    const features = at(hello, 'server', 'features')
    serverFeatures = Array.isArray(features) ? features : []
  }

  async function ask(message: JsonObject): Promise<JsonObject> {
    const request = `internal-${++serial}`
    wire.send({ id: request, ...message })
    const answer = await wire.until((heard) => textAt(heard, 'id') === request)
    remember(answer)
    return answer
  }

  return {
    get wire() {
      return wire
    },
    get id() {
      return id
    },
    get serverFeatures() {
      return serverFeatures
    },
    ask,
    say: (type, body, request) =>
      wire.send({
        ...(request === undefined ? {} : { id: request }),
        type: 'internal',
        internal: { type, [type]: body },
      }),
    join: (room, sessionid) =>
      ask({ type: 'room', room: { roomid: room, ...(sessionid === undefined ? {} : { sessionid }) } }),
    event: (target, type) => wire.until((message) => isEvent(message, target, type)),
    async returns(version = '2.0') {
      await wire[Symbol.asyncDispose]()
      wire = await openTalkClient(url)
      return ask({ type: 'hello', hello: { version, resumeid: resumeId } })
    },
    async leave() {
      const answer = await ask({ type: 'bye', bye: {} })
      if (answer['type'] !== 'bye') throw new Error(`no bye: ${JSON.stringify(answer)}`)
      await wire.closed()
    },
    [Symbol.asyncDispose]: () => wire[Symbol.asyncDispose](),
  }
}

export const isEvent = (message: Json, target: string, type: string): boolean =>
  textAt(message, 'event', 'target') === target && textAt(message, 'event', 'type') === type

/** What a SIP bridge hears of a call that Talk wants made. */
export interface Dialout {
  readonly request: string
  readonly room: string
  readonly backend: string
  readonly number: string
  readonly options: Json | undefined
}

/** The next request for a phone call. */
export async function nextDialout({ wire }: InternalClient): Promise<Dialout> {
  const message = await wire.until((heard) => textAt(heard, 'internal', 'type') === 'dialout')
  const dialout = at(message, 'internal', 'dialout')
  return {
    request: textAt(message, 'id') ?? '',
    room: textAt(dialout, 'roomid') ?? '',
    backend: textAt(dialout, 'backend') ?? '',
    number: textAt(dialout, 'request', 'number') ?? '',
    options: at(dialout, 'request', 'options'),
  }
}

/** What a SIP bridge says of a phone call: as the answer to a dialout with its request, later without. */
export function reportCall(bridge: InternalClient, room: string, status: JsonObject, request?: string): void {
  bridge.say('dialout', { roomid: room, type: 'status', status }, request)
}

export function refuseCall(bridge: InternalClient, { room, request }: Dialout, code: string): void {
  bridge.say('dialout', { roomid: room, type: 'error', error: { code, message: `${code}!` } }, request)
}

/** In the call without audio or video: nobody is to ask it for a stream. */
const onlyInCall = 1

/** As Talk's recording: says that it is silent before it joins, and joins without a session of Nextcloud's. */
export async function startRecording(url: string, backend: string, room: string): Promise<InternalClient> {
  const client = await openInternalClient(url, { backend, features: ['encryption'] })
  client.say('incall', { incall: onlyInCall })
  await client.join(room)
  return client
}

/** As Talk's live transcription: hello 2.0 with the whole path of the API, and its own session id for the room. */
export async function startTranscription(url: string, base: string, room: string): Promise<InternalClient> {
  const backend = `${base}ocs/v2.php/apps/spreed/api/v3/signaling/backend`
  const client = await openInternalClient(url, { backend, version: '2.0' })
  client.say('incall', { incall: onlyInCall }, 'incall')
  await client.join(room, client.id)
  return client
}
