/** A client of the admission protocol over Socket.IO: open rooms, ask to be let into others'. */
import { Client, type ClientEvents, type ClientOptions } from '../core/client.ts'
import { Connection } from '../core/connection.ts'
import { Emitter } from '../core/emitter.ts'
import {
  asHeliographError,
  ConnectionError,
  EndedError,
  type HeliographError,
  RefusedError,
  UnauthorizedError,
} from '../core/errors.ts'
import { isObject, type JsonObject, numberAt, objectAt, textAt, textsAt } from '../core/json.ts'
import type { Line } from '../core/line.ts'
import { fullJitter } from '../core/reconnect-policy.ts'
import { type RequestOptions, Requests } from '../core/requests.ts'
import { RoomState } from '../core/room-state.ts'
import { type TokenOptions, TokenSource } from '../core/token.ts'
import { type SocketLike, surroundings, type World } from '../core/world.ts'
import { readIceServerList } from '../rtc/ice-servers.ts'
import { type AdmissionInfo, AdmissionRoom } from './room.ts'
import { openSocketIo, type SocketIoOptions } from './socket.ts'
import { readRelayed, writeMessage, writeSignal } from './words.ts'

/** `token` and `getToken` give the application's token, which `POST /app` hands out. */
export interface AdmissionClientOptions extends ClientOptions, TokenOptions {
  /** The server; a path other than / is that of Socket.IO. */
  readonly url: string
  /** What the others are told of us. */
  readonly peerinfo?: unknown
  /** For socket.io-client, for example { transports: ['websocket'] }. */
  readonly socketio?: SocketIoOptions | undefined
}

export interface AskOptions extends RequestOptions {
  /** For the owners to decide by. A function is called anew whenever we ask, with the id that we have then. */
  readonly payload?: unknown
}

export interface AdmissionClientEvents extends ClientEvents {
  /** Said by the server, and nobody here knows what it means. */
  unknown: { readonly event: string; readonly body: unknown }
}

interface Joined {
  readonly state: RoomState<AdmissionInfo>
  readonly room: AdmissionRoom
  /** To ask with again. */
  readonly payload: unknown
}

/** What an ack is told by. */
interface Question {
  readonly key: string
  readonly number: number | undefined
}

type Events = (body: JsonObject) => void

export class AdmissionClient extends Client<AdmissionClientEvents> {
  readonly #world: World
  readonly #emitter: Emitter<AdmissionClientEvents>
  readonly #options: AdmissionClientOptions
  readonly #token: TokenSource
  readonly #requests: Requests<JsonObject>
  readonly #rooms = new Map<string, Joined>()
  #socket: (SocketLike & { readonly id?: string }) | undefined
  #appToken = ''
  #sessionToken = ''
  #id = ''
  /** The original never does; who does says with it which question is refused. */
  #acknowledges = false
  #handedOut: readonly RTCIceServer[] = []

  constructor(options: AdmissionClientOptions) {
    const open = (url: string): SocketLike => {
      this.#socket = options.world?.openSocket?.(url, []) ?? openSocketIo(url, this.#appToken, options.socketio)
      return this.#socket
    }
    const world = { ...surroundings(options.world), openSocket: open }
    const emitter = new Emitter<AdmissionClientEvents>(world)
    const connection = new Connection(
      {
        ...options,
        world,
        reconnect: options.reconnect ?? fullJitter(),
        // Engine.IO has signs of life of its own.
        keepAlive: options.keepAlive ?? 0,
        address: async (attempt) => {
          this.#appToken = (await this.#token.next(attempt)) ?? ''
          return { url: options.url }
        },
      },
      {
        opened: (line) => {
          this.#id = this.#socket?.id ?? ''
          this.#acknowledges = false
          line.send(JSON.stringify(['auth-request', { token: this.#appToken, peerinfo: options.peerinfo }]))
        },
        received: (text, line) => this.#received(text, line),
        lost: (error) => this.#lost(error),
      },
    )
    super(connection, emitter)
    this.#world = world
    this.#emitter = emitter
    this.#options = options
    this.#token = new TokenSource(options)
    this.#requests = new Requests(world)
    connection.emitter.on('state', ({ to, reason, error }) => {
      if (to !== 'closed' && to !== 'disconnected') return
      for (const { state } of this.#rooms.values()) state.close(reason, error)
      this.#rooms.clear()
    })
  }

  /** Our id with the others: that of the socket. */
  get id(): string {
    return this.#id
  }

  get rooms(): ReadonlyMap<string, AdmissionRoom> {
    return new Map([...this.#rooms].map(([name, { room }]) => [name, room]))
  }

  /** For the next connection: another application token. */
  setToken(token: string): void {
    this.#token.set(token)
  }

  /** Opens a room that is ours; without a name the server makes one up. */
  async createRoom(name?: string, options: AskOptions = {}): Promise<AdmissionRoom> {
    await this.ready(options)
    const payload = await this.#payload(options.payload)
    // A refusal does not say which room it means: one question at a time.
    while (this.#requests.has('create')) await this.#requests.settled('create')
    const asked = { ...(name === undefined ? {} : { room: name }), payload }
    const answer = this.#question('create', 'room-create-request', asked, this.#limit(options), (body) => {
      this.#entered(body, [this.#id], options.payload)
    })
    return this.#joined(await answer)
  }

  /** Asks the owners; resolves when one of them says yes. Without a `timeout` it waits for as long as they take. */
  async join(name: string, options: AskOptions = {}): Promise<AdmissionRoom> {
    await this.ready({ ...options, timeout: options.timeout || undefined })
    const present = this.#rooms.get(name)
    if (present) return present.room
    try {
      return this.#joined(await this.#ask(name, options))
    } catch (thrown) {
      // Nobody needs to decide any more, unless it has been asked again.
      const isOurs =
        thrown instanceof EndedError || (thrown instanceof Error && 'code' in thrown && thrown.code === 'timeout')
      if (isOurs && this.state === 'connected' && !this.#requests.has(`join:${name}`))
        this.#say('room-join-cancel', { room: name })
      throw thrown
    }
  }

  async #payload(given: unknown): Promise<unknown> {
    return typeof given === 'function' ? await given(this.#id) : given
  }

  async #ask(name: string, options: AskOptions): Promise<JsonObject> {
    const payload = await this.#payload(options.payload)
    const limit = { ...options, timeout: options.timeout ?? 0 }
    return this.#question(`join:${name}`, 'room-join-request', { room: name, payload }, limit, (body) =>
      this.#entered(body, [], options.payload),
    )
  }

  /** `key` is what an answer is told by; an ack says more. */
  #question(
    key: string,
    event: string,
    body: JsonObject,
    options: RequestOptions,
    answered?: (answer: JsonObject) => void,
  ): Promise<JsonObject> {
    const answer = this.#requests.ask(key, event, options, answered)
    this.#say(event, body, { key, number: this.#requests.numberOf(key) })
    return answer
  }

  /** Whoever knocked has been sent to somebody else, or away. */
  #lost(error: HeliographError): void {
    this.#requests.refuseAll(new ConnectionError(error.message, { cause: error }))
    for (const { state } of this.#rooms.values()) state.knocksEnded()
  }

  #limit(options: RequestOptions): RequestOptions {
    return { ...options, timeout: options.timeout ?? this.#options.requestTimeout ?? 15_000 }
  }

  #joined(answer: JsonObject): AdmissionRoom {
    const joined = this.#rooms.get(textAt(answer, 'room') ?? '')
    if (!joined) throw new EndedError('the room was left')
    return joined.room
  }

  #received(text: string, line: Line): void {
    const [event, body]: [string, unknown] = JSON.parse(text)
    const said = isObject(body) ? body : {}
    if (event === 'auth-accept') return this.#authenticated(said, line)
    if (event === 'auth-reject') {
      this.#token.refused()
      return line.fail(new UnauthorizedError(textAt(said, 'message') ?? 'the token was refused'))
    }
    if (event.startsWith('ack:')) return this.#acknowledged(said)
    const handle = Object.hasOwn(this.#events, event) ? this.#events[event] : undefined
    if (handle) handle(said)
    else this.#emitter.emit('unknown', { event, body })
  }

  readonly #events: Readonly<Record<string, Events>> = {
    'room-create-accept': (body) => void this.#requests.answer('create', body),
    'room-create-reject': (body) => this.#refused('room-create-reject', 'room-create-request', body),
    'room-join-accept': (body) => this.#letIn(body),
    'room-join-reject': (body) => this.#refused('room-join-reject', 'room-join-request', body),
    'room-join-request': (body) => this.#knocked(body),
    'room-join-cancel': (body) => this.#in(body)?.state.knockEnded(textAt(body, 'peer_id') ?? ''),
    'room-user-join': (body) => {
      const { room, state } = this.#in(body) ?? {}
      const id = textAt(body, 'peer_id')
      if (!room || id === undefined) return
      state?.knockEnded(id)
      state?.put(id, undefined, { peerinfo: body['peerinfo'], isOwner: room.owners.has(id) })
    },
    'room-user-leave': (body) => this.#in(body)?.state.remove(textAt(body, 'peer_id') ?? ''),
    'room-leave-accept': (body) => void this.#requests.answer(`leave:${textAt(body, 'room') ?? ''}`, body),
    'room-owner-change': (body) => this.#in(body)?.room.ownedBy(textsAt(body, 'owners')),
    'session-description': (body) => this.#relayed('session-description', body),
    'ice-candidate': (body) => this.#relayed('ice-candidate', body),
    unauthorized: (body) => this.#refused('unauthorized', textAt(body, 'event') ?? '', body),
    'payload-reject': (body) => this.#refused('payload-reject', textAt(body, 'event') ?? '', body),
    'relay-reject': (body) => this.#refused('relay-reject', '', body),
  }

  #authenticated(body: JsonObject, line: Line): void {
    this.#sessionToken = textAt(body, 'token') ?? ''
    this.#handedOut = readIceServerList(body['iceServers'])
    line.ready()
    const before = [...this.#rooms]
    this.#rooms.clear()
    for (const [name, joined] of before) void this.#enterAgain(name, joined)
  }

  /** A new socket is in no room: what was ours is opened again, for the others we ask. */
  async #enterAgain(name: string, former: Joined): Promise<void> {
    const { state, room, payload } = former
    const formerId = state.selfId
    const wasOwner = room.isOwner
    state.selfId = this.#id
    state.doubt()
    this.#rooms.set(name, former)
    try {
      if (wasOwner && (await this.#openAgain(name, payload))) room.ownedBy([this.#id])
      else await this.#ask(name, { payload })
    } catch (thrown) {
      // A connection that is lost again leads here again; then the room is still wanted.
      if (thrown instanceof ConnectionError || !state.isOpen) return
      this.#rooms.delete(name)
      return state.close('not let in again', asHeliographError(thrown, name))
    }
    state.settle()
    state.rejoined(formerId)
    this.#emitter.emit('rejoined', { id: this.#id, formerId })
  }

  /** False if the room has gone on without us. */
  async #openAgain(name: string, given: unknown): Promise<boolean> {
    const payload = await this.#payload(given)
    while (this.#requests.has('create')) await this.#requests.settled('create')
    const answer = this.#question('create', 'room-create-request', { room: name, payload }, this.#limit({}))
    return answer.then(
      () => true,
      (thrown: unknown) => {
        if (thrown instanceof RefusedError) return false
        throw thrown
      },
    )
  }

  #letIn(body: JsonObject): void {
    const name = textAt(body, 'room') ?? ''
    const waits = this.#requests.has(`join:${name}`)
    // Whoever was let in after he had given up is in all the same, and leaves.
    if (waits) this.#requests.answer(`join:${name}`, body)
    else this.#say('room-leave-request', { room: name })
  }

  /** In answer to a question, before anything that follows. */
  #entered(body: JsonObject, owners: readonly string[], payload: unknown): void {
    const name = textAt(body, 'room') ?? ''
    const joined = this.#rooms.get(name) ?? this.#newRoom(name, owners, payload)
    this.#rooms.set(name, joined)
    const infos = objectAt(body, 'peersinfo')
    for (const id of textsAt(body, 'peers')) {
      joined.state.put(id, undefined, {
        peerinfo: objectAt(infos, id)['peerinfo'],
        isOwner: joined.room.owners.has(id),
      })
    }
  }

  #newRoom(name: string, owners: readonly string[], payload: unknown): Joined {
    const relay = (peer: string, [event, body]: ReturnType<typeof writeMessage>): boolean =>
      this.#say(event, { room: name, to: peer, ...body })
    const state: RoomState<AdmissionInfo> = new RoomState<AdmissionInfo>(name, this.#id, {
      world: this.#world,
      rtc: () => ({ ...this.#options.rtc, iceServers: this.#options.rtc?.iceServers ?? this.#handedOut }),
      send: (peer, data) => relay(peer, writeMessage(data)),
      sendAll: (data) => [...state.members.keys()].every((peer) => relay(peer, writeMessage(data))),
      signal: (peer, signal) => void relay(peer, writeSignal(signal)),
      leave: async () => {
        this.#rooms.delete(name)
        if (this.state !== 'connected') return
        // The original does not know how to be left, and does not answer.
        const limit = { timeout: 2_000 }
        await this.#question(`leave:${name}`, 'room-leave-request', { room: name }, limit).catch(() => {})
      },
    })
    const room = new AdmissionRoom(state, new Set(owners), (peer) =>
      this.#say('room-owner-add', { room: name, peer_id: peer }),
    )
    return { state, room, payload }
  }

  #knocked(body: JsonObject): void {
    const { state } = this.#in(body) ?? {}
    const id = textAt(body, 'peer_id')
    if (!state || id === undefined) return
    const decide = (event: string) => (payload?: unknown) => {
      this.#say(event, { room: state.id, peer_id: id, payload })
      state.knockEnded(id)
    }
    state.knocked({
      id,
      user: undefined,
      payload: body['payload'],
      info: body['peerinfo'],
      accept: decide('room-join-accept'),
      reject: decide('room-join-reject'),
    })
  }

  #relayed(event: string, body: JsonObject): void {
    const { state } = this.#in(body) ?? {}
    const from = textAt(body, 'peer_id')
    const read = readRelayed(event, body)
    if (!state || from === undefined || !read) return
    // The original tells a newcomer's coming and its first words in any order.
    if (!state.members.has(from)) state.put(from, undefined, { peerinfo: undefined, isOwner: false })
    if ('signal' in read) state.signaled(from, read.signal)
    else state.said(from, read.message, 'peer')
  }

  /** The event that refused it, if one did, has come before; what waits by now may be another question. */
  #acknowledged({ question, answer }: JsonObject): void {
    this.#acknowledges = true
    if (!isObject(question) || !isObject(answer) || answer['ok'] !== false) return
    const key = textAt(question, 'key') ?? ''
    const number = numberAt(question, 'number')
    if (number === undefined || number !== this.#requests.numberOf(key)) return
    this.#requests.refuse(key, refusal(textAt(answer, 'event') ?? '', answer))
  }

  /** An event may not say which question it means, or mean one that was given up: an ack tells, where there is one. */
  #refused(by: string, event: string, body: JsonObject): void {
    const room = textAt(body, 'room')
    const keys: Readonly<Record<string, string | undefined>> = {
      'room-create-request': 'create',
      'room-join-request': room === undefined ? this.#requests.oldest('join:') : `join:${room}`,
      'room-leave-request': `leave:${room ?? ''}`,
    }
    const isQuestion = Object.hasOwn(keys, event)
    if (!isQuestion) this.#emitter.emit('error', refusal(by, body))
    else if (!this.#acknowledges) this.#requests.refuse(keys[event] ?? '', refusal(by, body))
  }

  #in(body: JsonObject): Joined | undefined {
    return this.#rooms.get(textAt(body, 'room') ?? '')
  }

  /** The session token belongs to one socket, so that nothing can wait for the next. */
  #say(event: string, body: JsonObject, question?: Question): boolean {
    const { line } = this.connection
    line?.send(JSON.stringify([event, { auth: this.#sessionToken, ...body }, ...(question ? [question] : [])]))
    return line !== undefined
  }
}

/** By the event that refuses. */
const codes: Readonly<Record<string, string>> = {
  'room-create-reject': 'room_refused',
  'room-join-reject': 'not_admitted',
  unauthorized: 'unauthorized',
  'payload-reject': 'payload_refused',
  'relay-reject': 'not_relayed',
}

function refusal(by: string, body: JsonObject): RefusedError {
  const code = (Object.hasOwn(codes, by) ? codes[by] : undefined) ?? 'refused'
  return new RefusedError(code, textAt(body, 'message') ?? code, { details: body['payload'] })
}
