/** A stream that we get from somebody: asked for, answered, and asked for again when it is lost, until it is closed. */
import { asHeliographError, type HeliographError } from '../../core/errors.ts'
import { readObject } from '../../core/json.ts'
import { Source } from '../../core/source.ts'
import {
  answerPatience,
  type MediaContext,
  receivingChannel,
  type StreamState,
  type StreamStateChange,
} from './context.ts'
import { Leg } from './leg.ts'
import { Retry } from './retry.ts'
import {
  answerData,
  candidateData,
  type MediaMessage,
  requestData,
  type Selection,
  type StreamType,
  selectData,
} from './words.ts'

export interface SubscriptionEvents {
  state: StreamStateChange
  /** Again with each new connection, when the sender has come back. */
  track: RTCTrackEvent
  /** What the sender tells on the status channel, for example { type: 'audioOff' }. */
  status: Readonly<Record<string, unknown>>
  /** It goes on, and is tried again. */
  error: HeliographError
}

/** ms in which a server that follows the sender by itself may offer what we would ask for. */
const grace = 1_000

/** ms after which a choice of size is said again. */
const secondTime = 1_000

export class Subscription extends Source<SubscriptionEvents> {
  /** Whose. */
  readonly session: string
  readonly type: StreamType
  readonly #context: MediaContext
  readonly #retry: Retry
  #state: StreamState = 'new'
  #leg: Leg | undefined
  /** That of the connection which is there; some servers give none. */
  #sid: string | undefined
  #selection: Selection | undefined
  #cancelSecond: (() => void) | undefined

  constructor(session: string, type: StreamType, context: MediaContext) {
    super(context.world)
    this.session = session
    this.type = type
    this.#context = context
    this.#retry = new Retry(context.world)
  }

  get state(): StreamState {
    return this.#state
  }

  /** Another one whenever the sender or the SFU begins anew. */
  get connection(): RTCPeerConnection | undefined {
    return this.#leg?.connection
  }

  get tracks(): readonly MediaStreamTrack[] {
    return this.connection?.getReceivers().map(({ track }) => track) ?? []
  }

  /** Remembered: the next connection is told so too. */
  select(selection: Selection): void {
    this.#selection = { ...this.#selection, ...selection }
    if (this.#state === 'connected') this.#sayTwice(selection)
  }

  /** Asks for an offer, as if there were no connection. */
  request(): void {
    if (this.#state === 'closed') return
    if (this.#state === 'new') this.#become('connecting')
    const former = this.#leg
    this.#say(requestData(this.type), (error) => {
      if (this.#state === 'closed' || this.#leg !== former || this.#state === 'connected') return
      this.emitter.emit('error', error)
      this.#retry.again(() => this.request())
    })
    this.#retry.in(answerPatience, () => this.#retry.again(() => this.request()))
  }

  /** For the call: what the server said of it. */
  received(message: MediaMessage): void {
    if (this.#state === 'closed') return
    if (message.kind === 'offer') void this.#offered(message.sdp, message.sid, message.update)
    else if (message.kind === 'candidate' && (message.sid === undefined || message.sid === this.#sid))
      this.#leg?.takeCandidate(message.candidate)
  }

  /** For the call. */
  close(): void {
    this.#retry.stop()
    this.#cancelSecond?.()
    this.#leg?.end()
    this.#leg = undefined
    this.#become('closed')
    this.emitter.end()
  }

  async #offered(sdp: string, sid: string | undefined, update: boolean): Promise<void> {
    this.#retry.stop()
    const isSame = this.#leg !== undefined && !this.#leg.isEnded && (update || (sid !== undefined && sid === this.#sid))
    const leg = isSame && this.#leg ? this.#leg : this.#begin(sid)
    const answer = await leg.takeOffer(sdp)
    if (answer === undefined || leg !== this.#leg) return
    this.#say(answerData(this.type, this.#sid, answer), (error) => {
      if (leg === this.#leg) this.#failed(error)
    })
  }

  #begin(sid: string | undefined): Leg {
    this.#leg?.end()
    this.#sid = sid
    const leg = new Leg({
      ...this.#context,
      found: (candidate) => this.#say(candidateData(this.type, this.#sid, candidate)),
      connected: () => this.#connected(),
      lost: () => this.#lost(),
      failed: (thrown) => this.#failed(thrown),
    })
    this.#leg = leg
    const { connection, ended: signal } = leg
    connection.addEventListener('track', (event) => this.emitter.emit('track', event), { signal })
    connection.addEventListener('datachannel', ({ channel }) => this.#listen(channel, signal), { signal })
    // Janus passes nothing on before we have opened a channel ourselves; what it passes on comes on one of its own.
    this.#listen(connection.createDataChannel(receivingChannel), signal)
    this.#become('connecting')
    return leg
  }

  #listen(channel: RTCDataChannel, signal: AbortSignal): void {
    channel.addEventListener(
      'message',
      ({ data }) => {
        const status = typeof data === 'string' ? readObject(data) : undefined
        if (status) this.emitter.emit('status', status)
      },
      { signal },
    )
  }

  #say(data: Parameters<MediaContext['say']>[1], refused?: (error: HeliographError) => void): void {
    this.#context.say(this.session, data, refused)
  }

  #connected(): void {
    this.#retry.worked()
    this.#become('connected')
    if (this.#selection) this.#sayTwice(this.#selection)
  }

  /**
   * For another size Janus asks the sender for a key frame, once; a sender passes over what comes too soon after another
   * such wish, and then the size would never change.
   */
  #sayTwice(selection: Selection): void {
    const leg = this.#leg
    const say = () => this.#say(selectData(this.type, this.#sid, selection))
    say()
    this.#cancelSecond?.()
    if (selection.substream === undefined) return
    this.#cancelSecond = this.#context.world.after(secondTime, () => {
      if (leg === this.#leg) say()
    })
  }

  #lost(): void {
    this.#leg?.end()
    this.#leg = undefined
    this.#become('interrupted')
    this.#retry.again(() => this.request(), grace)
  }

  #failed(thrown: unknown): void {
    this.emitter.emit('error', asHeliographError(thrown, `getting ${this.type}`))
    if (this.#state !== 'connected') this.#lost()
  }

  #become(to: StreamState): void {
    const from = this.#state
    if (from === to || from === 'closed') return
    this.#state = to
    this.emitter.emit('state', { from, to })
  }
}
