/** The rooms that a client of the admission protocol is in: who is there, who knocks, and what they tell each other. */
import { type JsonObject, objectAt, textAt, textsAt } from '../core/json.ts'
import { RoomState } from '../core/room-state.ts'
import type { World } from '../core/world.ts'
import type { RtcOptions } from '../rtc/peer-link.ts'
import { type AdmissionInfo, AdmissionRoom } from './room.ts'
import { readRelayed, writeMessage, writeSignal } from './words.ts'

export interface Joined {
  readonly state: RoomState<AdmissionInfo>
  readonly room: AdmissionRoom
  /** To ask with again. */
  readonly payload: unknown
}

/** What the client does for its rooms. */
export interface RoomsRoutes {
  readonly world: World
  rtc(): RtcOptions
  /** Our id with the others. */
  id(): string
  say(event: string, body: JsonObject): boolean
  /** Resolves when the server has answered, or will not. */
  leave(room: string): Promise<void>
}

export class Rooms {
  readonly #routes: RoomsRoutes
  readonly #rooms = new Map<string, Joined>()

  constructor(routes: RoomsRoutes) {
    this.#routes = routes
  }

  get(name: string): Joined | undefined {
    return this.#rooms.get(name)
  }

  all(): readonly (readonly [string, Joined])[] {
    return [...this.#rooms]
  }

  set(name: string, joined: Joined): void {
    this.#rooms.set(name, joined)
  }

  delete(name: string): void {
    this.#rooms.delete(name)
  }

  clear(): void {
    this.#rooms.clear()
  }

  /** In answer to a question, before anything that follows. */
  entered(body: JsonObject, owners: readonly string[], payload: unknown): void {
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

  /** False if it is nothing about a room that we are in. */
  happened(event: string, body: JsonObject): boolean {
    const handle = Object.hasOwn(this.#events, event) ? this.#events[event] : undefined
    if (!handle) return false
    const joined = this.#rooms.get(textAt(body, 'room') ?? '')
    if (joined) handle(joined, body)
    return true
  }

  readonly #events: Readonly<Record<string, (joined: Joined, body: JsonObject) => void>> = {
    'room-join-request': ({ state }, body) => this.#knocked(state, body),
    'room-join-cancel': ({ state }, body) => state.knockEnded(textAt(body, 'peer_id') ?? ''),
    'room-user-join': ({ room, state }, body) => {
      const id = textAt(body, 'peer_id')
      if (id === undefined) return
      state.knockEnded(id)
      state.put(id, undefined, { peerinfo: body['peerinfo'], isOwner: room.owners.has(id) })
    },
    'room-user-leave': ({ state }, body) => state.remove(textAt(body, 'peer_id') ?? ''),
    'room-owner-change': ({ room }, body) => room.ownedBy(textsAt(body, 'owners')),
    'session-description': ({ state }, body) => this.#relayed(state, 'session-description', body),
    'ice-candidate': ({ state }, body) => this.#relayed(state, 'ice-candidate', body),
  }

  #newRoom(name: string, owners: readonly string[], payload: unknown): Joined {
    const { rtc, world, say, leave } = this.#routes
    const relay = (peer: string, [event, body]: ReturnType<typeof writeMessage>): boolean =>
      say(event, { room: name, to: peer, ...body })
    const state: RoomState<AdmissionInfo> = new RoomState<AdmissionInfo>(name, this.#routes.id(), {
      world,
      rtc,
      send: (peer, data) => relay(peer, writeMessage(data)),
      sendAll: (data) => [...state.members.keys()].every((peer) => relay(peer, writeMessage(data))),
      signal: (peer, signal) => void relay(peer, writeSignal(signal)),
      leave: async () => {
        this.#rooms.delete(name)
        await leave(name)
      },
    })
    const room = new AdmissionRoom(state, new Set(owners), (peer) =>
      say('room-owner-add', { room: name, peer_id: peer }),
    )
    return { state, room, payload }
  }

  #knocked(state: RoomState<AdmissionInfo>, body: JsonObject): void {
    const id = textAt(body, 'peer_id')
    if (id === undefined) return
    const decide = (event: string) => (payload?: unknown) => {
      this.#routes.say(event, { room: state.id, peer_id: id, payload })
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

  #relayed(state: RoomState<AdmissionInfo>, event: string, body: JsonObject): void {
    const from = textAt(body, 'peer_id')
    const read = readRelayed(event, body)
    if (from === undefined || !read) return
    // The original tells a newcomer's coming and its first words in any order.
    if (!state.members.has(from)) state.put(from, undefined, { peerinfo: undefined, isOwner: false })
    if ('signal' in read) state.signaled(from, read.signal)
    else state.said(from, read.message, 'peer')
  }
}
