/** Peer connections of werift that send or receive made-up audio: enough for an SFU to take them for real. */
import { MediaStreamTrack, RTCPeerConnection, RtpHeader, RtpPacket } from 'werift'

export interface MediaPeer {
  /** Its offer, with its candidates in it. */
  offer(): Promise<string>
  /** Takes an answer. */
  accept(sdp: string): Promise<void>
  /** Takes an offer and answers it. */
  answer(sdp: string): Promise<string>
  /** Resolves when the connection is up. */
  readonly connected: Promise<void>
  /** Resolves when media has come. */
  readonly heard: Promise<void>
  close(): Promise<void>
}

/** How often (ms) a packet is sent. */
const pace = 20

export function sendingPeer(): MediaPeer {
  const peer = newPeer()
  const track = new MediaStreamTrack({ kind: 'audio' })
  peer.addTransceiver(track, { direction: 'sendonly' })
  let sequence = 0
  const ticking = setInterval(() => {
    sequence++
    const header = new RtpHeader({ sequenceNumber: sequence & 0xffff, timestamp: sequence * 960, payloadType: 111 })
    track.writeRtp(new RtpPacket(header, Buffer.from('made up')).serialize())
  }, pace)
  return wrapped(peer, () => clearInterval(ticking))
}

export const receivingPeer = (): MediaPeer => wrapped(newPeer(), () => {})

const newPeer = (): RTCPeerConnection =>
  new RTCPeerConnection({ iceServers: [], iceAdditionalHostAddresses: ['127.0.0.1'], iceUseIpv6: false })

function wrapped(peer: RTCPeerConnection, end: () => void): MediaPeer {
  const connected = Promise.withResolvers<void>()
  const heard = Promise.withResolvers<void>()
  peer.connectionStateChange.subscribe((state) => {
    if (state === 'connected') connected.resolve()
  })
  peer.onTrack.subscribe((track) => track.onReceiveRtp.once(() => heard.resolve()))
  const local = (): string => peer.localDescription?.sdp ?? ''
  return {
    async offer() {
      await peer.setLocalDescription(await peer.createOffer())
      return local()
    },
    async accept(sdp) {
      await peer.setRemoteDescription({ type: 'answer', sdp })
    },
    async answer(sdp) {
      await peer.setRemoteDescription({ type: 'offer', sdp })
      await peer.setLocalDescription(await peer.createAnswer())
      return local()
    },
    connected: connected.promise,
    heard: heard.promise,
    async close() {
      end()
      await peer.close()
    },
  }
}
