/** Somebody else in a room: who it is, what to send it, and the peer connection with it. */
import { PeerLink, type RtcOptions } from '../rtc/peer-link.ts'
import type { Signal } from '../rtc/signal.ts'
import type { SendOptions } from './connection.ts'
import { UsageError } from './errors.ts'
import type { World } from './world.ts'

export interface User {
  readonly id: string
  readonly name?: string | undefined
}

/** What a peer needs of the room that it is in. */
export interface PeerRoutes {
  send(peer: string, data: unknown, options: SendOptions): boolean
  signal(peer: string, signal: Signal): void
  isPolite(peer: string): boolean
  rtc(): RtcOptions
  readonly world: World
}

/** So many signals of a call may wait for an answer: an offer and its candidates. */
const mostWaiting = 200

export class Peer<Info = unknown> {
  readonly id: string
  readonly user: User | undefined
  readonly #routes: PeerRoutes
  #info: Info
  #isPresent = true
  #link: PeerLink | undefined
  /** An offer, and what followed it, while nobody has called `rtc()`. */
  #call: Signal[] = []

  constructor(id: string, user: User | undefined, info: Info, routes: PeerRoutes) {
    this.id = id
    this.user = user
    this.#info = info
    this.#routes = routes
  }

  /** What the protocol tells beyond id and user. */
  get info(): Info {
    return this.#info
  }

  /** False once it has left. */
  get isPresent(): boolean {
    return this.#isPresent
  }

  /** The peer connection, if there is one. */
  get link(): PeerLink | undefined {
    return this.#link
  }

  /** True if it went out or is kept until it can. */
  send(data: unknown, options: SendOptions = {}): boolean {
    if (!this.#isPresent) throw new UsageError(`${this.id} has left`)
    return this.#routes.send(this.id, data, options)
  }

  /** The peer connection with it, made if there is none; the call that waits, if one does, is answered by it. */
  rtc(options: RtcOptions = {}): PeerLink {
    if (this.#link) return this.#link
    if (!this.#isPresent) throw new UsageError(`${this.id} has left`)
    const { world } = this.#routes
    const link = new PeerLink({
      ...this.#routes.rtc(),
      ...options,
      world,
      polite: this.#routes.isPolite(this.id),
      send: (signal) => this.#routes.signal(this.id, signal),
    })
    this.#link = link
    link.on('closed', () => {
      if (this.#link === link) this.#link = undefined
    })
    for (const signal of this.#call.splice(0)) link.receive(signal)
    return link
  }

  /** For the room: what came from it. True if it begins a call that nobody has answered. */
  receive(signal: Signal): boolean {
    if (this.#link?.isOfAnother(signal)) this.#link.abandon('replaced')
    if (this.#link) {
      this.#link.receive(signal)
      return false
    }
    const isOffer = signal.kind === 'description' && signal.description.type === 'offer'
    if (isOffer) {
      const isFirst = this.#call.length === 0
      this.#call = [signal]
      return isFirst
    }
    if (signal.kind === 'bye') this.#call = []
    else if (this.#call.length > 0 && this.#call.length < mostWaiting) this.#call.push(signal)
    return false
  }

  /** For the room. */
  update(info: Info): void {
    this.#info = info
  }

  /** For the room: the other end is gone, or takes us for somebody new. */
  abandonLink(): void {
    this.#call = []
    this.#link?.abandon('gone')
  }

  /** For the room. */
  gone(): void {
    this.#isPresent = false
    this.abandonLink()
  }
}
