/** A client of the presence protocol: everybody who is online is in one room. */
import { Client, type ClientEvents, type ClientOptions } from '../core/client.ts'
import { Connection, type SendOptions } from '../core/connection.ts'
import { Emitter } from '../core/emitter.ts'
import { asHeliographError, RefusedError, UnauthorizedError } from '../core/errors.ts'
import { type JsonObject, listAt, objectAt, readObject, textAt } from '../core/json.ts'
import type { Address, Line } from '../core/line.ts'
import { fullJitter } from '../core/reconnect-policy.ts'
import type { RequestOptions } from '../core/requests.ts'
import { Room } from '../core/room.ts'
import { RoomState } from '../core/room-state.ts'
import { type TokenOptions, TokenSource } from '../core/token.ts'
import { surroundings, type World } from '../core/world.ts'
import { type IceServerSet, IceServers, readIceServerList } from '../rtc/ice-servers.ts'
import { keyOf, readSignal, type UserId, userIdOf, userOf, writeSignal } from './words.ts'

/** `token` and `getToken` give the access token; it holds for minutes, so that a page that stays needs `getToken`. */
export interface PresenceClientOptions extends ClientOptions, TokenOptions {
  readonly url: string
  /** How the token travels. `query` is what every server understands; ours keep it out of their logs. Default query. */
  readonly tokenIn?: 'query' | 'subprotocol' | 'cookie' | undefined
}

export interface PresenceInfo {
  readonly target: UserId
}

export interface PresenceClientEvents extends ClientEvents {
  /** A message of a type of the application's own. */
  typed: { readonly from: string; readonly type: string; readonly body: unknown }
}

/** The server's reasons for a close that trying again would lead to again. */
const finalReasons = /no preferred_username|too many connections of this user/
/** Credentials of the server's hold for a day; it does not say so. */
const lifetime = 12 * 3_600_000

export class PresenceClient extends Client<PresenceClientEvents> {
  readonly #emitter: Emitter<PresenceClientEvents>
  readonly #world: World
  readonly #options: PresenceClientOptions
  readonly #token: TokenSource
  readonly #ownServers: IceServers
  readonly #iceAnswers = new Set<(servers: readonly RTCIceServer[]) => void>()
  #self: string | undefined
  #room: { readonly state: RoomState<PresenceInfo>; readonly room: Room<PresenceInfo> } | undefined

  constructor(options: PresenceClientOptions) {
    const world = surroundings({ ...options.world, WebSocket: options.WebSocket })
    const emitter = new Emitter<PresenceClientEvents>(world)
    const reconnect = options.reconnect ?? fullJitter({ shouldReconnect: ({ reason }) => !finalReasons.test(reason) })
    const connection = new Connection(
      { ...options, world, reconnect, address: (attempt) => this.#address(attempt) },
      {
        opened: (line) => {
          this.#self = undefined
          line.send('{"type":"userList"}')
        },
        received: (text, line) => this.#received(text, line),
        lost: () => {},
        probe: (line) => {
          line.send('{"type":"userList"}')
          return true
        },
      },
    )
    super(connection, emitter)
    this.#world = world
    this.#emitter = emitter
    this.#options = options
    this.#token = new TokenSource(options)
    this.#ownServers = new IceServers(() => this.#askIceServers(), world)
    connection.emitter.on('state', ({ to, reason, error }) => {
      if (to !== 'closed' && to !== 'disconnected') return
      this.#room?.state.close(reason, error)
      this.#room = undefined
    })
  }

  /** Everybody who is online, but us. */
  get room(): Room<PresenceInfo> | undefined {
    return this.#room?.room
  }

  /** Connects; resolves when it is known who is online. */
  async join(options: RequestOptions = {}): Promise<Room<PresenceInfo>> {
    this.connect()
    await this.ready({ ...options, timeout: options.timeout ?? this.#options.requestTimeout ?? 15_000 })
    if (!this.#room) throw new RefusedError('ended', 'the connection has ended')
    return this.#room.room
  }

  /** For the next connection: another user, or a newer token of the same. */
  setToken(token: string): void {
    this.#token.set(token)
  }

  /** A message of any type but the server's own three. `to` is the id of a peer. */
  sendTyped(to: string, type: string, body: unknown, options: SendOptions = {}): boolean {
    const target = this.#room?.state.members.get(to)?.info.target
    if (!target) throw new RefusedError('target_offline', `${to} is not online`, { temporary: true })
    return this.connection.send(JSON.stringify({ type, target, body }), options)
  }

  async #address(attempt: number): Promise<Address> {
    const token = await this.#token.next(attempt)
    const { tokenIn = 'query', url } = this.#options
    if (tokenIn === 'cookie') return { url }
    if (token === undefined || token === '') throw new UnauthorizedError('there is no token')
    if (tokenIn === 'subprotocol') return { url, protocols: ['presence', `bearer.${token}`] }
    const address = new URL(url)
    address.searchParams.set('oidc', token)
    return { url: address.href }
  }

  #received(text: string, line: Line): void {
    const message = readObject(text)
    if (!message) return
    const body = objectAt(message, 'body')
    switch (message['type']) {
      case 'userOnline':
        if (message['origin'] === undefined) return this.#online(body['user'])
        break
      case 'userOffline':
        if (message['origin'] === undefined) return this.#room?.state.remove(keyOf(body['user']) ?? '')
        break
      case 'userList':
        if (message['origin'] === undefined) return this.#listed(listAt(body, 'users'), line)
        break
      case 'iceServers':
        if (message['origin'] === undefined) {
          for (const answer of [...this.#iceAnswers]) answer(readIceServerList(body['iceServers']))
          return
        }
        break
      case 'error':
        if (message['origin'] === undefined) return this.#refused(objectAt(message, 'error'))
    }
    this.#relayed(message)
  }

  /** The first of all is about ourselves. */
  #online(user: unknown): void {
    const id = keyOf(user)
    if (id === undefined) return
    if (this.#self === undefined) this.#self = id
    else this.#put(user)
  }

  #put(user: unknown): void {
    const id = keyOf(user)
    if (id !== undefined) this.#room?.state.put(id, userOf(user), { target: userIdOf(user) })
  }

  #listed(users: readonly unknown[], line: Line): void {
    const known = this.#room
    const { state } = known ?? this.#newRoom(this.#self ?? '')
    const formerId = state.selfId
    const id = this.#self ?? formerId
    state.selfId = id
    // Whom we knew as somebody else may be ourselves by now.
    state.replaceAll(new Set(users.map((user) => keyOf(user) ?? '').filter((other) => other !== id)))
    for (const user of users) this.#put(user)
    if (this.state === 'connected') return
    line.ready()
    if (!known) return
    if (id === formerId) {
      state.resumed()
      return this.#emitter.emit('resumed', { id })
    }
    state.rejoined(formerId)
    this.#emitter.emit('rejoined', { id, formerId })
  }

  #relayed(message: JsonObject): void {
    const from = keyOf(message['origin'])
    const { state } = this.#room ?? {}
    if (from === undefined || !state) return
    // Whose coming has not been told yet has come all the same.
    if (!state.members.has(from)) this.#put(message['origin'])
    const type = textAt(message, 'type')
    const { body } = message
    const signal = readSignal(type, body)
    if (signal) state.signaled(from, signal)
    else if (type === 'message') state.said(from, body, 'peer')
    else this.#emitter.emit('typed', { from, type: type ?? '', body })
  }

  #refused(error: JsonObject): void {
    const code = textAt(error, 'code') ?? 'unknown'
    this.#emitter.emit(
      'error',
      new RefusedError(code, textAt(error, 'message') ?? code, { temporary: code === 'target_offline' }),
    )
  }

  #newRoom(self: string): { readonly state: RoomState<PresenceInfo>; readonly room: Room<PresenceInfo> } {
    const state: RoomState<PresenceInfo> = new RoomState<PresenceInfo>(this.#options.url, self, {
      world: this.#world,
      rtc: () => ({ ...this.#options.rtc, iceServers: this.#options.rtc?.iceServers ?? this.#ownServers }),
      send: (peer, data, options) => this.sendTyped(peer, 'message', data, options),
      sendAll: (data, options) =>
        [...state.members.keys()].every((peer) => this.sendTyped(peer, 'message', data, options)),
      signal: (peer, signal) => {
        const { type, body } = writeSignal(signal)
        try {
          this.sendTyped(peer, type, body)
        } catch (thrown) {
          // The link says again what it must; nobody waits for this one.
          this.#emitter.emit('error', asHeliographError(thrown, 'sending a signal'))
        }
      },
      leave: async () => this.disconnect('left'),
    })
    this.#room = { state, room: new Room(state) }
    return this.#room
  }

  /** Servers that hand out none do not answer; then the call is tried without. */
  #askIceServers(): Promise<IceServerSet> {
    return new Promise((resolve) => {
      const cancel = this.#world.after(3_000, () => answer([]))
      const answer = (iceServers: readonly RTCIceServer[]) => {
        cancel()
        this.#iceAnswers.delete(answer)
        resolve({ iceServers, lifetime })
      }
      this.#iceAnswers.add(answer)
      try {
        this.connection.send('{"type":"iceServers"}')
      } catch {
        answer([])
      }
    })
  }
}
