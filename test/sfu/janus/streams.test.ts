import { expect, test } from 'bun:test'
import { publisherStreams } from '../../../src/sfu/janus/streams.ts'

const lines = (...all: readonly string[]): string =>
  `${['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', 't=0 0', ...all].join('\r\n')}\r\n`

const audio = ['m=audio 9 UDP/TLS/RTP/SAVPF 111 0', 'a=mid:0', 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:111 opus/48000/2']
const video = ['m=video 9 UDP/TLS/RTP/SAVPF 98 99', 'a=mid:1', 'a=rtpmap:98 VP9/90000', 'a=rtpmap:99 rtx/90000']
const data = ['m=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'a=mid:2']

test('[M20] audio, video and data, by the codec that Janus answered with', () => {
  const sdp = lines(...audio, ...video, ...data)
  expect(publisherStreams(sdp, sdp)).toEqual([
    { mid: '0', mindex: 0, type: 'audio', codec: 'opus' },
    { mid: '1', mindex: 1, type: 'video', codec: 'vp9' },
    { mid: '2', mindex: 2, type: 'data' },
  ])
})

test('[M20] what another Janus has to know of the codec', () => {
  const opus = [...audio, 'a=fmtp:111 minptime=10; useinbandfec=1;usedtx=1;STEREO=1', 'a=fmtp:0 useinbandfec=0']
  const vp9 = [
    ...video,
    'a=fmtp:98 profile-id=2',
    'a=extmap:4 urn:3gpp:video-orientation',
    'a=extmap:6/recvonly http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
    'a=extmap:7 urn:something:else',
  ]
  const sdp = lines(...opus, ...vp9)
  expect(publisherStreams(sdp, sdp)).toEqual([
    { mid: '0', mindex: 0, type: 'audio', codec: 'opus', fec: true, dtx: true, stereo: true },
    {
      mid: '1',
      mindex: 1,
      type: 'video',
      codec: 'vp9',
      vp9_profile: '2',
      videoorient_ext_id: 4,
      playoutdelay_ext_id: 6,
    },
  ])
  const h264 = lines(
    'm=video 9 UDP/TLS/RTP/SAVPF 104',
    'a=mid:v',
    'a=rtpmap:104 H264/90000',
    'a=fmtp:104 packetization-mode=0;profile-level-id=42001f',
  )
  expect(publisherStreams(h264, h264)).toEqual([
    { mid: 'v', mindex: 0, type: 'video', codec: 'h264', h264_profile: '42001f' },
  ])
})

test('[M20] simulcast, which often only the offer tells', () => {
  for (const line of ['a=simulcast:send h;m;l', 'a=ssrc-group:SIM 1 2 3']) {
    expect(publisherStreams(lines(...video, line), lines(...video))).toMatchObject([{ simulcast: true }])
    expect(publisherStreams(lines(...video), lines(...video, line))).toMatchObject([{ simulcast: true }])
  }
  expect(publisherStreams(lines(...video, 'a=ssrc-group:FID 1 2'), lines(...video))[0]).not.toHaveProperty('simulcast')
})

test('[M20] lines that nobody can use are left out, and count all the same', () => {
  const noMid = ['m=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=rtpmap:111 opus/48000/2']
  const noCodec = ['m=video 0 UDP/TLS/RTP/SAVPF 98', 'a=mid:9']
  const other = ['m=text 9 UDP/TLS/RTP/SAVPF 98', 'a=mid:8', 'a=rtpmap:98 t140/1000']
  const oldData = ['m=application 9 DTLS/SCTP 5000', 'a=mid:7']
  expect(publisherStreams('', lines(...noMid, ...noCodec, ...other, ...oldData, ...data))).toEqual([
    { mid: '2', mindex: 4, type: 'data' },
  ])
  expect(publisherStreams('', 'no SDP at all')).toEqual([])
})
