/** The signaling part of an RTCPeerConnection (W3C webrtc-pc 4.4), whose every operation ends when the test lets it. */
import type { Negotiable } from '../../../sdk/src/rtc/negotiation.ts'

/** What an SDP stands for here. */
export interface Content {
  readonly by: string
  readonly ufrag: string
  /** What this end wants to send. */
  readonly media: readonly string[]
  /** The ufrag of the offer that is answered. */
  readonly answers?: string
}

export const contentOf = (description: { readonly sdp: string } | null | undefined): Content | undefined =>
  description ? JSON.parse(description.sdp) : undefined

type Operation = () => void

export class FakePeerConnection extends EventTarget {
  readonly name: string
  signalingState: RTCSignalingState = 'stable'
  currentLocalDescription: RTCSessionDescription | null = null
  pendingLocalDescription: RTCSessionDescription | null = null
  currentRemoteDescription: RTCSessionDescription | null = null
  pendingRemoteDescription: RTCSessionDescription | null = null
  /** Candidates that fitted the remote description of their time. */
  readonly candidates: string[] = []
  /** Operations that have not ended, oldest first. */
  readonly operations: Operation[] = []
  /** Candidates that are still to be found; each is found after the description that it belongs to. */
  readonly findings: Operation[] = []
  readonly #media: string[] = []
  #offers = 0
  #needsNegotiation = false

  constructor(name: string) {
    super()
    this.name = name
  }

  get localDescription(): RTCSessionDescription | null {
    return this.pendingLocalDescription ?? this.currentLocalDescription
  }

  get remoteDescription(): RTCSessionDescription | null {
    return this.pendingRemoteDescription ?? this.currentRemoteDescription
  }

  get wantsNegotiation(): boolean {
    return this.#needsNegotiation
  }

  add(media: string): void {
    this.#media.push(media)
    this.#needNegotiation()
  }

  restartIce(): void {
    this.#needNegotiation()
  }

  setLocalDescription(): Promise<void> {
    return this.#operate(() => {
      if (this.signalingState === 'have-remote-offer') this.#answer()
      else if (this.signalingState === 'stable' || this.signalingState === 'have-local-offer') this.#offer()
      else throw new DOMException('wrong state', 'InvalidStateError')
    })
  }

  setRemoteDescription(given: RTCSessionDescriptionInit): Promise<void> {
    return this.#operate(() => {
      const description = describe(given.type, contentOf({ sdp: given.sdp ?? '' }))
      if (given.type === 'offer') {
        // Implicit rollback.
        if (this.signalingState === 'have-local-offer') {
          this.pendingLocalDescription = null
          this.#needsNegotiation = true
        } else if (this.signalingState !== 'stable') throw new DOMException('wrong state', 'InvalidStateError')
        this.pendingRemoteDescription = description
        return this.#enter('have-remote-offer')
      }
      if (this.signalingState !== 'have-local-offer') throw new DOMException('wrong state', 'InvalidStateError')
      if (contentOf(description)?.answers !== contentOf(this.pendingLocalDescription)?.ufrag) {
        throw new DOMException('an answer to another offer', 'OperationError')
      }
      this.currentLocalDescription = this.pendingLocalDescription
      this.currentRemoteDescription = description
      this.pendingLocalDescription = null
      this.#enter('stable')
    })
  }

  addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void> {
    return this.#operate(() => {
      const remote = [this.currentRemoteDescription, this.pendingRemoteDescription].map((one) => contentOf(one)?.ufrag)
      if (!this.remoteDescription) throw new DOMException('no remote description', 'InvalidStateError')
      if (!candidate) return
      if (!remote.includes(candidate.usernameFragment ?? '')) throw new DOMException('unknown ufrag', 'OperationError')
      this.candidates.push(candidate.candidate ?? '')
    })
  }

  #offer(): void {
    this.#offers += 1
    this.#needsNegotiation = false
    const ufrag = `${this.name}${this.#offers}`
    this.pendingLocalDescription = describe('offer', { by: this.name, ufrag, media: [...this.#media] })
    this.#enter('have-local-offer')
    this.#find(ufrag)
  }

  #answer(): void {
    this.#offers += 1
    const offer = contentOf(this.pendingRemoteDescription)
    const ufrag = `${this.name}${this.#offers}`
    const content = { by: this.name, ufrag, media: [...this.#media], answers: offer?.ufrag ?? '' }
    this.currentLocalDescription = describe('answer', content)
    this.currentRemoteDescription = this.pendingRemoteDescription
    this.pendingRemoteDescription = null
    // Whatever was wanted is in the answer: that is how transceivers of the offer are used.
    this.#needsNegotiation = false
    this.#enter('stable')
    this.#find(ufrag)
  }

  #find(ufrag: string): void {
    for (const candidate of [`${ufrag}-host`, '']) {
      const found = { candidate, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: ufrag }
      const event = Object.assign(new Event('icecandidate'), { candidate: candidate === '' ? null : found })
      this.findings.push(() => {
        this.findings.shift()
        this.dispatchEvent(event)
      })
    }
  }

  #enter(state: RTCSignalingState): void {
    this.signalingState = state
    this.dispatchEvent(new Event('signalingstatechange'))
  }

  #needNegotiation(): void {
    this.#needsNegotiation = true
    this.#tellNeed()
  }

  /** Told while stable and with nothing under way; otherwise when that is so again. */
  #tellNeed(): void {
    if (!this.#needsNegotiation || this.signalingState !== 'stable' || this.operations.length > 0) return
    queueMicrotask(() => {
      if (!this.#needsNegotiation || this.signalingState !== 'stable' || this.operations.length > 0) return
      this.dispatchEvent(new Event('negotiationneeded'))
    })
  }

  #operate(act: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.operations.push(() => {
        this.operations.shift()
        try {
          act()
          resolve()
        } catch (thrown) {
          reject(thrown)
        }
        this.#tellNeed()
      })
    })
  }
}

/** Typed as what the negotiation takes of a real one. */
export function asNegotiable(fake: FakePeerConnection): Negotiable {
  return fake as Negotiable
}

function describe(type: RTCSdpType, content: Content | undefined): RTCSessionDescription {
  const sdp = JSON.stringify(content)
  return { type, sdp, toJSON: () => ({ type, sdp }) }
}
