/** As much of an RTCPeerConnection as a link uses, with the states in the test's hands. */
import type { RtcOptions } from '../../../sdk/src/rtc/peer-link.ts'
import { FakePeerConnection } from './fake-peer-connection.ts'

export interface FakeChannel extends EventTarget {
  readonly label: string
  readyState: RTCDataChannelState
  readonly sent: string[]
  send(text: string): void
}

export class FakeConnection extends FakePeerConnection {
  iceConnectionState: RTCIceConnectionState = 'new'
  connectionState: RTCPeerConnectionState = 'new'
  configuration: RTCConfiguration
  readonly channels: string[] = []
  /** What was to be sent: kind, direction and sizes. */
  readonly sent: string[] = []
  /** The one made last. */
  channel: FakeChannel | undefined
  /** Whatever carries it all; ended with `endTransport()`. */
  readonly transport: EventTarget & { state: RTCDtlsTransportState }
  restarts = 0
  isClosed = false

  constructor(name: string, configuration: RTCConfiguration = {}) {
    super(name)
    this.configuration = configuration
    const state: RTCDtlsTransportState = 'connected'
    this.transport = Object.assign(new EventTarget(), { state })
  }

  /** The other end has closed it. */
  endTransport(): void {
    this.transport.state = 'closed'
    this.transport.dispatchEvent(new Event('statechange'))
  }

  override restartIce(): void {
    this.restarts += 1
    super.restartIce()
  }

  setConfiguration(configuration: RTCConfiguration): void {
    this.configuration = configuration
  }

  createDataChannel(label: string, options: RTCDataChannelInit = {}): FakeChannel {
    this.channels.push(`${label} ${options.id} ${options.negotiated}`)
    if (this.remoteDescription === null) this.add(label)
    const sent: string[] = []
    const state: RTCDataChannelState = 'connecting'
    this.channel = Object.assign(new EventTarget(), {
      label,
      readyState: state,
      sent,
      send: (text: string) => void sent.push(text),
    })
    return this.channel
  }

  addTransceiver({ kind }: { readonly kind: string }, options: RTCRtpTransceiverInit = {}): void {
    this.sent.push(`${kind} ${options.direction} ${options.sendEncodings?.map(({ rid }) => rid).join('') ?? ''}`.trim())
    this.add(kind)
  }

  getSenders(): readonly [] {
    return []
  }

  getReceivers(): readonly { readonly transport: EventTarget; readonly track: string }[] {
    return [{ transport: this.transport, track: 'theirs' }]
  }

  close(): void {
    this.isClosed = true
  }

  ice(state: RTCIceConnectionState): void {
    this.iceConnectionState = state
    this.dispatchEvent(new Event('iceconnectionstatechange'))
  }

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state
    this.dispatchEvent(new Event('connectionstatechange'))
  }

  /** Ends all that is under way. */
  async finish(settled: () => Promise<void>): Promise<void> {
    await settled()
    while (this.operations.length + this.findings.length > 0) {
      for (const step of [...this.operations.slice(0, 1), ...this.findings]) step()
      await settled()
    }
  }
}

/** A constructor for links, and the connections that they made. */
export function fakeRtc(): {
  readonly made: FakeConnection[]
  readonly RTCPeerConnection: RtcOptions['RTCPeerConnection']
} {
  const made: FakeConnection[] = []
  function Connection(configuration?: RTCConfiguration): FakeConnection {
    const connection = new FakeConnection(`c${made.length}`, configuration)
    made.push(connection)
    return connection
  }
  // Whoever constructs with a function gets what it answers.
  const anything: unknown = Connection
  return { made, RTCPeerConnection: anything as RtcOptions['RTCPeerConnection'] }
}
