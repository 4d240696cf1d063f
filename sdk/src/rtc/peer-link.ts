/** One peer connection kept alive: perfect negotiation, candidates, restarts, and fresh credentials. */
import { Emitter, type Eventful, type OnceOptions } from '../core/emitter.ts'
import { asHeliographError, type HeliographError } from '../core/errors.ts'
import { surroundings, type World } from '../core/world.ts'
import { type IceServerSource, IceServers } from './ice-servers.ts'
import { Negotiation } from './negotiation.ts'
import { type ConnectionPath, connectionPath } from './path.ts'
import { serveIce } from './served.ts'
import type { Signal } from './signal.ts'

export interface RtcOptions {
  readonly iceServers?: IceServerSource | IceServers | undefined
  /** Everything else that an RTCPeerConnection can be told, for example iceTransportPolicy. */
  readonly configuration?: Omit<RTCConfiguration, 'iceServers'> | undefined
  /** Where there is none of its own, as in Node and Bun. */
  readonly RTCPeerConnection?: (new (configuration?: RTCConfiguration) => RTCPeerConnection) | undefined
}

export interface PeerLinkOptions extends RtcOptions {
  /** The polite one gives way when both offer at once. Exactly one of the two ends is. */
  readonly polite: boolean
  /** Carries a signal to the other end; the order is kept, a loss is made up for. */
  readonly send: (signal: Signal) => void
  readonly world?: Partial<World> | undefined
}

/** `connection` speaks of the same as RTCPeerConnection.connectionState. */
export type LinkState = RTCPeerConnectionState

/** We closed it, they said bye, they have left, or they began anew with another peer connection. */
export type CloseCause = 'us' | 'bye' | 'gone' | 'replaced'

export interface PeerLinkEvents {
  state: { readonly from: LinkState; readonly to: LinkState }
  track: RTCTrackEvent
  datachannel: RTCDataChannel
  /** The link goes on; what failed is tried again. */
  error: HeliographError
  closed: { readonly why: CloseCause }
}

/** Politeness without asking: of two ids the smaller one is polite. */
export const isPolite = (ownId: string, otherId: string): boolean => ownId < otherId

/** ms of `disconnected` after which a new path is sought; shorter interruptions heal by themselves. */
const patience = 2_000
/** ms after which a connection that is agreed on must have begun to look for a path. */
const startPatience = 4_000
/** ms between two searches for a new path; doubled each time up to the longest. */
const [firstPause, longestPause] = [2_000, 30_000]

export class PeerLink implements Eventful<PeerLinkEvents> {
  /** Untouched: add tracks and channels as ever. Offers and answers are made here. */
  readonly connection: RTCPeerConnection
  readonly polite: boolean
  readonly #world: World
  readonly #emitter: Emitter<PeerLinkEvents>
  readonly #send: (signal: Signal) => void
  readonly #negotiation: Negotiation
  readonly #ended = new AbortController()
  readonly #id: string
  #remoteId: string | undefined
  #state: LinkState = 'new'
  #cancelRestart: (() => void) | undefined
  #restarts = 0

  constructor(options: PeerLinkOptions) {
    const {
      iceServers = [],
      configuration = {},
      RTCPeerConnection: Connection = globalThis.RTCPeerConnection,
    } = options
    this.#world = surroundings(options.world)
    this.#emitter = new Emitter(this.#world)
    this.#id = Math.floor(this.#world.random() * 2 ** 48).toString(36)
    this.#send = options.send
    this.polite = options.polite
    const servers = iceServers instanceof IceServers ? iceServers : new IceServers(iceServers, this.#world)
    this.connection = new Connection(configuration)
    this.#negotiation = new Negotiation({
      connection: this.connection,
      polite: options.polite,
      send: (signal) => this.#send(signal.kind === 'description' ? { ...signal, link: this.#id } : signal),
      prepared: serveIce({
        connection: this.connection,
        servers,
        configuration,
        ended: this.#ended.signal,
        failed: (thrown) => this.#failed(thrown, 'asking for ICE servers'),
      }),
      world: this.#world,
      failed: (thrown) => this.#failed(thrown, 'negotiating'),
    })
    this.#watch()
  }

  get state(): LinkState {
    return this.#state
  }

  /** Takes what the other end sent. */
  receive(signal: Signal): void {
    if (this.#state === 'closed') return
    if (signal.kind === 'bye') return this.#close('bye')
    if (signal.kind === 'description') this.#remoteId ??= signal.link
    this.#negotiation.receive(signal)
  }

  /** True if the signal comes from another peer connection than the one we are linked to: its page was loaded again. */
  isOfAnother(signal: Signal): boolean {
    const link = signal.kind === 'description' ? signal.link : undefined
    return link !== undefined && this.#remoteId !== undefined && link !== this.#remoteId
  }

  /** The way to the other end was interrupted and is back: says again what may have been lost. */
  signalingResumed(): void {
    if (this.#state === 'closed') return
    this.#negotiation.repeat()
    if (this.#state !== 'connected' && this.#state !== 'new') this.#restart()
  }

  /** A data channel that both ends open under the same number, so that nobody has to wait for the other's. */
  channel(label: string, id: number, options: Omit<RTCDataChannelInit, 'negotiated' | 'id'> = {}): RTCDataChannel {
    return this.connection.createDataChannel(label, { ...options, negotiated: true, id })
  }

  path(): Promise<ConnectionPath | undefined> {
    return connectionPath(this.connection)
  }

  close(): void {
    if (this.#state === 'closed') return
    this.#send({ kind: 'bye' })
    this.#close('us')
  }

  /** Ends it without a word: the other end is gone, or takes us for somebody else by now. */
  abandon(why: 'gone' | 'replaced'): void {
    if (this.#state !== 'closed') this.#close(why)
  }

  on<K extends keyof PeerLinkEvents>(
    name: K,
    listener: (event: PeerLinkEvents[K]) => void,
    options?: { readonly signal?: AbortSignal | undefined },
  ): () => void {
    return this.#emitter.on(name, listener, options)
  }

  once<K extends keyof PeerLinkEvents>(name: K, options?: OnceOptions<PeerLinkEvents[K]>): Promise<PeerLinkEvents[K]> {
    return this.#emitter.once(name, options)
  }

  events<K extends keyof PeerLinkEvents>(
    name: K,
    options?: { readonly signal?: AbortSignal | undefined },
  ): AsyncIterableIterator<PeerLinkEvents[K]> {
    return this.#emitter.events(name, options)
  }

  #watch(): void {
    const { connection } = this
    const { signal } = this.#ended
    connection.addEventListener('connectionstatechange', () => this.#become(connection.connectionState), { signal })
    connection.addEventListener('iceconnectionstatechange', () => this.#iceChanged(), { signal })
    connection.addEventListener('signalingstatechange', () => this.#agreed(), { signal })
    connection.addEventListener('track', (event) => this.#emitter.emit('track', event), { signal })
    connection.addEventListener('datachannel', ({ channel }) => this.#emitter.emit('datachannel', channel), { signal })
  }

  /** Descriptions are exchanged, and nothing comes of it: no candidate was found, or all were lost on their way. */
  #agreed(): void {
    const { connection } = this
    if (connection.signalingState !== 'stable' || connection.iceConnectionState !== 'new') return
    if (connection.remoteDescription) this.#restartAfter(startPatience * 2 ** Math.min(this.#restarts, 3))
  }

  #iceChanged(): void {
    if (this.#state === 'closed') return
    const { iceConnectionState } = this.connection
    if (iceConnectionState === 'failed') this.#restart()
    else if (iceConnectionState === 'disconnected') this.#restartAfter(patience)
    else if (iceConnectionState === 'connected' || iceConnectionState === 'completed') {
      this.#cancelRestart?.()
      this.#cancelRestart = undefined
      this.#restarts = 0
    }
  }

  /** The first time at once, then with growing pauses. */
  #restart(): void {
    if (this.#restarts === 0) this.#restartAfter(0)
    else this.#restartAfter(Math.min(firstPause * 2 ** (this.#restarts - 1), longestPause))
  }

  #restartAfter(milliseconds: number): void {
    if (this.#cancelRestart) return
    const restart = () => {
      this.#cancelRestart = undefined
      const { iceConnectionState } = this.connection
      if (this.#state === 'closed' || iceConnectionState === 'connected' || iceConnectionState === 'completed') return
      this.#restarts += 1
      this.connection.restartIce()
    }
    if (milliseconds === 0) restart()
    else this.#cancelRestart = this.#world.after(milliseconds, restart)
  }

  #close(why: CloseCause): void {
    this.#negotiation.end()
    this.#ended.abort()
    this.#cancelRestart?.()
    // Some implementations close in their own time.
    Promise.resolve(this.connection.close()).catch(() => {})
    this.#become('closed')
    this.#emitter.emit('closed', { why })
    this.#emitter.end()
  }

  #become(to: LinkState): void {
    const from = this.#state
    if (from === to || from === 'closed') return
    this.#state = to
    this.#emitter.emit('state', { from, to })
  }

  #failed(thrown: unknown, what: string): void {
    if (this.#state !== 'closed') this.#emitter.emit('error', asHeliographError(thrown, what))
  }
}
