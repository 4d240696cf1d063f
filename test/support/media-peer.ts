/** Peer connections in this process, over werift on 127.0.0.1: one that sends audio and video, and one that receives. */
import {
  MediaStreamTrack,
  type PeerConfig,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  RtpHeader,
  RtpPacket,
} from 'werift'

const opus = new RTCRtpCodecParameters({ mimeType: 'audio/opus', clockRate: 48_000, channels: 2 })
const vp8 = new RTCRtpCodecParameters({
  mimeType: 'video/VP8',
  clockRate: 90_000,
  rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
})

const configuration: Partial<PeerConfig> = {
  iceServers: [],
  iceUseIpv6: false,
  iceAdditionalHostAddresses: ['127.0.0.1'],
  codecs: { audio: [opus], video: [vp8] },
}

export interface Sender extends AsyncDisposable {
  /** Everything in it, candidates too. */
  offer(): Promise<string>
  answered(sdp: string): Promise<void>
  /** Resolves when the connection is there. */
  readonly connected: Promise<void>
  state(): string
}

/** From `connected` on it sends a packet of each kind every 20 ms. */
export function createSender(kinds: readonly ('audio' | 'video')[] = ['audio', 'video']): Sender {
  const connection = new RTCPeerConnection(configuration)
  const tracks = kinds.map((kind) => {
    const track = new MediaStreamTrack({ kind })
    connection.addTransceiver(track, { direction: 'sendonly' })
    return track
  })
  let sequence = 1
  const timer = setInterval(() => {
    if (connection.connectionState !== 'connected') return
    for (const track of tracks) track.writeRtp(packet(track.kind, sequence))
    sequence++
  }, 20)
  return {
    async offer() {
      await connection.setLocalDescription(await connection.createOffer())
      return connection.localDescription?.sdp ?? ''
    },
    answered: (sdp) => connection.setRemoteDescription({ type: 'answer', sdp }),
    connected: becomesConnected(connection),
    state: () => connection.connectionState,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await connection.close()
    },
  }
}

export interface Receiver extends AsyncDisposable {
  answer(offer: string): Promise<string>
  readonly connected: Promise<void>
  /** Resolves when so many more packets of that kind have come. */
  hears(kind: 'audio' | 'video', packets: number): Promise<void>
}

export function createReceiver(): Receiver {
  const connection = new RTCPeerConnection(configuration)
  const counts = { audio: 0, video: 0 }
  const waiting = new Set<() => void>()
  connection.onTrack.subscribe((track) => {
    const { kind } = track
    if (kind !== 'audio' && kind !== 'video') return
    track.onReceiveRtp.subscribe(() => {
      counts[kind]++
      for (const look of [...waiting]) look()
    })
  })
  return {
    async answer(offer) {
      await connection.setRemoteDescription({ type: 'offer', sdp: offer })
      await connection.setLocalDescription(await connection.createAnswer())
      return connection.localDescription?.sdp ?? ''
    },
    connected: becomesConnected(connection),
    hears(kind, packets) {
      const wanted = counts[kind] + packets
      return new Promise((resolve) => {
        const look = (): void => {
          if (counts[kind] < wanted) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      })
    },
    async [Symbol.asyncDispose]() {
      await connection.close()
    },
  }
}

function becomesConnected(connection: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    connection.connectionStateChange.subscribe((state) => {
      if (state === 'connected') resolve()
    })
  })
}

/** A packet as an encoder would make it; for VP8, the begin of a key frame of 16×16. */
function packet(kind: string, sequence: number): RtpPacket {
  const isVideo = kind === 'video'
  const header = new RtpHeader({
    sequenceNumber: sequence & 0xffff,
    timestamp: (sequence * (isVideo ? 1_800 : 960)) >>> 0,
    payloadType: isVideo ? vp8.payloadType : opus.payloadType,
    marker: isVideo,
    ssrc: isVideo ? 2 : 1,
  })
  const vp8Frame = [0x10, 0x50, 0x01, 0x00, 0x9d, 0x01, 0x2a, 16, 0, 16, 0]
  return new RtpPacket(header, Buffer.from(isVideo ? [...vp8Frame, ...new Array(200).fill(7)] : new Array(60).fill(7)))
}
