import { expect } from 'bun:test'
import { legId } from '../../../src/sfu/stream.ts'
import { call, cameraOf, inShort, only, screenOf } from '../../contract/sfu.ts'
import type { Conduct, FakeHandle, FakeRoom } from '../../support/fake-janus.ts'
import { type JanusBench, janusTest } from './bench.ts'

const alice = cameraOf('alice')

function onlyRoom({ janus }: JanusBench): FakeRoom {
  const [room, ...more] = janus.rooms.values()
  if (!room || more.length > 0) throw new Error(`${janus.rooms.size} rooms`)
  return room
}

function publisherOf({ janus }: JanusBench, description = 'alice|video'): FakeHandle {
  const handle = janus.publisher(description)
  if (!handle) throw new Error(`nobody publishes ${description}`)
  return handle
}

janusTest('[M10] a room of its own, and what is said to it', (bench) => {
  bench.sent()
  bench.publish(1, alice, 'own', {
    bitrate: 500_000,
    audioCodec: 'opus',
    videoCodec: 'vp9,vp8',
    vp9Profile: '2',
    h264Profile: '42e01f',
  })
  bench.offer(1, 10, 'own', 'v=0 my offer')
  expect(inShort(bench.told())).toEqual(['opened 1', 'answer 1'])
  const room = onlyRoom(bench)
  expect(room.made).toEqual({
    request: 'create',
    room: room.id,
    description: 'alice|video',
    publishers: 1,
    videoorient_ext: false,
    bitrate: 500_000,
    audiocodec: 'opus',
    videocodec: 'vp9,vp8',
    vp9_profile: '2',
    h264_profile: '42e01f',
  })
  expect(Number(room.id)).toBeLessThan(2 ** 53)
  const [join, configure] = publisherOf(bench).said
  expect(join?.['body']).toEqual({ request: 'join', ptype: 'publisher', room: room.id, id: 1 })
  expect(configure).toMatchObject({
    body: { request: 'configure', audio: true, video: true, data: true },
    jsep: { type: 'offer', sdp: 'v=0 my offer' },
  })
})

janusTest('[M10] a screen is number 2', (bench) => {
  bench.publish(1, screenOf('alice'), 'own')
  expect(onlyRoom(bench).description).toBe('alice|screen')
  expect([...onlyRoom(bench).publishers.keys()]).toEqual([2])
})

janusTest('[M11] nobody sends more than the server lets him', (bench) => {
  bench.publish(1, alice, 'own')
  bench.publish(2, screenOf('alice'), 'own')
  bench.publish(3, cameraOf('bob'), 'own', { bitrate: 64_000 })
  bench.publish(4, cameraOf('carol'), 'own', { bitrate: 50_000_000 })
  bench.machine.configured({ maxStreamBitrate: 300_000, maxScreenBitrate: 400_000, timeout: 10_000 })
  bench.publish(5, cameraOf('dave'), 'own')
  const limits = [1_000_000, 2_000_000, 64_000, 1_000_000, 300_000]
  expect([...bench.janus.rooms.values()].map(({ made }) => made['bitrate'])).toEqual(limits)
  expect(bench.told().map((event) => event.event === 'opened' && event.bitrate)).toEqual(limits)
})

janusTest('[M12] without a sid of the client it is that of the handle', (bench) => {
  bench.publish(1, alice)
  const { id } = publisherOf(bench)
  expect(only(bench.told(), 'opened').sid).toBe(id)
  bench.offer(1, 10)
  expect(only(bench.told(), 'answer').sid).toBe(id)
})

janusTest('[M12] the client’s own holds from the start', (bench) => {
  bench.publish(1, alice, 'own')
  expect(only(bench.told(), 'opened').sid).toBe('own')
  bench.candidate(1, 10, 'own')
  bench.candidate(1, 11, 'another')
  expect(inShort(bench.told())).toEqual(['done 1', 'failed 1: stale sid'])
})

janusTest('[M12] a first offer may name it', (bench) => {
  bench.publish(1, alice)
  bench.offer(1, 10, 'mine')
  expect(only(bench.told(), 'answer').sid).toBe('mine')
  bench.candidate(1, 11, 'mine')
  bench.candidate(1, 12, 'another')
  expect(inShort(bench.told())).toEqual(['done 1', 'failed 1: stale sid'])
  expect(bench.janus.rooms.size).toBe(1)
})

janusTest('[M13] what is said before it is opened waits, and goes in order', (bench) => {
  bench.janus.conduct = () => 'hold'
  bench.publish(1, alice, 'own')
  bench.candidate(1, 10, 'own')
  bench.offer(1, 11, 'own')
  bench.candidate(1, 12, 'own')
  expect(bench.janus.heard.slice(-2)).toEqual(['room create', 'attach'])
  bench.janus.conduct = () => 'obey'
  bench.janus.release()
  bench.settle()
  bench.pass(20)
  expect(bench.janus.heard.slice(-4)).toEqual(['room join', 'trickle', 'room configure', 'trickle'])
  expect(inShort(bench.told())).toEqual(['opened 1', 'done 1', 'done 1', 'answer 1'])
})

janusTest('[M14] an offer with the same sid, or none, renegotiates', (bench) => {
  call(bench)
  const { id } = publisherOf(bench)
  bench.offer(1, 10, 'own', 'v=0 second offer')
  bench.offer(1, 11, undefined, 'v=0 third offer')
  expect(inShort(bench.told())).toEqual(['answer 1', 'answer 1'])
  expect(publisherOf(bench).id).toBe(id)
})

janusTest('[M14] an offer with another sid is another connection of the same leg; subscribers follow', (bench) => {
  const { other } = call(bench)
  const { id } = publisherOf(bench)
  bench.offer(1, 10, 'new', 'v=0 offer of another connection')
  const events = bench.told()
  expect(inShort(events)).toEqual(['interrupted 2', 'answer 1'])
  expect(only(events, 'answer')).toMatchObject({ sid: 'new', request: 10 })
  expect(publisherOf(bench).id).not.toBe(id)
  expect(bench.janus.rooms.size).toBe(1)
  const joined = bench.bodies('join').length
  bench.pass(5_000)
  expect(bench.bodies('join')).toHaveLength(joined)
  bench.publisherUp(alice)
  expect(only(bench.told(), 'offer').sid).not.toBe(other)
  bench.candidate(1, 11, 'own')
  bench.candidate(1, 12, 'new')
  expect(inShort(bench.told())).toEqual(['failed 1: stale sid', 'done 1'])
})

janusTest('[M14] of several that come at once the last one counts', (bench) => {
  bench.janus.conduct = () => 'hold'
  bench.publish(1, alice, 'a')
  bench.offer(1, 10, 'a')
  bench.offer(1, 11, 'b')
  bench.janus.conduct = () => 'obey'
  bench.janus.release()
  bench.settle()
  const events = bench.told()
  expect(inShort(events)).toEqual(['opened 1', 'failed 1: stale sid', 'answer 1'])
  expect(only(events, 'answer')).toMatchObject({ request: 11, sid: 'b' })
})

janusTest('[M14] if the other connection cannot be made the leg ends', (bench) => {
  call(bench)
  bench.janus.conduct = (name) => (name === 'room create' ? 'ignore' : 'obey')
  bench.offer(1, 10, 'new')
  bench.pass(bench.timeout)
  expect(inShort(bench.told())).toEqual(['interrupted 2', 'failed 1: timeout', 'closed 1: refused'])
  bench.janus.conduct = () => 'obey'
})

janusTest('[M15] its peer connection ends', (bench) => {
  call(bench)
  bench.janus.hangUp(publisherOf(bench), 'DTLS alert')
  bench.settle()
  const events = bench.told()
  expect(only(events, 'closed')).toMatchObject({ leg: 1, why: 'ended', detail: 'DTLS alert' })
  expect(only(events, 'interrupted')).toMatchObject({ leg: 2 })
  expect(bench.leftBehind()).toEqual([])
})

janusTest('[M15] its handle is detached by somebody else', (bench) => {
  call(bench)
  bench.janus.forgetHandle(publisherOf(bench), true)
  bench.settle()
  expect(only(bench.told(), 'closed')).toMatchObject({ leg: 1, why: 'lost' })
  bench.pass(2_000)
  expect(bench.leftBehind()).toEqual([])
})

janusTest('[M15] its handle has gone without a word', (bench) => {
  call(bench)
  bench.janus.forgetHandle(publisherOf(bench), false)
  bench.offer(1, 10, 'own')
  const events = bench.told()
  expect(only(events, 'failed')).toMatchObject({ request: 10, why: 'refused' })
  expect(only(events, 'closed')).toMatchObject({ leg: 1, why: 'lost' })
  bench.pass(2_000)
})

janusTest('[M15] its room is destroyed by somebody else', (bench) => {
  call(bench)
  bench.janus.destroyRoom('alice|video')
  bench.settle()
  expect(inShort(bench.told())).toEqual(['interrupted 2', 'closed 1: lost'])
})

janusTest('[M15] it is kicked out', (bench) => {
  call(bench)
  bench.janus.tellPlugin(publisherOf(bench), { videoroom: 'event', leaving: 'ok', reason: 'kicked' })
  bench.settle()
  expect(only(bench.told(), 'closed')).toMatchObject({ leg: 1, why: 'ended', detail: 'kicked' })
})

const inVain = ['attach', 'room create', 'room join'].flatMap((name) => {
  const conducts: readonly Conduct[] = [{ code: 499, reason: 'no more' }, 'ignore', 'obey silently']
  return conducts.map((conduct) => ({ name, conduct }))
})
for (const { name, conduct } of inVain) {
  janusTest(`[M16] ${name} in vain (${JSON.stringify(conduct)}): the leg is refused`, (bench) => {
    bench.janus.conduct = (request) => (request === name ? conduct : 'obey')
    bench.publish(1, alice, 'own')
    bench.offer(1, 10, 'own')
    bench.pass(bench.timeout)
    const events = bench.told()
    expect(only(events, 'closed')).toMatchObject({ leg: 1, why: 'refused' })
    expect(only(events, 'failed')).toMatchObject({
      request: 10,
      // Refused at once: there is no such leg any more.
      why: typeof conduct === 'object' ? 'unknown leg' : 'timeout',
    })
    bench.janus.conduct = () => 'obey'
  })
}

janusTest('[M17] another number if this one is taken', (bench) => {
  let refused = 0
  bench.janus.conduct = (name) => (name === 'room create' && refused++ < 2 ? { code: 427 } : 'obey')
  bench.publish(1, alice, 'own')
  expect(inShort(bench.told())).toEqual(['opened 1'])
  const rooms = bench.bodies('create').map(({ room }) => room)
  expect(new Set(rooms).size).toBe(3)
})

for (const name of ['attach', 'room create', 'room join', 'room configure']) {
  janusTest(`[M18] closed during ${name} it leaves nothing`, (bench) => {
    bench.janus.conduct = (request) => (request === name ? 'hold' : 'obey')
    bench.publish(1, alice, 'own')
    bench.offer(1, 10, 'own')
    bench.close(1)
    bench.told()
    bench.janus.conduct = () => 'obey'
    bench.janus.release()
    bench.settle()
    expect(bench.leftBehind()).toEqual([])
    expect(bench.told()).toEqual([])
  })

  janusTest(`[M18] nor if ${name} is carried out when nobody waits for it any more`, (bench) => {
    bench.janus.conduct = (request) => (request === name ? 'hold' : 'obey')
    bench.publish(1, alice, 'own')
    bench.offer(1, 10, 'own')
    bench.pass(2 * bench.timeout)
    bench.close(1)
    bench.janus.conduct = () => 'obey'
    bench.janus.release()
    bench.settle()
    bench.pass(20_000)
    expect(bench.leftBehind()).toEqual([])
  })
}

janusTest('[M19] candidates of the client, and the end of them', (bench) => {
  call(bench)
  bench.candidate(1, 10, 'own', 'candidate:7 1 udp 1 192.0.2.1 9 typ host')
  bench.candidate(1, 11, 'own', '')
  const [first, last] = publisherOf(bench).said.slice(-2)
  expect(first?.['candidate']).toEqual({
    candidate: 'candidate:7 1 udp 1 192.0.2.1 9 typ host',
    sdpMid: '0',
    sdpMLineIndex: 0,
  })
  expect(last?.['candidate']).toEqual({ completed: true })
  expect(inShort(bench.told())).toEqual(['done 1', 'done 1'])
})

janusTest('[M19] candidates of Janus, and the end of them', (bench) => {
  call(bench)
  const candidate = { candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0 }
  bench.janus.tell(publisherOf(bench), { janus: 'trickle', candidate })
  bench.janus.tell(publisherOf(bench), { janus: 'trickle', candidate: { completed: true } })
  bench.settle()
  expect(bench.told()).toEqual([
    { event: 'candidate', leg: legId(1), sid: 'own', candidate },
    { event: 'candidate', leg: legId(1), sid: 'own', candidate: { candidate: '' } },
  ])
})

janusTest('[M19] those that come within a moment go together, the last one without waiting for more', (bench) => {
  call(bench)
  const before = publisherOf(bench).said.length
  for (const n of [10, 11, 12]) bench.candidate(1, n, 'own', `candidate:${n}`)
  expect(inShort(bench.told())).toEqual(['done 1', 'done 1', 'done 1'])
  expect(publisherOf(bench).said).toHaveLength(before + 1)
  bench.pass(20)
  bench.candidate(1, 13, 'own', 'candidate:13')
  bench.candidate(1, 14, 'own', '')
  expect(
    publisherOf(bench)
      .said.slice(before)
      .map(({ candidate, candidates }) => candidates ?? candidate),
  ).toEqual([
    expect.objectContaining({ candidate: 'candidate:10' }),
    [expect.objectContaining({ candidate: 'candidate:11' }), expect.objectContaining({ candidate: 'candidate:12' })],
    [expect.objectContaining({ candidate: 'candidate:13' }), { completed: true }],
  ])
})

janusTest('[M19] one that Janus does not take does not keep back the others', (bench) => {
  call(bench)
  bench.janus.conduct = (name) => (name === 'trickle' ? { code: 466 } : 'obey')
  bench.candidate(1, 10, 'own')
  bench.janus.conduct = () => 'obey'
  const before = publisherOf(bench).said.length
  bench.candidate(1, 11, 'own')
  bench.pass(20)
  expect(publisherOf(bench).said).toHaveLength(before + 1)
  expect(inShort(bench.told())).toEqual(['done 1', 'done 1'])
})

janusTest('[M15] its handle is unknown when a candidate comes', (bench) => {
  call(bench)
  bench.janus.forgetHandle(publisherOf(bench), false)
  bench.candidate(1, 10, 'own')
  expect(inShort(bench.told())).toEqual(['done 1', 'interrupted 2', 'closed 1: lost'])
  bench.pass(2_000)
})

const sdp = 'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r\n'

janusTest('[M20] its media is listed when an offer has been answered', (bench) => {
  bench.publish(1, alice, 'own')
  bench.command({ do: 'list-streams', leg: legId(1), request: 10 })
  bench.offer(1, 11, 'own', sdp)
  expect(only(bench.told(), 'streams')).toMatchObject({
    request: 10,
    streams: [{ mid: '0', mindex: 0, type: 'audio', codec: 'opus' }],
  })
  bench.command({ do: 'list-streams', leg: legId(1), request: 12 })
  expect(inShort(bench.told())).toEqual(['streams 1'])
})

janusTest('[M20] if none comes the request fails', (bench) => {
  bench.publish(1, alice, 'own')
  bench.command({ do: 'list-streams', leg: legId(1), request: 10 })
  bench.pass(bench.timeout)
  expect(only(bench.told(), 'failed')).toMatchObject({ request: 10, why: 'timeout' })
})

const to = { id: 'there', host: '192.0.2.9', port: 30_000, rtcpPort: 30_001 }

janusTest('[M21] its media is copied to another Janus, and no more', (bench) => {
  bench.publish(1, alice, 'own')
  bench.command({ do: 'forward', leg: legId(1), request: 10, to })
  const room = onlyRoom(bench)
  expect([...room.copies.values()]).toEqual([
    {
      request: 'publish_remotely',
      room: room.id,
      publisher_id: 1,
      remote_id: 'alice-there@192.0.2.9:30000:30001',
      host: '192.0.2.9',
      port: 30_000,
      rtcp_port: 30_001,
    },
  ])
  bench.command({ do: 'stop-forwarding', leg: legId(1), request: 11, to })
  expect(room.copies.size).toBe(0)
  expect(inShort(bench.told())).toEqual(['opened 1', 'done 1', 'done 1'])
  bench.command({ do: 'stop-forwarding', leg: legId(1), request: 12, to })
  expect(only(bench.told(), 'failed')).toMatchObject({ request: 12, why: 'refused' })
})

janusTest(
  '[M21] Janus 1.0 cannot',
  (bench) => {
    bench.publish(1, alice, 'own')
    bench.command({ do: 'forward', leg: legId(1), request: 10, to })
    expect(only(bench.told(), 'failed')).toMatchObject({ request: 10, why: 'refused' })
  },
  { version: 1004 },
)

const streams = [{ mid: '1', mindex: 0, type: 'video', codec: 'vp9', vp9_profile: '0' }]
const receiving = { do: 'receive', leg: legId(1), request: 10, stream: alice, streams } as const

janusTest('[M22] media that comes from another Janus is received, and subscribed to at once', (bench) => {
  bench.subscribe(2, alice)
  bench.requestOffer(2, 11)
  bench.command(receiving)
  const events = bench.told()
  expect(only(events, 'receiving')).toMatchObject({ leg: 1, request: 10, port: 30_000, rtcpPort: 30_001 })
  expect(only(events, 'offer')).toMatchObject({ leg: 2, request: 11 })
  expect(bench.bodies('add_remote_publisher')).toEqual([
    expect.objectContaining({ id: 1, streams: [{ mid: '1', mindex: 0, type: 'video', codec: 'vp9' }] }),
  ])
  bench.close(1)
  expect(bench.janus.heard.filter((name) => /remove_remote|destroy/.test(name))).toEqual([
    'room remove_remote_publisher',
    'room destroy',
  ])
  expect(inShort(bench.told())).toEqual(['interrupted 2'])
})

janusTest(
  '[M1, M22] profiles are told to a Janus that understands them',
  (bench) => {
    bench.command(receiving)
    expect(bench.bodies('add_remote_publisher')[0]?.['streams']).toEqual(streams)
  },
  { version: 1204 },
)

for (const [what, version, conduct] of [
  ['Janus before 1.1 cannot', 1004, 'obey'],
  ['Janus refuses', 1102, { code: 499 }],
  ['Janus does not answer', 1102, 'obey silently'],
] as const) {
  janusTest(
    `[M22] ${what}: the request fails and the leg is closed`,
    (bench) => {
      bench.janus.conduct = (name) => (name === 'room add_remote_publisher' ? conduct : 'obey')
      bench.command(receiving)
      bench.pass(bench.timeout)
      expect(inShort(bench.told()).map((text) => text.split(':')[0])).toEqual(['failed 1', 'closed 1'])
      expect(bench.leftBehind()).toEqual([])
    },
    { version },
  )
}

janusTest('[M22] when Janus dies it is lost like any other', (bench) => {
  bench.command(receiving)
  bench.sfuDies()
  expect(inShort(bench.told())).toEqual(['receiving 1', 'available false', 'closed 1: lost'])
  bench.sfuReturns()
})
