/** One peer connection with the SFU, from its first description to its end; what comes after it is another leg. */
import type { World } from '../../core/world.ts'
import type { IceServers } from '../../rtc/ice-servers.ts'
import type { RtcOptions } from '../../rtc/peer-link.ts'
import { serveIce } from '../../rtc/served.ts'
import type { Candidate } from '../../rtc/signal.ts'

export interface LegOptions {
  readonly rtc: RtcOptions
  readonly servers: IceServers
  readonly world: Pick<World, 'after'>
  /** A candidate of ours was found; null: there are no more. */
  found(candidate: Candidate | null): void
  connected(): void
  /** There is no path any more, or the SFU has ended it. */
  lost(): void
  failed(thrown: unknown): void
}

/** ms that a connection may be interrupted: it may come back by itself. */
const patience = 5_000
/** So many candidates may wait for a description; more are no honest end's. */
const mostCandidates = 500

export class Leg {
  readonly connection: RTCPeerConnection
  readonly #options: LegOptions
  readonly #ended = new AbortController()
  readonly #early: (Candidate | null)[] = []
  #chain: Promise<void>
  #isLost = false
  #transport: RTCDtlsTransport | undefined
  #cancelLoss: (() => void) | undefined

  constructor(options: LegOptions) {
    const { configuration = {}, RTCPeerConnection: Connection = globalThis.RTCPeerConnection } = options.rtc
    this.#options = options
    this.connection = new Connection(configuration)
    this.#chain = serveIce({
      connection: this.connection,
      servers: options.servers,
      configuration,
      ended: this.#ended.signal,
      failed: options.failed,
    })
    this.#watch()
  }

  get isEnded(): boolean {
    return this.#ended.signal.aborted
  }

  /** For listeners that are to end with it. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** Resolves with the SDP, or without one if this is not the time for an offer. */
  offer(): Promise<string | undefined> {
    return this.#next(async ({ connection }) => {
      if (connection.signalingState !== 'stable') return undefined
      await connection.setLocalDescription()
      return connection.localDescription?.sdp
    })
  }

  takeAnswer(sdp: string): void {
    void this.#next(async ({ connection }) => {
      // One that comes twice, or too late.
      if (connection.signalingState !== 'have-local-offer') return
      await connection.setRemoteDescription({ type: 'answer', sdp })
      await this.#takeEarly()
    })
  }

  /** Resolves with the SDP of the answer. */
  takeOffer(sdp: string): Promise<string | undefined> {
    return this.#next(async ({ connection }) => {
      await connection.setRemoteDescription({ type: 'offer', sdp })
      await this.#takeEarly()
      await connection.setLocalDescription()
      return connection.localDescription?.sdp
    })
  }

  takeCandidate(candidate: Candidate | null): void {
    void this.#next(async ({ connection }) => {
      if (connection.remoteDescription) await this.#add(candidate)
      else if (this.#early.length < mostCandidates) this.#early.push(candidate)
    })
  }

  end(): void {
    if (this.isEnded) return
    this.#ended.abort()
    this.#cancelLoss?.()
    // Some implementations close in their own time.
    Promise.resolve(this.connection.close()).catch(() => {})
  }

  /** One after the other, and nothing after the end: a candidate must not overtake its description. */
  #next<T>(step: (leg: Leg) => Promise<T>): Promise<T | undefined> {
    const done = this.#chain.then(async () => {
      if (this.isEnded) return undefined
      try {
        return await step(this)
      } catch (thrown) {
        if (!this.isEnded) this.#options.failed(thrown)
        return undefined
      }
    })
    this.#chain = done.then(() => {})
    return done
  }

  async #takeEarly(): Promise<void> {
    for (const candidate of this.#early.splice(0)) await this.#add(candidate)
  }

  /** One that does not fit is not worth a word: that there is no path will be told by ICE. */
  async #add(candidate: Candidate | null): Promise<void> {
    const { connection } = this
    await (candidate ? connection.addIceCandidate(candidate) : connection.addIceCandidate()).catch(() => {})
  }

  #watch(): void {
    const { connection } = this
    const { signal } = this.#ended
    connection.addEventListener('connectionstatechange', () => this.#changed(), { signal })
    connection.addEventListener(
      'icecandidate',
      ({ candidate }) => {
        if (!candidate || candidate.candidate === '') return this.#options.found(null)
        const { sdpMid = null, sdpMLineIndex = null, usernameFragment } = candidate
        const spelled = { candidate: candidate.candidate, sdpMid, sdpMLineIndex }
        this.#options.found(usernameFragment ? { ...spelled, usernameFragment } : spelled)
      },
      { signal },
    )
  }

  #changed(): void {
    switch (this.connection.connectionState) {
      case 'connected':
        this.#cancelLoss?.()
        this.#cancelLoss = undefined
        this.#watchTransport()
        return this.#options.connected()
      case 'disconnected':
        this.#cancelLoss ??= this.#options.world.after(patience, () => this.#lose())
        return
      case 'closed':
      case 'failed':
        return this.#lose()
    }
  }

  /** That the SFU has ended the stream is told here at once, by the state of the connection seconds later. */
  #watchTransport(): void {
    const { connection } = this
    const ends = [...connection.getSenders(), ...connection.getReceivers()]
    const transport = connection.sctp?.transport ?? ends.find((end) => end.transport)?.transport
    if (!transport || transport === this.#transport) return
    this.#transport = transport
    const look = () => {
      if (transport.state === 'closed' || transport.state === 'failed') this.#lose()
    }
    transport.addEventListener('statechange', look, { signal: this.#ended.signal })
  }

  #lose(): void {
    if (this.isEnded || this.#isLost) return
    this.#isLost = true
    this.#options.lost()
  }
}
