/** A client of the relay protocol, in both revisions: one connection, one room. */
import { Client, type ClientEvents, type ClientOptions } from '../core/client.ts'
import { Connection, type SendOptions } from '../core/connection.ts'
import { Emitter } from '../core/emitter.ts'
import { asHeliographError, ConnectionError, UnauthorizedError, UsageError } from '../core/errors.ts'
import { type JsonObject, objectAt, readObject, textAt } from '../core/json.ts'
import type { Address, Line } from '../core/line.ts'
import { fullJitter } from '../core/reconnect-policy.ts'
import type { RequestOptions } from '../core/requests.ts'
import { Room } from '../core/room.ts'
import { RoomState } from '../core/room-state.ts'
import { type TokenOptions, TokenSource } from '../core/token.ts'
import { surroundings, type World } from '../core/world.ts'
import { readIceServerList } from '../rtc/ice-servers.ts'
import { readSignal, writeSignal } from './words.ts'

/** `token` and `getToken` give the password. */
export interface RelayClientOptions extends ClientOptions, TokenOptions {
  /** Up to the room: wss://host/websocket */
  readonly url: string
  readonly username: string
  /** What the server is set to. In revision 1 the server tells nobody's id: the clients tell each other. Default 2. */
  readonly revision?: 1 | 2 | undefined
}

export interface RelayClientEvents extends ClientEvents {
  /** Whatever other programs say in the room, as it came. */
  text: string
}

/** In a room of revision 1: whoever does not tell who it is, as the original's page. */
const somebody = 'somebody'
/** ms in which everybody in the room has told of himself. */
const rollCall = 2_000

export class RelayClient extends Client<RelayClientEvents> {
  readonly #world: World
  readonly #emitter: Emitter<RelayClientEvents>
  readonly #options: RelayClientOptions
  readonly #revision: 1 | 2
  readonly #password: TokenSource
  #roomName: string | undefined
  #room: { readonly state: RoomState; readonly room: Room } | undefined
  #handedOut: readonly RTCIceServer[] = []
  #phase: 'greeting' | 'greeting again' | 'member' = 'greeting'
  #cancelRollCall: (() => void) | undefined

  constructor(options: RelayClientOptions) {
    const world = surroundings({ ...options.world, WebSocket: options.WebSocket })
    const emitter = new Emitter<RelayClientEvents>(world)
    // The server closes with 1000 whom it has not heard for too long.
    const reconnect = options.reconnect ?? fullJitter({ shouldReconnect: () => true })
    const connection = new Connection(
      { ...options, world, reconnect, address: () => this.#address() },
      {
        opened: (line) => {
          this.#phase = 'greeting'
          return this.#authenticate(line)
        },
        received: (text, line) => this.#received(text, line),
        lost: () => this.#cancelRollCall?.(),
        probe: (line) => {
          line.send('ping')
          return true
        },
      },
    )
    super(connection, emitter)
    this.#world = world
    this.#emitter = emitter
    this.#options = options
    this.#revision = options.revision ?? 2
    this.#password = new TokenSource(options)
    connection.emitter.on('state', ({ to, reason, error }) => {
      if (to !== 'closed' && to !== 'disconnected') return
      this.#room?.state.close(reason, error)
      this.#room = undefined
    })
  }

  get room(): Room | undefined {
    return this.#room?.room
  }

  /** Connects; resolves when the server has let us in. Who is there is told by `joined`. */
  async join(room: string, options: RequestOptions = {}): Promise<Room> {
    if (this.#room && room !== this.#roomName) throw new UsageError('one client is in one room')
    this.#roomName = room
    this.connect()
    await this.ready({ ...options, timeout: options.timeout ?? this.#options.requestTimeout ?? 15_000 })
    if (!this.#room) throw new ConnectionError('the room was left')
    return this.#room.room
  }

  override connect(): void {
    if (this.#roomName === undefined) throw new UsageError('a relay connection begins with join()')
    super.connect()
  }

  /** For the next connection: another password. */
  setToken(token: string): void {
    this.#password.set(token)
  }

  /** As it is, to all others (revision 1), or to the peer that its member `to` names (revision 2). */
  sendText(text: string, options: SendOptions = {}): boolean {
    return this.connection.send(text, options)
  }

  async #address(): Promise<Address> {
    const url = this.#options.url.replace(/\/+$/, '')
    return { url: `${url}/${encodeURIComponent(this.#roomName ?? '')}` }
  }

  async #authenticate(line: Line): Promise<void> {
    const password = (await this.#password.next(0)) ?? ''
    const data = { username: this.#options.username, password }
    line.send(JSON.stringify({ event: 'authenticate', data }))
  }

  #received(text: string, line: Line): void {
    if (text === 'pong') return
    const message = readObject(text)
    const event = textAt(message, 'event')
    if (this.#phase !== 'member') return this.#greeted(event, message, line)
    const known = message && this.#room && this.#heard(event, message, this.#room.state)
    if (!known) this.#emitter.emit('text', text)
  }

  #greeted(event: string | undefined, message: JsonObject | undefined, line: Line): void {
    if (event === 'unauthorized') return this.#unauthorized(line)
    const data = objectAt(message, 'data')
    if (event === 'authenticated') {
      this.#handedOut = readIceServerList(data['iceServers'])
      this.#entered(textAt(data, 'peer_id') ?? this.#newId(), line)
    } else if (this.#revision === 1 && (event === 'created' || event === 'joined')) this.#entered(this.#newId(), line)
  }

  #unauthorized(line: Line): void {
    if (this.#phase === 'greeting' && this.#password.mayChange) {
      this.#phase = 'greeting again'
      this.#password.refused()
      this.#authenticate(line).catch((thrown: unknown) => line.fail(asHeliographError(thrown, 'getToken')))
    } else line.fail(new UnauthorizedError('user name or password is wrong'))
  }

  #entered(id: string, line: Line): void {
    this.#phase = 'member'
    const before = this.#room
    const formerId = before?.state.selfId
    if (before) {
      before.state.selfId = id
      before.state.doubt()
    } else this.#room = this.#newRoom(this.#roomName ?? '', id)
    line.ready()
    this.#callRoll()
    // In revision 2 there is nobody whom we could tell: the others know of us, and tell us of them.
    if (this.#revision === 1) this.#announce()
    if (!before || formerId === undefined) return
    before.state.rejoined(formerId)
    this.#emitter.emit('rejoined', { id, formerId })
  }

  #newRoom(name: string, id: string): { readonly state: RoomState; readonly room: Room } {
    const state: RoomState = new RoomState(name, id, {
      world: this.#world,
      rtc: () => ({ ...this.#options.rtc, iceServers: this.#options.rtc?.iceServers ?? this.#handedOut }),
      send: (peer, data, options) => this.#say(peer, { event: 'message', data }, options),
      sendAll: (data, options) => this.#sayAll({ event: 'message', data }, options),
      signal: (peer, signal) => {
        try {
          this.#say(peer, writeSignal(signal), {})
        } catch (thrown) {
          // The link says again what it must; nobody waits for this one.
          this.#emitter.emit('error', asHeliographError(thrown, 'sending a signal'))
        }
      },
      leave: async () => this.disconnect('the room was left'),
    })
    return { state, room: new Room(state) }
  }

  /** True if it is of our kind. */
  #heard(event: string | undefined, message: JsonObject, state: RoomState): boolean {
    const data = objectAt(message, 'data')
    if (event === 'joined' || event === 'created') this.#joined(data, state)
    else if (event === 'left') this.#left(data, state)
    else if (event === 'invalid_message') this.#emitter.emit('error', new UsageError('the server refused a message'))
    else return this.#said(event, message, state)
    return true
  }

  #said(event: string | undefined, message: JsonObject, state: RoomState): boolean {
    const to = textAt(message, 'to')
    const from = textAt(message, 'from') ?? somebody
    // Revision 1 brings everybody what is for one.
    if (to !== undefined && to !== state.selfId) return true
    const signal = readSignal(message)
    const isOurs = signal !== undefined || event === 'message' || event === 'present' || event === 'who'
    if (!isOurs) return false
    const name = textAt(message['data'], 'username')
    if (event === 'present') state.put(from, name === undefined ? undefined : { id: name }, undefined)
    else if (event === 'who') this.#announce(this.#revision === 1 ? undefined : from)
    else {
      if (!state.members.has(from)) state.put(from, undefined, undefined)
      if (signal) state.signaled(from, signal)
      else state.said(from, message['data'], to === undefined ? 'room' : 'peer')
    }
    return true
  }

  #joined(data: JsonObject, state: RoomState): void {
    const [id, username] = [textAt(data, 'peer_id'), textAt(data, 'username')]
    if (this.#revision === 1) return this.#announce()
    if (id === undefined) return
    state.put(id, username === undefined ? undefined : { id: username }, undefined)
    this.#announce(id)
  }

  #left(data: JsonObject, state: RoomState): void {
    const [id, username] = [textAt(data, 'peer_id'), textAt(data, 'username')]
    if (id !== undefined) return state.remove(id)
    const ofThatName = [...state.members.values()].filter(({ user }) => user?.id === username)
    const [only] = ofThatName
    if (ofThatName.length === 0) return state.remove(somebody)
    if (only && ofThatName.length === 1) return state.remove(only.id)
    // Which of them it was, only those who are left can say.
    state.doubt(ofThatName.map((peer) => peer.id))
    this.#callRoll()
    this.#sayAll({ event: 'who' }, {})
  }

  #callRoll(): void {
    this.#cancelRollCall?.()
    this.#cancelRollCall = this.#world.after(rollCall, () => this.#room?.state.settle())
  }

  #announce(to?: string): void {
    const message = { event: 'present', data: { username: this.#options.username } }
    if (to === undefined) this.#sayAll(message, {})
    else this.#say(to, message, {})
  }

  #say(to: string, message: JsonObject, options: SendOptions): boolean {
    const from = this.#room?.state.selfId
    const addressed =
      to === somebody ? { ...message, from } : { ...message, to, ...(this.#revision === 1 ? { from } : {}) }
    return this.connection.send(JSON.stringify(addressed), options)
  }

  #sayAll(message: JsonObject, options: SendOptions): boolean {
    if (this.#revision === 1) {
      return this.connection.send(JSON.stringify({ ...message, from: this.#room?.state.selfId }), options)
    }
    return [...(this.#room?.state.members.keys() ?? [])].every((id) => this.#say(id, message, options))
  }

  #newId(): string {
    return Array.from({ length: 2 }, () =>
      Math.floor(this.#world.random() * 2 ** 48)
        .toString(36)
        .padStart(10, '0'),
    ).join('')
  }
}
