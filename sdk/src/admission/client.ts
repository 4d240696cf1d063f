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
import { isObject, type JsonObject, textAt } from '../core/json.ts'
import type { Line } from '../core/line.ts'
import { fullJitter } from '../core/reconnect-policy.ts'
import type { RequestOptions } from '../core/requests.ts'
import { type TokenOptions, TokenSource } from '../core/token.ts'
import { type SocketLike, surroundings } from '../core/world.ts'
import { readIceServerList } from '../rtc/ice-servers.ts'
import { Questions } from './questions.ts'
import type { AdmissionRoom } from './room.ts'
import { type Joined, Rooms } from './rooms.ts'
import { openSocketIo, type SocketIoOptions } from './socket.ts'

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

type Events = (body: JsonObject) => void

export class AdmissionClient extends Client<AdmissionClientEvents> {
  readonly #emitter: Emitter<AdmissionClientEvents>
  readonly #options: AdmissionClientOptions
  readonly #token: TokenSource
  readonly #questions: Questions
  readonly #rooms: Rooms
  #socket: (SocketLike & { readonly id?: string }) | undefined
  #appToken = ''
  #id = ''
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
          this.#questions.begin()
          line.send(JSON.stringify(['auth-request', { token: this.#appToken, peerinfo: options.peerinfo }]))
        },
        received: (text, line) => this.#received(text, line),
        lost: (error) => this.#lost(error),
      },
    )
    super(connection, emitter)
    this.#emitter = emitter
    this.#options = options
    this.#token = new TokenSource(options)
    this.#questions = new Questions(
      world,
      (text) => {
        const { line } = this.connection
        line?.send(text)
        return line !== undefined
      },
      (error) => emitter.emit('error', error),
    )
    this.#rooms = new Rooms({
      world,
      id: () => this.#id,
      rtc: () => ({ ...options.rtc, iceServers: options.rtc?.iceServers ?? this.#handedOut }),
      say: (event, body) => this.#questions.say(event, body),
      leave: (room) => this.#leave(room),
    })
    connection.emitter.on('state', ({ to, reason, error }) => {
      if (to !== 'closed' && to !== 'disconnected') return
      for (const [, { state }] of this.#rooms.all()) state.close(reason, error)
      this.#rooms.clear()
    })
  }

  /** Our id with the others: that of the socket. */
  get id(): string {
    return this.#id
  }

  get rooms(): ReadonlyMap<string, AdmissionRoom> {
    return new Map(this.#rooms.all().map(([name, { room }]) => [name, room]))
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
    while (this.#questions.isOpen('create')) await this.#questions.settled('create')
    const asked = { ...(name === undefined ? {} : { room: name }), payload }
    const answer = this.#questions.ask('create', 'room-create-request', asked, this.#limit(options), (body) => {
      this.#rooms.entered(body, [this.#id], options.payload)
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
      if (isOurs && this.state === 'connected' && !this.#questions.isOpen(`join:${name}`))
        this.#questions.say('room-join-cancel', { room: name })
      throw thrown
    }
  }

  async #payload(given: unknown): Promise<unknown> {
    return typeof given === 'function' ? await given(this.#id) : given
  }

  async #ask(name: string, options: AskOptions): Promise<JsonObject> {
    const payload = await this.#payload(options.payload)
    const limit = { ...options, timeout: options.timeout ?? 0 }
    return this.#questions.ask(`join:${name}`, 'room-join-request', { room: name, payload }, limit, (body) =>
      this.#rooms.entered(body, [], options.payload),
    )
  }

  /** Whoever knocked has been sent to somebody else, or away. */
  #lost(error: HeliographError): void {
    this.#questions.refuseAll(new ConnectionError(error.message, { cause: error }))
    for (const [, { state }] of this.#rooms.all()) state.knocksEnded()
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
    if (event.startsWith('ack:')) return this.#questions.acknowledged(said)
    const handle = Object.hasOwn(this.#events, event) ? this.#events[event] : undefined
    if (handle) handle(said)
    else if (!this.#rooms.happened(event, said)) this.#emitter.emit('unknown', { event, body })
  }

  readonly #events: Readonly<Record<string, Events>> = {
    'room-create-accept': (body) => this.#questions.answered('create', body),
    'room-create-reject': (body) => this.#questions.refused('room-create-reject', 'room-create-request', body),
    'room-join-accept': (body) => this.#letIn(body),
    'room-join-reject': (body) => this.#questions.refused('room-join-reject', 'room-join-request', body),
    'room-leave-accept': (body) => this.#questions.answered(`leave:${textAt(body, 'room') ?? ''}`, body),
    unauthorized: (body) => this.#questions.refused('unauthorized', textAt(body, 'event') ?? '', body),
    'payload-reject': (body) => this.#questions.refused('payload-reject', textAt(body, 'event') ?? '', body),
    'relay-reject': (body) => this.#questions.refused('relay-reject', '', body),
  }

  #authenticated(body: JsonObject, line: Line): void {
    this.#questions.authenticated(textAt(body, 'token') ?? '')
    this.#handedOut = readIceServerList(body['iceServers'])
    line.ready()
    const before = this.#rooms.all()
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
    while (this.#questions.isOpen('create')) await this.#questions.settled('create')
    const answer = this.#questions.ask('create', 'room-create-request', { room: name, payload }, this.#limit({}))
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
    const waits = this.#questions.isOpen(`join:${name}`)
    // Whoever was let in after he had given up is in all the same, and leaves.
    if (waits) this.#questions.answered(`join:${name}`, body)
    else this.#questions.say('room-leave-request', { room: name })
  }

  async #leave(room: string): Promise<void> {
    if (this.state !== 'connected') return
    // The original does not know how to be left, and does not answer.
    const limit = { timeout: 2_000 }
    await this.#questions.ask(`leave:${room}`, 'room-leave-request', { room }, limit).catch(() => {})
  }
}
