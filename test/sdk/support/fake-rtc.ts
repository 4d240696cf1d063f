/** As much of an RTCPeerConnection as a link uses, with the states in the test's hands. */
import type { RtcOptions } from '../../../sdk/src/rtc/peer-link.ts'
import { FakePeerConnection } from './fake-peer-connection.ts'

export class FakeConnection extends FakePeerConnection {
  iceConnectionState: RTCIceConnectionState = 'new'
  connectionState: RTCPeerConnectionState = 'new'
  configuration: RTCConfiguration
  readonly channels: string[] = []
  restarts = 0
  isClosed = false

  constructor(name: string, configuration: RTCConfiguration = {}) {
    super(name)
    this.configuration = configuration
  }

  override restartIce(): void {
    this.restarts += 1
    super.restartIce()
  }

  setConfiguration(configuration: RTCConfiguration): void {
    this.configuration = configuration
  }

  createDataChannel(label: string, options: RTCDataChannelInit = {}): { readonly label: string } {
    this.channels.push(`${label} ${options.id} ${options.negotiated}`)
    this.add(label)
    return { label }
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
