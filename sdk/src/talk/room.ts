/** A Talk room: the common room, the call's participants, and values that its sessions share. */
import type { SendOptions } from '../core/connection.ts'
import { Emitter } from '../core/emitter.ts'
import type { HeliographError } from '../core/errors.ts'
import { isObject, type JsonObject, listAt, numberAt, objectAt, textAt, textsAt } from '../core/json.ts'
import type { User } from '../core/peer.ts'
import { Room } from '../core/room.ts'
import type { RoomState } from '../core/room-state.ts'
import type { World } from '../core/world.ts'
import type { RtcOptions } from '../rtc/peer-link.ts'
import { type MediaMessage, readMedia } from './media/words.ts'

/** What is known of a session in the room. */
export interface TalkInfo {
  /** Nextcloud's id for it, if given. */
  readonly roomSessionId: string | undefined
  readonly features: readonly string[]
  /** Of another Nextcloud than the room's. */
  readonly federated: boolean
  /** 0 not in the call; else a sum of 1 in call, 2 audio, 4 video, 8 phone. */
  readonly inCall: number
  /** Of a virtual session: 1 muted speaking, 2 muted listening, 4 talking. */
  readonly flags: number
  /** Whatever Nextcloud says of the participant. */
  readonly participant: Readonly<Record<string, unknown>>
}

export interface TalkRoomEvents {
  properties: unknown
  /** The list of participants as the server sent it; `changed` has told of each session that changed. */
  participants: readonly unknown[]
  /** Everybody was moved into the call, or out of it. */
  'call-for-all': { readonly inCall: number }
  /** Our own part in the call changed. */
  'in-call': { readonly inCall: number }
  /** From Nextcloud to the room, for example that there is chat to be read. */
  notice: unknown
  transient: { readonly key: string; readonly value: unknown; readonly formerValue: unknown }
  'switch-to': { readonly roomId: string; readonly details: unknown }
  /** Our server has lost the one of the other Nextcloud, and tries to get there again; what is said meanwhile waits. */
  'federation-interrupted': Record<never, never>
  /** It is back. `resumed`: nothing was lost; else the room is joined anew, and its `rejoined` follows. */
  'federation-resumed': { readonly resumed: boolean }
  control: { readonly from: string | undefined; readonly data: unknown }
}

/** Whoever handles what is said of media that goes through the server. */
export interface MediaSink {
  /** `from` is our own id if it is about what we send. */
  mediaSaid(from: string, message: MediaMessage): void
}

/** What the client does for a call through the server's SFU. */
export interface MediaRoutes {
  readonly world: World
  rtc(): RtcOptions
  /** True if what is sent may change without a new connection. */
  mayUpdate(): boolean
  /** About a stream of that session; `refused` is called if the server says no. */
  say(session: string, data: JsonObject, refused?: (error: HeliographError) => void): void
}

/** What the client does for its rooms. */
export interface TalkRoomRoutes {
  readonly media: Pick<MediaRoutes, 'mayUpdate' | 'say'>
  hasSfu(): boolean
  toUser(userId: string, data: unknown, options: SendOptions): boolean
  toCall(data: unknown, options: SendOptions): boolean
  transient(body: Readonly<Record<string, unknown>>): Promise<void>
  control(peer: string, data: unknown): boolean
}

export class TalkRoom extends Room<TalkInfo> {
  /** What only Talk's rooms have. */
  readonly talk: Emitter<TalkRoomEvents>
  readonly #routes: TalkRoomRoutes
  readonly #transient = new Map<string, unknown>()
  /** After a resume: the next list of joins that names us is the complete one. */
  #expectsList = false
  #properties: unknown
  #bandwidth: unknown
  #inCall = 0
  /** The call that goes through the SFU, if one does. */
  sink: MediaSink | undefined

  constructor(state: RoomState<TalkInfo>, routes: TalkRoomRoutes) {
    super(state)
    this.talk = new Emitter(state.routes.world)
    this.#routes = routes
  }

  get properties(): unknown {
    return this.#properties
  }

  /** True if media goes through an SFU of the server's: calls are made with `SfuCall`. Without one, with `Mesh`. */
  get hasSfu(): boolean {
    return this.#routes.hasSfu()
  }

  /** Our own part in the call, as Nextcloud has told it: 0 not in it; else a sum as in `TalkInfo`. */
  get inCall(): number {
    return this.#inCall
  }

  /** For a call. */
  get mediaRoutes(): MediaRoutes {
    const { rtc, world } = this.state.routes
    return { ...this.#routes.media, rtc, world }
  }

  /** What the server allows, in bits per second: { maxstreambitrate?, maxscreenbitrate? }. */
  get bandwidth(): unknown {
    return this.#bandwidth
  }

  /** The values that the room shares. */
  get transient(): ReadonlyMap<string, unknown> {
    return this.#transient
  }

  /** To all sessions of a user, wherever they are. */
  sendToUser(userId: string, data: unknown, options: SendOptions = {}): boolean {
    return this.#routes.toUser(userId, data, options)
  }

  /** To those who are in the call. */
  sendToCall(data: unknown, options: SendOptions = {}): boolean {
    return this.#routes.toCall(data, options)
  }

  /** For internal clients and moderators; the server drops it without a word from others. */
  control(peer: string, data: unknown): boolean {
    return this.#routes.control(peer, data)
  }

  /** `ttl` in ms. Refused with not_allowed without the permission; the change comes back as `transient`. */
  setTransient(key: string, value: unknown, { ttl = 0 }: { readonly ttl?: number } = {}): Promise<void> {
    const end = ttl > 0 ? { ttl: Math.round(ttl * 1e6) } : {}
    return this.#routes.transient({ type: 'set', key, value, ...end })
  }

  removeTransient(key: string): Promise<void> {
    return this.#routes.transient({ type: 'remove', key })
  }

  /** For the client: what the server said of this room. */
  described(room: unknown): void {
    this.#bandwidth = isObject(room) ? room['bandwidth'] : undefined
    const properties = isObject(room) ? room['properties'] : undefined
    if (JSON.stringify(properties) === JSON.stringify(this.#properties)) return
    this.#properties = properties
    this.talk.emit('properties', properties)
  }

  /** For the client: an event of the targets `room` and `participants`. */
  happened(target: string | undefined, type: string | undefined, event: JsonObject): void {
    switch (`${target} ${type}`) {
      case 'room join':
        return this.#joined(listAt(event, 'join'))
      case 'room leave':
        for (const id of listAt(event, 'leave')) this.state.remove(String(id))
        return
      case 'room message':
        return this.talk.emit('notice', objectAt(event, 'message')['data'])
      case 'room switchto': {
        const to = objectAt(event, 'switchto')
        return this.talk.emit('switch-to', { roomId: textAt(to, 'roomid') ?? '', details: to['details'] })
      }
      case 'room federation_interrupted':
        return this.talk.emit('federation-interrupted', {})
      case 'room federation_resumed':
        return this.talk.emit('federation-resumed', { resumed: event['resumed'] !== false })
      case 'participants update':
        return this.#participants(event['update'])
      case 'participants flags':
        return this.#flagged(event['flags'])
    }
  }

  /** For the client: a message from a session, which may be our own. True if a call has taken it. */
  said(from: string, data: unknown): boolean {
    const message = this.sink && readMedia(data)
    if (message) this.sink?.mediaSaid(from, message)
    return message !== undefined
  }

  /** For the client: we are somebody new, whom Nextcloud has not called yet. */
  startOver(): void {
    this.#takeValues({})
    this.#become(0)
  }

  /** For the client: the session was resumed. */
  expectList(): void {
    this.#expectsList = true
  }

  #joined(entries: readonly unknown[]): void {
    const ids = new Set(entries.map((entry) => textAt(entry, 'sessionid') ?? ''))
    if (this.#expectsList && ids.has(this.selfId)) this.state.replaceAll(ids)
    // Of an original server no list comes, and what comes later never names ourselves.
    this.#expectsList = false
    for (const entry of entries) this.#enter(entry)
  }

  #enter(entry: unknown): void {
    const id = textAt(entry, 'sessionid')
    if (id === undefined) return
    const known = this.members.get(id)?.info
    this.state.put(id, userOf(entry), {
      roomSessionId: textAt(entry, 'roomsessionid') ?? known?.roomSessionId,
      features: textsAt(entry, 'features'),
      federated: isObject(entry) && entry['federated'] === true,
      inCall: known?.inCall ?? 0,
      flags: known?.flags ?? 0,
      participant: known?.participant ?? {},
    })
  }

  /** A session that is not listed has not changed. */
  #participants(update: unknown): void {
    const inCall = numberAt(update, 'incall')
    if (isObject(update) && update['all'] === true && inCall !== undefined) {
      for (const peer of this.members.values()) this.state.change(peer, { ...peer.info, inCall })
      this.#become(inCall)
      this.talk.emit('call-for-all', { inCall })
      return
    }
    const users = listAt(update, 'users')
    for (const user of users) {
      if (!isObject(user)) continue
      const id = textAt(user, 'sessionId') ?? ''
      const peer = this.members.get(id)
      // Nextcloud spells it as a number or as yes and no; whoever does not say it has not changed it.
      const known = peer ? peer.info.inCall : this.#inCall
      const inCall = typeof user['inCall'] === 'boolean' ? Number(user['inCall']) : (numberAt(user, 'inCall') ?? known)
      if (peer) this.state.change(peer, { ...peer.info, inCall, participant: user })
      else if (id === this.selfId) this.#become(inCall)
    }
    this.talk.emit('participants', users)
  }

  #become(inCall: number): void {
    if (inCall === this.#inCall) return
    this.#inCall = inCall
    this.talk.emit('in-call', { inCall })
  }

  #flagged(flags: unknown): void {
    const peer = this.members.get(textAt(flags, 'sessionid') ?? '')
    if (peer) this.state.change(peer, { ...peer.info, flags: numberAt(flags, 'flags') ?? 0 })
  }

  /** For the client: a transient message. */
  shared(body: unknown): void {
    const key = textAt(body, 'key')
    switch (textAt(body, 'type')) {
      case 'initial':
        return this.#takeValues(objectAt(body, 'data'))
      case 'set':
        if (key !== undefined && isObject(body)) this.#setValue(key, body['value'])
        return
      case 'remove':
        if (key !== undefined) this.#setValue(key, undefined)
    }
  }

  #takeValues(data: Readonly<Record<string, unknown>>): void {
    for (const key of [...this.#transient.keys()]) if (!(key in data)) this.#setValue(key, undefined)
    for (const [key, value] of Object.entries(data)) this.#setValue(key, value)
  }

  #setValue(key: string, value: unknown): void {
    const formerValue = this.#transient.get(key)
    if (JSON.stringify(formerValue) === JSON.stringify(value)) return
    if (value === undefined) this.#transient.delete(key)
    else this.#transient.set(key, value)
    this.talk.emit('transient', { key, value, formerValue })
  }
}

function userOf(entry: unknown): User | undefined {
  const id = textAt(entry, 'userid') ?? ''
  const name = textAt(objectAt(entry, 'user'), 'displayname')
  if (id === '' && name === undefined) return undefined
  return { id, ...(name === undefined ? {} : { name }) }
}
