/** A client of Nextcloud Talk's signaling. */
import { Client, type ClientEvents, type ClientOptions } from '../core/client.ts'
import { Connection, type SendOptions } from '../core/connection.ts'
import { Emitter } from '../core/emitter.ts'
import { asHeliographError, ConnectionError, EndedError, type HeliographError, RefusedError } from '../core/errors.ts'
import { type JsonObject, objectAt, readObject, textAt } from '../core/json.ts'
import type { Line } from '../core/line.ts'
import { fullJitter } from '../core/reconnect-policy.ts'
import { type RequestOptions, Requests } from '../core/requests.ts'
import { RoomState } from '../core/room-state.ts'
import { surroundings, type World } from '../core/world.ts'
import { byeError, talkError } from './errors.ts'
import {
  askWithToken,
  isPoliteIn,
  type Joined,
  type JoinOptions,
  listPatienceFor,
  patienceFor,
  type Wish,
  wishFor,
} from './joining.ts'
import { MediaLine } from './media/line.ts'
import { Rejoining } from './rejoining.ts'
import { type TalkInfo, TalkRoom } from './room.ts'
import { SessionKeeper, type TalkSession } from './session.ts'
import type { SettingsSource } from './settings.ts'
import { readSignal, writeSignal } from './signals.ts'

export interface TalkClientOptions extends ClientOptions {
  /** Nextcloud's signaling settings, or a function that gets them anew: they hold for minutes only. */
  readonly settings: SettingsSource
  /** What this client understands, for example chat-relay. */
  readonly features?: readonly string[] | undefined
}

export interface TalkClientEvents extends ClientEvents {
  /** From a session that is in no room with us. */
  message: { readonly from: string; readonly userId: string | undefined; readonly data: unknown }
  /** The list of rooms changed; `body` is as the server sent it. */
  roomlist: { readonly type: 'invite' | 'disinvite' | 'update'; readonly roomId: string; readonly body: unknown }
  /** To an internal client, which is to make a call: `id` goes into its answer. */
  dialout: { readonly id: string; readonly body: unknown }
}

export class TalkClient extends Client<TalkClientEvents> {
  readonly #world: World
  readonly #emitter: Emitter<TalkClientEvents>
  readonly #keeper: SessionKeeper
  readonly #requests: Requests<JsonObject>
  readonly #media: MediaLine
  readonly #rejoining: Rejoining
  readonly #options: TalkClientOptions
  #joined: Joined | undefined
  #asked = 0

  constructor(options: TalkClientOptions) {
    const world = surroundings({ ...options.world, WebSocket: options.WebSocket })
    const emitter = new Emitter<TalkClientEvents>(world)
    // Talk's servers close with whatever code and expect everybody back; who is not wanted hears a bye before.
    const reconnect = options.reconnect ?? fullJitter({ shouldReconnect: () => true })
    const connection = new Connection(
      { ...options, world, reconnect, address: (attempt) => this.#keeper.address(attempt) },
      {
        opened: (line) => this.#keeper.opened(line),
        received: (text, line) => this.#received(text, line),
        lost: (error) => this.#requests.refuseAll(new ConnectionError(error.message, { cause: error })),
        probe: (line) => this.#probe(line),
      },
    )
    super(connection, emitter)
    this.#world = world
    this.#emitter = emitter
    this.#options = options
    this.#requests = new Requests(world)
    this.#media = new MediaLine((id, to, data) => this.#sayOfMedia(id, to, data))
    this.#rejoining = new Rejoining({
      ask: (line, body, timeout, answered) => this.#requestOn(line, 'room', body, { timeout }, answered),
      roundTrip: (timeout, line) => this.#roundTrip(timeout, line),
      isPresent: (joined) => this.#joined === joined,
      ended: (reason, error) => this.#roomEnded(reason, error),
    })
    this.#keeper = new SessionKeeper(options.settings, options.features ?? [], world.after, {
      resumed: (session, line) => this.#resumed(session, line),
      begun: (session, former, line) => {
        this.#begun(session, former, line).catch((thrown: unknown) =>
          line.fail(asHeliographError(thrown, 'a Talk session')),
        )
      },
    })
    connection.emitter.on('state', ({ to, reason, error }) => {
      if (to === 'closed' || to === 'disconnected') this.#over(reason, error)
    })
  }

  get sessionId(): string | undefined {
    return this.#keeper.session?.id
  }

  /** Empty for guests. */
  get userId(): string | undefined {
    return this.#keeper.session?.userId
  }

  get serverFeatures(): ReadonlySet<string> {
    return this.#keeper.serverFeatures
  }

  /** The room that the session is in: one at most. */
  get room(): TalkRoom | undefined {
    return this.#joined?.room
  }

  /** Resolves when it is known who is there. Leaves the present room, as the server does. */
  async join(roomId: string, options: JoinOptions = {}): Promise<TalkRoom> {
    await this.connection.ready({ signal: options.signal, timeout: options.timeout ?? this.#options.requestTimeout })
    const present = this.#joined
    if (present?.room.id === roomId && present.room.isOpen) return present.room
    const body = await wishFor(roomId, options)
    const session = this.#keeper.session
    if (!session) throw new EndedError('the session has ended')
    const joined = this.#newRoom(roomId, session, options, body.sessionid)
    const limits = { signal: options.signal, timeout: options.timeout ?? patienceFor(options) }
    const ask = (wish: JsonObject) =>
      this.#request('room', wish, limits, (answer) => {
        // Here, not after the promise: the list of who is there may follow in the same breath.
        present?.state.close(`joined ${roomId}`)
        this.#joined = joined
        joined.room.described(answer['room'])
      })
    await askWithToken(body, options, ask).catch(async (refusal: unknown) => {
      if (!(refusal instanceof RefusedError) || refusal.code !== 'already_joined') throw refusal
      // The answer to an earlier attempt was lost, and with it the list of who is there.
      await this.#request('room', { roomid: '' }, options)
      await askWithToken(body, options, ask)
    })
    await this.#roundTrip(listPatienceFor(options))
    return joined.room
  }

  override disconnect(reason?: string): void {
    this.connection.line?.send(JSON.stringify({ id: 'bye', type: 'bye', bye: {} }))
    super.disconnect(reason)
  }

  /** For internal clients: the own part in the call. 1 in call, 2 audio, 4 video, 8 phone. */
  setInCall(flags: number): boolean {
    return this.#say('internal', { type: 'incall', incall: { incall: flags } })
  }

  /** For internal clients: whatever else the protocol lets them say, as it spells it. */
  internal(body: JsonObject): Promise<JsonObject> {
    return this.#request('internal', body)
  }

  /** To a session that need not be in the same room. */
  sendToSession(sessionId: string, data: unknown, options: SendOptions = {}): boolean {
    return this.#message({ type: 'session', sessionid: sessionId }, data, options)
  }

  #newRoom(id: string, session: TalkSession, wish: Wish, roomSession: string | undefined): Joined {
    const state: RoomState<TalkInfo> = new RoomState<TalkInfo>(id, session.id, {
      world: this.#world,
      rtc: () => ({ ...this.#options.rtc, iceServers: this.#options.rtc?.iceServers ?? this.#keeper.iceServers }),
      send: (peer, data, options) => this.sendToSession(peer, data, options),
      sendAll: (data, options) => this.#message({ type: 'room' }, data, options),
      signal: (peer, signal) => this.#signal(peer, writeSignal(signal, state.selfId, peer)),
      isPolite: (peer) => isPoliteIn(joined, peer),
      leave: async () => {
        if (this.#joined?.state !== state) return
        this.#joined = undefined
        if (this.state === 'connected') await this.#request('room', { roomid: '' })
      },
    })
    const room = new TalkRoom(state, {
      hasSfu: () => this.serverFeatures.has('mcu'),
      media: {
        mayUpdate: () => this.serverFeatures.has('update-sdp'),
        say: (to, data, refused) => this.#media.say(to, data, refused),
      },
      toUser: (userid, data, options) => this.#message({ type: 'user', userid }, data, options),
      toCall: (data, options) => this.#message({ type: 'call' }, data, options),
      control: (sessionid, data) => this.#say('control', { recipient: { type: 'session', sessionid }, data }),
      transient: async (body) => {
        // Only a refusal is answered: that nothing came by the time of the next answer means yes.
        await this.connection.ready({ timeout: this.#options.requestTimeout })
        const { line } = this.connection
        const enough = new AbortController()
        const refusal = line ? this.#requestOn(line, 'transient', body, { signal: enough.signal }) : undefined
        await Promise.race([...(refusal ? [refusal] : []), this.#roundTrip(this.#options.requestTimeout ?? 15_000)])
        enough.abort()
        refusal?.catch(() => {})
      },
    })
    const joined: Joined = { room, state, wish, roomSession, isOut: false, error: undefined }
    return joined
  }

  #received(text: string, line: Line): void {
    const message = readObject(text)
    if (!message || this.#keeper.received(message, line)) return
    const type = textAt(message, 'type')
    if (type === 'bye') return this.#bye(objectAt(message, 'bye'), line)
    const id = textAt(message, 'id')
    if (type === 'error') return this.#refused(id, objectAt(message, 'error'))
    if (type === 'internal') {
      this.#emitter.emit('dialout', { id: id ?? '', body: objectAt(message, 'internal')['dialout'] })
    } else if (id !== undefined && this.#requests.answer(id, message)) return
    else this.#news(type, message)
  }

  #news(type: string | undefined, message: JsonObject): void {
    if (type !== 'room' && this.#joined) this.#joined.error = undefined
    switch (type) {
      case 'room':
        return this.#roomChanged(objectAt(message, 'room'))
      case 'message':
      case 'control':
        return this.#delivered(type, objectAt(message, type))
      case 'transient':
        return this.#joined?.room.shared(message['transient'])
      case 'event':
        return this.#happened(objectAt(message, 'event'))
    }
  }

  #happened(event: JsonObject): void {
    const [target, type] = [textAt(event, 'target'), textAt(event, 'type')]
    if (target === 'roomlist' && (type === 'invite' || type === 'disinvite' || type === 'update')) {
      const body = objectAt(event, type)
      const roomId = textAt(body, 'roomid') ?? ''
      // The server closes the session after this; joining again would be refused.
      if (type === 'disinvite' && roomId === this.#joined?.room.id)
        this.#roomEnded(textAt(body, 'reason') ?? 'disinvited')
      return this.#emitter.emit('roomlist', { type, roomId, body })
    }
    if (target === 'room' && type === 'delete') return this.#roomEnded('deleted')
    this.#joined?.room.happened(target, type, event)
    if (target === 'room' && type === 'federation_resumed' && event['resumed'] === false && this.#joined) {
      this.#rejoining.begunThere(this.#joined, this.connection.line)
    }
  }

  #roomChanged(body: JsonObject): void {
    const id = textAt(body, 'roomid') ?? ''
    const error = this.#joined?.error
    if (id === '') this.#roomEnded(error ? 'no way there any more' : 'deleted', error)
    else if (id === this.#joined?.room.id) this.#joined.room.described(body)
  }

  #delivered(type: 'message' | 'control', body: JsonObject): void {
    const sender = objectAt(body, 'sender')
    const [from, kind, userId] = [textAt(sender, 'sessionid'), textAt(sender, 'type'), textAt(sender, 'userid')]
    const { data } = body
    const { room, state } = this.#joined ?? {}
    if (type === 'control') return room?.talk.emit('control', { from, data })
    if (from !== undefined && kind !== 'user' && room?.said(from, data)) return
    if (state && from !== undefined && state.members.has(from)) {
      const signal = kind === 'session' ? readSignal(data) : undefined
      if (signal) return state.signaled(from, signal)
      return state.said(from, data, kind === 'room' || kind === 'call' || kind === 'user' ? kind : 'peer')
    }
    this.#emitter.emit('message', { from: from ?? '', userId, data })
  }

  #refused(id: string | undefined, body: JsonObject): void {
    const error = talkError(body)
    const isForSomebody =
      id !== undefined &&
      (this.#requests.refuse(id, error) || this.#media.refused(id, error) || id.startsWith('probe-'))
    if (isForSomebody) return
    this.#emitter.emit('error', error)
    if (id === undefined && this.#joined?.wish.federation)
      this.#rejoining.lost(this.#joined, error, this.connection.line)
  }

  #bye(body: JsonObject, line: Line): void {
    const reason = textAt(body, 'reason')
    // The answer to ours comes after we have gone.
    if (reason === undefined) return
    this.#keeper.forget()
    line.fail(byeError(reason))
  }

  #resumed(session: TalkSession, line: Line): void {
    this.#joined?.room.expectList()
    line.ready()
    this.#joined?.state.resumed()
    if (this.#joined?.isOut) this.#rejoining.comeBack(this.#joined, line)
    this.#emitter.emit('resumed', { id: session.id })
  }

  /** A new session is in no room: the one of before is joined again, before anything that waits is sent. */
  async #begun(session: TalkSession, former: TalkSession | undefined, line: Line): Promise<void> {
    const joined = this.#joined
    if (joined) await this.#rejoining.again(joined, session.id, line)
    if (!line.isCurrent) return
    line.ready()
    if (!former) return
    if (joined?.room.isOpen) joined.state.rejoined(former.id)
    this.#emitter.emit('rejoined', { id: session.id, formerId: former.id })
  }

  #roomEnded(reason: string, error?: HeliographError): void {
    const joined = this.#joined
    this.#joined = undefined
    joined?.state.close(reason, error)
  }

  #over(reason: string, error: HeliographError | undefined): void {
    this.#keeper.end()
    this.#roomEnded(reason, error)
  }

  #signal(sessionid: string, data: unknown): void {
    try {
      this.#message({ type: 'session', sessionid }, data, {})
    } catch (thrown) {
      // The link says again what it must; nobody waits for this one.
      this.#emitter.emit('error', asHeliographError(thrown, 'a Talk session'))
    }
  }

  #sayOfMedia(id: string, sessionid: string, data: JsonObject): void {
    const from = this.sessionId
    const message = { recipient: { type: 'session', sessionid }, data: { ...data, from, to: sessionid } }
    try {
      this.connection.send(JSON.stringify({ id, type: 'message', message }))
    } catch (thrown) {
      // The stream is tried again when no answer comes.
      this.#emitter.emit('error', asHeliographError(thrown, 'a Talk session'))
    }
  }

  #message(recipient: JsonObject, data: unknown, options: SendOptions): boolean {
    return this.connection.send(JSON.stringify({ type: 'message', message: { recipient, data } }), options)
  }

  #say(type: string, body: JsonObject): boolean {
    return this.connection.send(JSON.stringify({ type, [type]: body }))
  }

  async #request(
    type: string,
    body: JsonObject,
    options: RequestOptions = {},
    answered?: (answer: JsonObject) => void,
  ): Promise<JsonObject> {
    await this.connection.ready(options)
    const { line } = this.connection
    if (!line) throw new ConnectionError('not connected')
    return this.#requestOn(line, type, body, options, answered)
  }

  #requestOn(
    line: Line,
    type: string,
    body: JsonObject,
    options: RequestOptions = {},
    answered?: (answer: JsonObject) => void,
  ): Promise<JsonObject> {
    this.#asked += 1
    const id = `${type}-${this.#asked}`
    const timeout = options.timeout ?? this.#options.requestTimeout ?? 15_000
    const answer = this.#requests.ask(id, type, { ...options, timeout }, answered)
    line.send(JSON.stringify({ id, type, [type]: body }))
    return answer
  }

  /** What came before the answer has been handled when this resolves; from a server that does not answer, after the limit. */
  async #roundTrip(timeout: number | undefined, line: Line | undefined = this.connection.line): Promise<void> {
    if (!line) return
    await this.#requestOn(line, 'transient', { type: 'probe' }, { timeout }).catch(() => {})
  }

  /** An unknown kind of transient message is always refused, and costs the server next to nothing. */
  #probe(line: Line): boolean {
    if (!this.serverFeatures.has('transient-data')) return false
    this.#asked += 1
    line.send(JSON.stringify({ id: `probe-${this.#asked}`, type: 'transient', transient: { type: 'probe' } }))
    return true
  }
}
