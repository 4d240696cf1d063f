/** Everybody in a room linked with everybody else: the same tracks to all, a link for each who comes. */
import { Emitter, type Eventful, type OnceOptions } from '../core/emitter.ts'
import type { Peer } from '../core/peer.ts'
import type { Room } from '../core/room.ts'
import { surroundings } from '../core/world.ts'
import type { PeerLink, RtcOptions } from './peer-link.ts'

export interface MeshEvents<Info = unknown> {
  /** A new link: add channels and listeners here. */
  link: { readonly peer: Peer<Info>; readonly link: PeerLink }
  /** The link is closed; another may follow. */
  unlinked: { readonly peer: Peer<Info>; readonly link: PeerLink }
  track: { readonly peer: Peer<Info>; readonly link: PeerLink; readonly event: RTCTrackEvent }
}

export class Mesh<Info = unknown> implements Eventful<MeshEvents<Info>> {
  readonly #room: Room<Info>
  readonly #options: RtcOptions
  readonly #emitter: Emitter<MeshEvents<Info>> = new Emitter(surroundings())
  readonly #links = new Map<string, PeerLink>()
  readonly #tracks = new Map<MediaStreamTrack, readonly MediaStream[]>()
  readonly #ended = new AbortController()

  /** Links begin with `start()`, so that listeners and tracks can be there before. */
  constructor(room: Room<Info>, options: RtcOptions = {}) {
    this.#room = room
    this.#options = options
  }

  get links(): ReadonlyMap<string, PeerLink> {
    return this.#links
  }

  start(): void {
    const { signal } = this.#ended
    const linkAll = () => {
      for (const peer of this.#room.members.values()) this.#link(peer)
    }
    this.#room.on('joined', (peer) => this.#link(peer), { signal })
    this.#room.on('call', (peer) => this.#link(peer), { signal })
    this.#room.on('rejoined', linkAll, { signal })
    this.#room.on('closed', () => this.close(), { signal })
    linkAll()
  }

  addStream(stream: MediaStream): void {
    for (const track of stream.getTracks()) this.addTrack(track, stream)
  }

  addTrack(track: MediaStreamTrack, ...streams: readonly MediaStream[]): void {
    this.#tracks.set(track, streams)
    for (const { connection } of this.#links.values()) connection.addTrack(track, ...streams)
  }

  removeTrack(track: MediaStreamTrack): void {
    this.#tracks.delete(track)
    for (const { connection } of this.#links.values()) {
      for (const sender of connection.getSenders()) if (sender.track === track) connection.removeTrack(sender)
    }
  }

  /** Without negotiating again: another camera of the same kind. */
  async replaceTrack(former: MediaStreamTrack, next: MediaStreamTrack): Promise<void> {
    this.#tracks.set(next, this.#tracks.get(former) ?? [])
    this.#tracks.delete(former)
    const senders = [...this.#links.values()].flatMap(({ connection }) => connection.getSenders())
    await Promise.all(senders.filter(({ track }) => track === former).map((sender) => sender.replaceTrack(next)))
  }

  /** Ends all links; the room goes on. */
  close(): void {
    this.#ended.abort()
    for (const link of [...this.#links.values()]) link.close()
    this.#emitter.end()
  }

  on<K extends keyof MeshEvents<Info>>(
    name: K,
    listener: (event: MeshEvents<Info>[K]) => void,
    options?: { readonly signal?: AbortSignal | undefined },
  ): () => void {
    return this.#emitter.on(name, listener, options)
  }

  once<K extends keyof MeshEvents<Info>>(
    name: K,
    options?: OnceOptions<MeshEvents<Info>[K]>,
  ): Promise<MeshEvents<Info>[K]> {
    return this.#emitter.once(name, options)
  }

  events<K extends keyof MeshEvents<Info>>(
    name: K,
    options?: { readonly signal?: AbortSignal | undefined },
  ): AsyncIterableIterator<MeshEvents<Info>[K]> {
    return this.#emitter.events(name, options)
  }

  #link(peer: Peer<Info>): void {
    if (this.#links.has(peer.id) || !peer.isPresent || this.#ended.signal.aborted) return
    const link = peer.rtc(this.#options)
    this.#links.set(peer.id, link)
    link.on('track', (event) => this.#emitter.emit('track', { peer, link, event }))
    link.on('closed', ({ why }) => {
      if (this.#links.get(peer.id) === link) this.#links.delete(peer.id)
      this.#emitter.emit('unlinked', { peer, link })
      // Whoever has begun anew may wait for us to do so too. Later: an offer of theirs may be what is being handled.
      if (why === 'replaced') queueMicrotask(() => this.#link(peer))
    })
    for (const [track, streams] of this.#tracks) link.connection.addTrack(track, ...streams)
    this.#emitter.emit('link', { peer, link })
  }
}
