/** Perfect negotiation (W3C webrtc-pc 10.7) over a way that may lose what it carries. */
import type { World } from '../core/world.ts'
import type { Candidate, DescriptionSignal, Signal } from './signal.ts'

/** As much of an RTCPeerConnection as negotiating takes. */
export type Negotiable = Pick<
  RTCPeerConnection,
  | 'signalingState'
  | 'localDescription'
  | 'currentLocalDescription'
  | 'remoteDescription'
  | 'setLocalDescription'
  | 'setRemoteDescription'
  | 'addIceCandidate'
  | 'addEventListener'
>

export interface NegotiationOptions {
  readonly connection: Negotiable
  readonly polite: boolean
  readonly send: (signal: Signal) => void
  /** Nothing is offered or answered before: ICE servers cannot be added to an offer that is out. */
  readonly prepared: Promise<void>
  readonly world: Pick<World, 'after'>
  readonly failed: (thrown: unknown) => void
}

/** ms after which an offer without an answer is said again; doubled each time up to the longest. */
const [firstWait, longestWait] = [10_000, 60_000]
/** ms that a first offer may take to its first candidate before it is withdrawn. */
const gatheringPatience = 500
/** So many candidates may wait for a description; more are no honest end's. */
const mostCandidates = 500

export class Negotiation {
  readonly #options: NegotiationOptions
  readonly #ended = new AbortController()
  /** Candidates that came before the description that they belong to. */
  readonly #early: Candidate[] = []
  #isMakingOffer = false
  #ignoresOffer = false
  #needsOffer = false
  /** Since our last offer a candidate was found, or it was found out that there is none. */
  #hasFound = false
  #found: () => void = () => {}
  /** The number of our last offer. */
  #number = 0
  #repeats = 0
  #chain: Promise<void>
  #cancelRepeat: (() => void) | undefined

  constructor(options: NegotiationOptions) {
    this.#options = options
    const { connection } = options
    const { signal } = this.#ended
    this.#chain = options.prepared
    connection.addEventListener('negotiationneeded', () => void this.#offer(), { signal })
    connection.addEventListener('icecandidate', ({ candidate }) => this.#sayCandidate(candidate), { signal })
    connection.addEventListener('signalingstatechange', () => this.#settled(), { signal })
  }

  /** One after the other: a candidate must not overtake its description. */
  receive(signal: Exclude<Signal, { readonly kind: 'bye' }>): void {
    this.#chain = this.#chain.then(async () => {
      if (this.#ended.signal.aborted) return
      try {
        if (signal.kind === 'candidate') await this.#takeCandidate(signal.candidate)
        else await this.#takeDescription(signal)
      } catch (thrown) {
        this.#failed(thrown)
      }
    })
  }

  /** Says again what is out without an answer. */
  repeat(): void {
    const { connection } = this.#options
    if (connection.signalingState === 'have-local-offer' && !this.#isMakingOffer) this.#sayLocal()
  }

  end(): void {
    this.#ended.abort()
    this.#found()
    this.#cancelRepeat?.()
  }

  async #offer(): Promise<void> {
    const { connection, prepared } = this.#options
    this.#needsOffer = true
    await prepared
    if (this.#ended.signal.aborted || !this.#needsOffer || this.#isMakingOffer) return
    this.#needsOffer = false
    // A remote offer came in between; the event comes again when it has been answered.
    if (connection.signalingState !== 'stable') return
    try {
      this.#isMakingOffer = true
      this.#hasFound = false
      await connection.setLocalDescription()
      if (connection.localDescription?.type === 'offer') {
        this.#number += 1
        this.#sayLocal()
      }
    } catch (thrown) {
      this.#failed(thrown)
    } finally {
      this.#isMakingOffer = false
    }
  }

  async #takeDescription({ description, number }: DescriptionSignal): Promise<void> {
    const { connection, polite } = this.#options
    if (description.type === 'answer') {
      // An answer to an offer that was said twice comes twice, or to one that was withdrawn.
      if (connection.signalingState !== 'have-local-offer') return
      if (number !== undefined && number !== this.#number) return
    }
    // A remote answer cannot be half set here, as it can in the W3C's example: one signal is handled after the other.
    const collides = this.#isMakingOffer || connection.signalingState !== 'stable'
    this.#ignoresOffer = !polite && description.type === 'offer' && collides
    if (this.#ignoresOffer) return
    if (collides && !connection.currentLocalDescription) await this.#gathering()
    if (this.#ended.signal.aborted) return
    await connection.setRemoteDescription(description)
    for (const candidate of this.#early.splice(0)) await this.#add(candidate)
    if (description.type === 'offer') {
      await connection.setLocalDescription()
      this.#say(connection.localDescription, number)
    }
  }

  /** Chromium never finds a candidate again if its first offer is withdrawn while it is only beginning to look for them. */
  #gathering(): Promise<void> {
    if (this.#hasFound) return Promise.resolve()
    return new Promise((resolve) => {
      const cancel = this.#options.world.after(gatheringPatience, resolve)
      this.#found = () => {
        cancel()
        resolve()
      }
    })
  }

  /** One that does not fit may belong to the next description. */
  async #takeCandidate(candidate: Candidate | null): Promise<void> {
    const isForNow = !this.#ignoresOffer && this.#options.connection.remoteDescription !== null
    if (isForNow && (await this.#add(candidate))) return
    if (candidate && this.#early.length < mostCandidates) this.#early.push(candidate)
  }

  /** What never fits is of an offer that was withdrawn, or nonsense: that there is no path will be told by ICE. */
  async #add(candidate: Candidate | null): Promise<boolean> {
    const { connection } = this.#options
    try {
      await (candidate ? connection.addIceCandidate(candidate) : connection.addIceCandidate())
      return true
    } catch {
      return false
    }
  }

  #sayCandidate(candidate: RTCIceCandidate | null | undefined): void {
    if (this.#ended.signal.aborted) return
    this.#hasFound = true
    this.#found()
    if (!candidate || candidate.candidate === '') return this.#options.send({ kind: 'candidate', candidate: null })
    const { sdpMid = null, sdpMLineIndex = null, usernameFragment } = candidate
    this.#options.send({
      kind: 'candidate',
      candidate: {
        candidate: candidate.candidate,
        sdpMid,
        sdpMLineIndex,
        ...(usernameFragment === undefined || usernameFragment === null ? {} : { usernameFragment }),
      },
    })
  }

  #sayLocal(): void {
    this.#say(this.#options.connection.localDescription, this.#number)
    this.#cancelRepeat?.()
    const wait = Math.min(firstWait * 2 ** this.#repeats, longestWait)
    this.#cancelRepeat = this.#options.world.after(wait, () => {
      this.#repeats += 1
      this.repeat()
    })
  }

  #say(description: RTCSessionDescription | null, number: number | undefined): void {
    const type = description?.type
    if (this.#ended.signal.aborted || !description || (type !== 'offer' && type !== 'answer')) return
    this.#options.send({
      kind: 'description',
      description: { type, sdp: description.sdp },
      ...(number === undefined ? {} : { number }),
    })
  }

  #settled(): void {
    if (this.#options.connection.signalingState !== 'stable') return
    this.#cancelRepeat?.()
    this.#cancelRepeat = undefined
    this.#repeats = 0
  }

  readonly #failed = (thrown: unknown): void => {
    if (!this.#ended.signal.aborted) this.#options.failed(thrown)
  }
}
