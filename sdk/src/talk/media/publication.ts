/** A stream that we send: offered to the SFU, offered anew when that loses it, for as long as we want to send. */
import { asHeliographError, type HeliographError } from '../../core/errors.ts'
import { Source } from '../../core/source.ts'
import {
  answerPatience,
  type MediaContext,
  type StreamState,
  type StreamStateChange,
  statusChannel,
} from './context.ts'
import { Leg } from './leg.ts'
import { Retry } from './retry.ts'
import { candidateData, type MediaMessage, offerData, type PublishOptions, type StreamType } from './words.ts'

export interface PublicationEvents {
  state: StreamStateChange
  /** The server does not let us send this, any more or at all (`not_allowed`); `restart()` tries again. */
  refused: HeliographError
  /** It goes on, and is tried again. */
  error: HeliographError
}

/** Smaller pictures beside the one in full size: Janus knows them by these names. */
const threeSizes: RTCRtpEncodingParameters[] = [
  { rid: 'h' },
  { rid: 'm', scaleResolutionDownBy: 2 },
  { rid: 'l', scaleResolutionDownBy: 4 },
]
/** No other attempt makes these right. */
const finalRefusals: ReadonlySet<string> = new Set(['not_allowed', 'no_sdp', 'invalid_sdp', 'invalid_format'])

export class Publication extends Source<PublicationEvents> {
  readonly type: StreamType
  readonly #context: MediaContext
  readonly #options: PublishOptions
  readonly #retry: Retry
  readonly #tracks = new Map<MediaStreamTrack, readonly MediaStream[]>()
  #state: StreamState = 'new'
  #leg: Leg | undefined
  #sid = ''
  #channel: RTCDataChannel | undefined

  constructor(type: StreamType, options: PublishOptions, context: MediaContext) {
    super(context.world)
    this.type = type
    this.#options = options
    this.#context = context
    this.#retry = new Retry(context.world)
  }

  get state(): StreamState {
    return this.#state
  }

  /** Another one after each loss. */
  get connection(): RTCPeerConnection | undefined {
    return this.#leg?.connection
  }

  get tracks(): readonly MediaStreamTrack[] {
    return [...this.#tracks.keys()]
  }

  add(track: MediaStreamTrack, streams: readonly MediaStream[]): void {
    if (this.#tracks.has(track)) return
    this.#tracks.set(track, streams)
    if (this.#leg && this.#context.mayUpdate) this.#send(this.#leg, track, streams)
    else if (this.#state !== 'new') this.restart()
  }

  remove(track: MediaStreamTrack): void {
    if (!this.#tracks.delete(track)) return
    const connection = this.#leg?.connection
    for (const sender of connection?.getSenders() ?? []) if (sender.track === track) connection?.removeTrack(sender)
    if (this.#state === 'refused') this.restart()
  }

  /** Without negotiating again: another camera of the same kind. */
  async replace(former: MediaStreamTrack, next: MediaStreamTrack): Promise<void> {
    this.#tracks.set(next, this.#tracks.get(former) ?? [])
    this.#tracks.delete(former)
    const senders = this.connection?.getSenders() ?? []
    await Promise.all(senders.filter(({ track }) => track === former).map((sender) => sender.replaceTrack(next)))
  }

  /** True if it went out to those who get this stream; while there is no connection, nothing does. */
  tell(data: unknown): boolean {
    if (this.#channel?.readyState !== 'open') return false
    this.#channel.send(JSON.stringify(data))
    return true
  }

  /** Offers everything with a connection of its own. */
  restart(): void {
    if (this.#state === 'closed') return
    this.#leg?.end()
    this.#sid = Math.floor(this.#context.world.random() * 2 ** 48).toString()
    const leg = new Leg({
      ...this.#context,
      found: (candidate) => this.#say(candidateData(this.type, this.#sid, candidate)),
      connected: () => this.#connected(),
      lost: () => this.#lost(),
      failed: (thrown) => this.#failed(thrown),
    })
    this.#leg = leg
    this.#become('connecting')
    leg.connection.addEventListener('negotiationneeded', () => void this.#offer(leg), { signal: leg.ended })
    for (const [track, streams] of this.#tracks) this.#send(leg, track, streams)
    this.#channel = leg.connection.createDataChannel(statusChannel)
  }

  /** For the call: what the server said of it. */
  received(message: MediaMessage): void {
    const isOurs = message.sid === undefined || message.sid === this.#sid
    if (!this.#leg || !isOurs) return
    if (message.kind === 'answer') {
      this.#retry.stop()
      this.#leg.takeAnswer(message.sdp)
    } else if (message.kind === 'candidate') this.#leg.takeCandidate(message.candidate)
    else if (message.kind === 'unshared') this.#lost()
  }

  /** For the call. */
  close(): void {
    this.#endLeg()
    this.#become('closed')
    this.emitter.end()
  }

  #send({ connection }: Leg, track: MediaStreamTrack, streams: readonly MediaStream[]): void {
    const inSizes = this.#options.simulcast === true && track.kind === 'video'
    connection.addTransceiver(track, {
      direction: 'sendonly',
      streams: [...streams],
      ...(inSizes ? { sendEncodings: threeSizes.map((size) => ({ ...size })) } : {}),
    })
  }

  async #offer(leg: Leg): Promise<void> {
    const sdp = await leg.offer()
    if (sdp === undefined || leg !== this.#leg) return
    this.#say(offerData(this.type, this.#sid, sdp, this.#options), (error) => {
      if (leg === this.#leg) this.#declined(error)
    })
    this.#retry.in(answerPatience, () => this.#lost())
  }

  #say(data: Parameters<MediaContext['say']>[1], refused?: (error: HeliographError) => void): void {
    this.#context.say(this.#context.selfId, data, refused)
  }

  #declined(error: HeliographError): void {
    if (!finalRefusals.has(error.code)) {
      this.emitter.emit('error', error)
      return this.#lost()
    }
    this.#endLeg()
    this.#become('refused')
    this.emitter.emit('refused', error)
  }

  #connected(): void {
    this.#retry.worked()
    this.#become('connected')
  }

  #lost(): void {
    if (this.#state === 'closed' || this.#state === 'refused') return
    this.#endLeg()
    this.#become('interrupted')
    this.#retry.again(() => this.restart())
  }

  #failed(thrown: unknown): void {
    this.emitter.emit('error', asHeliographError(thrown, `sending ${this.type}`))
    // Tracks and codecs that do not fit will not fit the next time either, but an answer may.
    if (this.#leg?.connection.signalingState === 'have-local-offer') this.#lost()
  }

  #endLeg(): void {
    this.#retry.stop()
    this.#leg?.end()
    this.#leg = undefined
    this.#channel = undefined
  }

  #become(to: StreamState): void {
    const from = this.#state
    if (from === to || from === 'closed') return
    this.#state = to
    this.emitter.emit('state', { from, to })
  }
}
