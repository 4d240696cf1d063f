/** A call through the server's SFU: what we send once, and what each of the others who are in the call sends. */
import type { HeliographError } from '../../core/errors.ts'
import type { Peer } from '../../core/peer.ts'
import { Source } from '../../core/source.ts'
import { IceServers } from '../../rtc/ice-servers.ts'
import type { RtcOptions } from '../../rtc/peer-link.ts'
import type { MediaSink, TalkInfo, TalkRoom } from '../room.ts'
import type { MediaContext } from './context.ts'
import { Publication } from './publication.ts'
import { Subscription } from './subscription.ts'
import { type MediaMessage, type PublishOptions, type StreamType, screenOfferData, unshareData } from './words.ts'

export interface SfuCallOptions extends RtcOptions {
  /** Of camera and microphone. */
  readonly publish?: PublishOptions | undefined
  readonly screen?: PublishOptions | undefined
  /** What the server calls the stream of camera and microphone. Talk's clients say `video`, also without a camera. */
  readonly streamType?: 'video' | 'audio' | undefined
  /** Whose camera and microphone is wanted. Everybody's, unless given; `review()` asks again. */
  readonly wants?: ((peer: Peer<TalkInfo>) => boolean) | undefined
}

export interface SfuCallEvents {
  /** We are in the call now, or not any more, as Nextcloud sees it. */
  active: { readonly isActive: boolean }
  /** Something of ours is being sent; add listeners here. */
  published: Publication
  /** A stream is being asked for, or somebody shares a screen; add listeners here. */
  subscribed: Subscription
  /** It is closed; another may follow. */
  unsubscribed: Subscription
  track: { readonly peer: Peer<TalkInfo>; readonly subscription: Subscription; readonly event: RTCTrackEvent }
  /** Told by somebody's `tell()`. */
  status: { readonly peer: Peer<TalkInfo>; readonly data: Readonly<Record<string, unknown>> }
  /** The server does not let us send that, any more or at all. */
  refused: { readonly publication: Publication; readonly error: HeliographError }
}

type OfMedia = 'camera' | 'screen'

/** In `inCall`: audio, video. */
const media = 2 | 4

export class SfuCall extends Source<SfuCallEvents> implements MediaSink {
  readonly #room: TalkRoom
  readonly #options: SfuCallOptions
  readonly #context: MediaContext
  readonly #publications = new Map<OfMedia, Publication>()
  readonly #subscriptions = new Map<string, Subscription>()
  readonly #tracks = new Map<MediaStreamTrack, readonly MediaStream[]>()
  readonly #ended = new AbortController()
  /** Who has been offered the screen that we share. */
  readonly #shown = new Set<string>()
  #screen: MediaStream | undefined
  #isActive = false

  /** Begins with `start()`, so that listeners and tracks can be there before. */
  constructor(room: TalkRoom, options: SfuCallOptions = {}) {
    const routes = room.mediaRoutes
    super(routes.world)
    this.#room = room
    this.#options = options
    const rtc = { ...routes.rtc(), ...options }
    const { iceServers = [] } = rtc
    this.#context = {
      world: routes.world,
      rtc,
      servers: iceServers instanceof IceServers ? iceServers : new IceServers(iceServers, routes.world),
      get selfId() {
        return room.selfId
      },
      get mayUpdate() {
        return routes.mayUpdate()
      },
      say: (session, data, refused) => routes.say(session, data, refused),
    }
  }

  /** Of camera and microphone, and of the screen. */
  get publications(): ReadonlyMap<OfMedia, Publication> {
    return this.#publications
  }

  get subscriptions(): readonly Subscription[] {
    return [...this.#subscriptions.values()]
  }

  get isActive(): boolean {
    return this.#isActive
  }

  /** What somebody sends, as far as we get it. */
  subscription(peer: string, type: StreamType = this.#streamType): Subscription | undefined {
    return this.#subscriptions.get(key(peer, type))
  }

  /** Sends and receives whenever Nextcloud says that we are in the call. */
  start(): void {
    const { signal } = this.#ended
    const room = this.#room
    room.sink = this
    const look = () => this.review()
    room.on('joined', look, { signal })
    room.on('left', look, { signal })
    room.on('changed', look, { signal })
    room.talk.on('in-call', look, { signal })
    room.on('rejoined', () => this.#anew(), { signal })
    room.on('closed', () => this.close(), { signal })
    this.review()
  }

  addStream(stream: MediaStream): void {
    for (const track of stream.getTracks()) this.addTrack(track, stream)
  }

  addTrack(track: MediaStreamTrack, ...streams: readonly MediaStream[]): void {
    this.#tracks.set(track, streams)
    this.#publications.get('camera')?.add(track, streams)
    this.review()
  }

  removeTrack(track: MediaStreamTrack): void {
    this.#tracks.delete(track)
    this.#publications.get('camera')?.remove(track)
  }

  /** Without negotiating again: another camera of the same kind. */
  async replaceTrack(former: MediaStreamTrack, next: MediaStreamTrack): Promise<void> {
    this.#tracks.set(next, this.#tracks.get(former) ?? [])
    this.#tracks.delete(former)
    await this.#publications.get('camera')?.replace(former, next)
  }

  /** Sends the screen beside the camera, to all who are in the call and who come to it, until it ends. */
  share(screen: MediaStream): void {
    this.#endScreen()
    this.#screen = screen
    for (const track of screen.getTracks()) track.addEventListener('ended', () => this.#stopped(screen))
    this.review()
  }

  unshare(): void {
    if (!this.#screen) return
    this.#screen = undefined
    this.#endScreen()
    this.#context.say(this.#context.selfId, unshareData)
    if (this.#room.isOpen) this.#room.send(unshareData)
  }

  /** To those who get our camera or microphone, as Talk's clients tell of { type: 'audioOff' }. True if it went out. */
  tell(data: unknown): boolean {
    return this.#publications.get('camera')?.tell(data) ?? false
  }

  /** Ends all streams; the room goes on. Nextcloud has to be told that we have left the call. */
  close(): void {
    if (this.#ended.signal.aborted) return
    this.#ended.abort()
    if (this.#room.sink === this) this.#room.sink = undefined
    this.#endAll()
    this.emitter.end()
  }

  /** Finds out whose streams are wanted now. */
  review(): void {
    if (this.#ended.signal.aborted || this.#room.sink !== this) return
    const isActive = this.#room.inCall !== 0
    if (isActive !== this.#isActive) {
      this.#isActive = isActive
      if (!isActive) this.#endAll()
      this.emitter.emit('active', { isActive })
    }
    if (!isActive) return
    if (this.#tracks.size > 0) this.#publish('camera', this.#streamType, this.#tracks, this.#options.publish)
    if (this.#screen) {
      const screen = this.#screen
      const tracks = new Map(screen.getTracks().map((track) => [track, [screen]]))
      this.#publish('screen', 'screen', tracks, this.#options.screen)
    }
    this.#subscribeToAll()
    this.#showScreen()
  }

  /** For the room. True if it was about media. */
  mediaSaid(from: string, message: MediaMessage): void {
    if (from === this.#context.selfId) {
      const of = message.stream === 'screen' ? 'screen' : 'camera'
      return this.#publications.get(of)?.received(message)
    }
    const known = this.#subscriptions.get(key(from, message.stream))
    if (message.kind === 'unshared') return this.#unsubscribe(known)
    // A screen is offered to all who are in the call.
    const isNew = message.kind === 'offer' && this.#isActive && this.#room.members.has(from)
    const subscription = known ?? (isNew ? this.#subscribe(from, message.stream) : undefined)
    subscription?.received(message)
  }

  get #streamType(): 'video' | 'audio' {
    return this.#options.streamType ?? 'video'
  }

  #publish(
    of: OfMedia,
    type: StreamType,
    tracks: ReadonlyMap<MediaStreamTrack, readonly MediaStream[]>,
    options: PublishOptions = {},
  ): void {
    if (this.#publications.has(of)) return
    const publication = new Publication(type, options, this.#context)
    this.#publications.set(of, publication)
    publication.on('refused', (error) => this.emitter.emit('refused', { publication, error }))
    if (of === 'screen') {
      publication.on('state', ({ to }) => {
        if (to === 'connecting') this.#shown.clear()
        if (to === 'connected') this.#showScreen()
      })
    }
    for (const [track, streams] of tracks) publication.add(track, streams)
    this.emitter.emit('published', publication)
    publication.restart()
  }

  #subscribeToAll(): void {
    const { members } = this.#room
    const { wants = () => true } = this.#options
    for (const subscription of [...this.#subscriptions.values()]) {
      const peer = members.get(subscription.session)
      const isSent = subscription.type === 'screen' ? peer?.info.inCall : peer && sends(peer) && wants(peer)
      if (!isSent) this.#unsubscribe(subscription)
    }
    for (const peer of members.values()) {
      if (sends(peer) && wants(peer) && !this.#subscriptions.has(key(peer.id, this.#streamType))) {
        this.#subscribe(peer.id, this.#streamType).request()
      }
    }
  }

  #subscribe(session: string, type: StreamType): Subscription {
    const subscription = new Subscription(session, type, this.#context)
    this.#subscriptions.set(key(session, type), subscription)
    const withPeer = (tell: (peer: Peer<TalkInfo>) => void) => {
      const peer = this.#room.members.get(session)
      if (peer) tell(peer)
    }
    subscription.on('track', (event) => withPeer((peer) => this.emitter.emit('track', { peer, subscription, event })))
    subscription.on('status', (data) => withPeer((peer) => this.emitter.emit('status', { peer, data })))
    this.emitter.emit('subscribed', subscription)
    return subscription
  }

  #unsubscribe(subscription: Subscription | undefined): void {
    if (!subscription) return
    this.#subscriptions.delete(key(subscription.session, subscription.type))
    subscription.close()
    this.emitter.emit('unsubscribed', subscription)
  }

  /** To those who have come to the call since it was offered last. */
  #showScreen(): void {
    if (this.#publications.get('screen')?.state !== 'connected') return
    for (const { id, info } of this.#room.members.values()) {
      if (info.inCall === 0) this.#shown.delete(id)
      else if (!this.#shown.has(id)) {
        this.#shown.add(id)
        this.#context.say(id, screenOfferData)
      }
    }
  }

  /** By the browser's own button, or because the window is gone. */
  #stopped(screen: MediaStream): void {
    const isOver = screen.getTracks().every(({ readyState }) => readyState === 'ended')
    if (isOver && this.#screen === screen) this.unshare()
  }

  #endScreen(): void {
    this.#publications.get('screen')?.close()
    this.#publications.delete('screen')
    this.#shown.clear()
  }

  /** We are somebody new: what there was went with the former session. */
  #anew(): void {
    this.#endAll()
    this.review()
  }

  #endAll(): void {
    for (const publication of this.#publications.values()) publication.close()
    this.#publications.clear()
    this.#shown.clear()
    for (const subscription of [...this.#subscriptions.values()]) this.#unsubscribe(subscription)
  }
}

const key = (session: string, type: StreamType): string => `${type} ${session}`

const sends = ({ info }: Peer<TalkInfo>): boolean => (info.inCall & media) !== 0
