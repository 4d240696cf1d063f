/** Who is in a room, kept right over lost connections: what a room's client does to it, and what a room shows. */
import { isPolite, type RtcOptions } from '../rtc/peer-link.ts'
import type { Signal } from '../rtc/signal.ts'
import type { SendOptions } from './connection.ts'
import { Emitter } from './emitter.ts'
import type { HeliographError } from './errors.ts'
import { Peer, type User } from './peer.ts'
import type { World } from './world.ts'

export interface RoomMessage<Info = unknown> {
  /** Undefined if the protocol does not tell. */
  readonly from: Peer<Info> | undefined
  readonly data: unknown
  /** To whom it was sent, as far as the protocol tells: to us, to our user, to all. */
  readonly to: 'peer' | 'user' | 'room' | 'call'
}

/** Somebody at the door. */
export interface Knock {
  readonly id: string
  readonly user: User | undefined
  readonly payload: unknown
  /** What the protocol tells of them beyond that. */
  readonly info: unknown
  accept(payload?: unknown): void
  reject(payload?: unknown): void
}

export interface RoomEvents<Info = unknown> {
  joined: Peer<Info>
  left: Peer<Info>
  /** Something that the protocol tells of a member changed. */
  changed: Peer<Info>
  message: RoomMessage<Info>
  /** Somebody offers a peer connection: `rtc()` answers it. */
  call: Peer<Info>
  knock: Knock
  /** A knock was answered or taken back. */
  'knock-ended': Knock
  resumed: { readonly selfId: string }
  /** We are somebody new in this room; peer connections begin anew. `joined` and `left` have told who changed. */
  rejoined: { readonly selfId: string; readonly formerId: string }
  /** We are not in it any more; nothing follows. */
  closed: { readonly reason: string; readonly error?: HeliographError }
}

/** How the protocol carries what is said in a room. */
export interface RoomRoutes {
  send(peer: string, data: unknown, options: SendOptions): boolean
  sendAll(data: unknown, options: SendOptions): boolean
  signal(peer: string, signal: Signal): void
  leave(): Promise<void>
  /** Who gives way if both begin at once; by the ids unless told. */
  isPolite?(peer: string): boolean
  /** Asked for whenever a peer connection is made. */
  rtc(): RtcOptions
  readonly world: World
}

/** More are not believed: where nobody vouches for ids, anybody could make them up. */
const mostMembers = 10_000

export class RoomState<Info = unknown> {
  readonly id: string
  readonly emitter: Emitter<RoomEvents<Info>>
  readonly members: Map<string, Peer<Info>> = new Map()
  readonly knocks: Map<string, Knock> = new Map()
  readonly routes: RoomRoutes
  selfId: string
  isOpen = true
  /** Those of before, until the server has said who is here now. */
  #doubtful: Set<string> | undefined

  constructor(id: string, selfId: string, routes: RoomRoutes) {
    this.id = id
    this.selfId = selfId
    this.routes = routes
    this.emitter = new Emitter(routes.world)
  }

  /** Somebody is here: told as `joined` if that is news, as `changed` if we know them. */
  put(id: string, user: User | undefined, info: Info): Peer<Info> | undefined {
    if (id === this.selfId || !this.isOpen) return undefined
    this.#doubtful?.delete(id)
    const known = this.members.get(id)
    if (known) {
      this.change(known, info)
      return known
    }
    if (this.members.size >= mostMembers) return undefined
    const { send, signal, rtc, world } = this.routes
    const peer = new Peer(id, user, info, {
      send,
      signal,
      rtc,
      world,
      isPolite: (other) => this.routes.isPolite?.(other) ?? isPolite(this.selfId, other),
    })
    this.members.set(id, peer)
    this.emitter.emit('joined', peer)
    return peer
  }

  change(peer: Peer<Info>, info: Info): void {
    if (JSON.stringify(peer.info) === JSON.stringify(info)) return
    peer.update(info)
    this.emitter.emit('changed', peer)
  }

  remove(id: string): void {
    this.#doubtful?.delete(id)
    const peer = this.members.get(id)
    if (!peer) return
    this.members.delete(id)
    peer.gone()
    this.emitter.emit('left', peer)
  }

  /** The server is about to say who is here: whoever it does not name until `settle()` has left. */
  doubt(ids: Iterable<string> = this.members.keys()): void {
    this.#doubtful = new Set([...(this.#doubtful ?? []), ...ids])
  }

  settle(): void {
    const left = this.#doubtful
    this.#doubtful = undefined
    for (const id of left ?? []) this.remove(id)
  }

  /** The complete list of who is here. */
  replaceAll(present: ReadonlySet<string>): void {
    for (const id of [...this.members.keys()]) if (!present.has(id)) this.remove(id)
  }

  signaled(from: string, signal: Signal): void {
    const peer = this.members.get(from)
    if (peer?.receive(signal)) this.emitter.emit('call', peer)
  }

  said(from: string | undefined, data: unknown, to: RoomMessage['to']): void {
    if (this.isOpen) this.emitter.emit('message', { from: this.members.get(from ?? ''), data, to })
  }

  knocked(knock: Knock): void {
    if (this.knocks.has(knock.id)) return
    this.knocks.set(knock.id, knock)
    this.emitter.emit('knock', knock)
  }

  knockEnded(id: string): void {
    const knock = this.knocks.get(id)
    if (!knock) return
    this.knocks.delete(id)
    this.emitter.emit('knock-ended', knock)
  }

  /** Nobody whom we could let in waits any more. */
  knocksEnded(): void {
    for (const id of [...this.knocks.keys()]) this.knockEnded(id)
  }

  /** Same as ever: the links say again what may have been lost. */
  resumed(): void {
    for (const { link } of this.members.values()) link?.signalingResumed()
    this.emitter.emit('resumed', { selfId: this.selfId })
  }

  /** The others know us by another id now, and have given up what they had with the former one. */
  rejoined(formerId: string): void {
    for (const peer of this.members.values()) peer.abandonLink()
    this.emitter.emit('rejoined', { selfId: this.selfId, formerId })
  }

  close(reason: string, error?: HeliographError): void {
    if (!this.isOpen) return
    this.isOpen = false
    for (const peer of this.members.values()) peer.gone()
    this.members.clear()
    this.knocks.clear()
    this.emitter.emit('closed', { reason, ...(error ? { error } : {}) })
    this.emitter.end()
  }
}
