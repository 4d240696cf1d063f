import { expect } from 'bun:test'
import { legId } from '../../../src/sfu/stream.ts'
import { call, cameraOf, inShort, only, screenOf } from '../../contract/sfu.ts'
import type { FakeHandle } from '../../support/fake-janus.ts'
import { type JanusBench, janusTest } from './bench.ts'

const alice = cameraOf('alice')

/** Alice is there, and sends. */
function publishing(bench: JanusBench, leg = 1, stream = alice): void {
  bench.publish(leg, stream, 'own')
  bench.offer(leg, 1000 + leg, 'own')
  bench.publisherUp(stream)
  bench.told()
}

function subscriberOf({ janus }: JanusBench, description = 'alice|video'): FakeHandle {
  const [handle, ...more] = janus.subscribers(description)
  if (!handle || more.length > 0) throw new Error(`not one subscriber of ${description}`)
  return handle
}

janusTest('[M23] attached when its publisher is there, with the handle for a sid', (bench) => {
  bench.subscribe(2, alice)
  expect(bench.told()).toEqual([])
  expect(bench.leftBehind()).toEqual([])
  bench.publish(1, alice, 'own')
  const { sid } = only(bench.told(), 'opened', 2)
  expect(bench.janus.handles.has(sid)).toBe(true)
  bench.subscribe(3, alice)
  expect(inShort(bench.told())).toEqual(['opened 3'])
  expect(bench.bodies('join').filter(({ ptype }) => ptype === 'subscriber')).toEqual([])
})

janusTest('[M24] it is offered nothing until the publisher sends', (bench) => {
  bench.publish(1, alice, 'own')
  bench.offer(1, 9, 'own')
  bench.subscribe(2, alice)
  bench.requestOffer(2, 10)
  expect(bench.noted()).toContainEqual({ fact: 'waiting-for-publisher', ...alice })
  expect(inShort(bench.told())).toEqual(['opened 1', 'answer 1', 'opened 2'])
  bench.publisherUp(alice)
  expect(only(bench.told(), 'offer')).toMatchObject({ leg: 2, request: 10 })
})

janusTest('[M24] whoever no longer waits is not offered it; the leg is good for the next request', (bench) => {
  bench.publish(1, alice, 'own')
  bench.offer(1, 9, 'own')
  bench.subscribe(2, alice)
  bench.requestOffer(2, 10)
  bench.pass(bench.timeout)
  expect(only(bench.told(), 'failed')).toMatchObject({ request: 10, why: 'no publisher' })
  bench.publisherUp(alice)
  expect(bench.told()).toEqual([])
  bench.requestOffer(2, 11)
  expect(only(bench.told(), 'offer').request).toBe(11)
})

janusTest('[M24] two who ask at once have the same offer', (bench) => {
  bench.subscribe(2, alice)
  bench.requestOffer(2, 10)
  bench.requestOffer(2, 11)
  publishing(bench)
  expect(bench.janus.subscribers('alice|video')).toHaveLength(1)
  expect(subscriberOf(bench).offers).toBe(1)
})

janusTest('[M25] it joins with the streams it wants, and with the layers that were chosen', (bench) => {
  publishing(bench)
  bench.subscribe(2, alice)
  bench.say(2, 10, { say: 'request-offer', selection: { substream: 1, temporal: 2, audio: true, video: false } })
  const [join] = subscriberOf(bench).said
  expect(join?.['body']).toEqual({
    request: 'join',
    ptype: 'subscriber',
    room: subscriberOf(bench).room,
    streams: [{ feed: 1, substream: 1, temporal: 2 }],
    audio: true,
    video: false,
  })
  expect(only(bench.told(), 'offer').request).toBe(10)
})

janusTest('[M25] a screen is feed 2', (bench) => {
  publishing(bench, 1, screenOf('alice'))
  bench.subscribe(2, screenOf('alice'))
  bench.requestOffer(2, 10)
  expect(subscriberOf(bench, 'alice|screen').feed).toBe(2)
})

janusTest(
  '[M1, M25] Janus 0.x has one feed to a subscription',
  (bench) => {
    publishing(bench)
    bench.subscribe(2, alice)
    bench.say(2, 10, { say: 'request-offer', selection: { substream: 1 } })
    const [join] = subscriberOf(bench).said
    expect(join?.['body']).toMatchObject({ ptype: 'subscriber', feed: 1, substream: 1 })
    expect(join?.['body']).not.toHaveProperty('streams')
  },
  { version: 15 },
)

janusTest('[M26] with the present sid an update, with any other a new handle', (bench) => {
  const { other } = call(bench)
  bench.requestOffer(2, 10, other)
  expect(only(bench.told(), 'offer')).toMatchObject({
    request: 10,
    sid: other,
    update: true,
    sdp: expect.stringContaining('offer 2'),
  })
  expect(bench.bodies('configure').at(-1)).toEqual({ request: 'configure', update: true })
  bench.requestOffer(2, 11, '12345')
  const { sid, update } = only(bench.told(), 'offer')
  expect([sid === other, update]).toEqual([false, false])
  expect(bench.janus.handles.has(other)).toBe(false)
  bench.requestOffer(2, 12)
  expect(only(bench.told(), 'offer').sid).not.toBe(sid)
})

janusTest('[M26] of the handle before nothing is heard', (bench) => {
  call(bench)
  const before = subscriberOf(bench)
  bench.requestOffer(2, 10)
  bench.told()
  bench.janus.tell(before, { janus: 'hangup', reason: 'Close PC' })
  bench.janus.tell(before, { janus: 'trickle', candidate: { candidate: 'candidate:1' } })
  bench.settle()
  expect(bench.told()).toEqual([])
})

janusTest('[M27] an update that is asked for while an offer has no answer comes after that', (bench) => {
  publishing(bench)
  bench.subscribe(2, alice)
  bench.requestOffer(2, 10)
  const { sid } = only(bench.told(), 'offer')
  bench.requestOffer(2, 11, sid)
  expect(bench.told()).toEqual([])
  bench.answer(2, 12, sid)
  const events = bench.told()
  expect(only(events, 'done').request).toBe(12)
  expect(only(events, 'offer')).toMatchObject({ request: 11, sid, update: true })
})

janusTest('[M27] if there is none in time the request fails, and the offer is told when it is there', (bench) => {
  publishing(bench)
  bench.subscribe(2, alice)
  bench.requestOffer(2, 10)
  const { sid } = only(bench.told(), 'offer')
  bench.requestOffer(2, 11, sid)
  bench.pass(bench.timeout)
  expect(only(bench.told(), 'failed')).toMatchObject({ request: 11, why: 'timeout' })
  bench.answer(2, 12, sid)
  expect(only(bench.told(), 'offer')).toMatchObject({ request: undefined, sid, update: true })
})

janusTest('[M28] offers that Janus makes by itself', (bench) => {
  const { other } = call(bench)
  bench.janus.tellPlugin(
    subscriberOf(bench),
    { videoroom: 'updated', room: 1, streams: [] },
    { type: 'offer', sdp: 'v=0 own' },
  )
  // As Janus 0.x has it.
  bench.janus.tellPlugin(
    subscriberOf(bench),
    { videoroom: 'event', configured: 'ok' },
    { type: 'offer', sdp: 'v=0 old' },
  )
  bench.janus.tellPlugin(subscriberOf(bench), { videoroom: 'updated', room: 1, streams: [] })
  bench.janus.tellPlugin(subscriberOf(bench), { videoroom: 'event', room: 1, mid: '1', substream: 2 })
  bench.settle()
  expect(bench.told()).toEqual([
    { event: 'offer', leg: legId(2), request: undefined, sid: other, update: true, sdp: 'v=0 own' },
    { event: 'offer', leg: legId(2), request: undefined, sid: other, update: true, sdp: 'v=0 old' },
  ])
})

janusTest('[M29] nothing is said on a connection that is not the present one', (bench) => {
  bench.subscribe(2, alice)
  bench.answer(2, 10)
  bench.candidate(2, 11)
  expect(inShort(bench.told())).toEqual(['failed 2: stale sid', 'failed 2: stale sid'])
  publishing(bench)
  bench.requestOffer(2, 12)
  const { sid } = only(bench.told(), 'offer')
  bench.requestOffer(2, 13)
  bench.told()
  bench.answer(2, 14, sid)
  bench.say(2, 15, { say: 'select', selection: { substream: 1 } }, sid)
  expect(inShort(bench.told())).toEqual(['failed 2: stale sid', 'failed 2: stale sid'])
})

janusTest('[M29] what waits on a connection that goes fails', (bench) => {
  const { other } = call(bench)
  bench.janus.conduct = (name) => (name === 'room start' ? 'ignore' : 'obey')
  bench.answer(2, 10, other)
  bench.requestOffer(2, 11, other)
  bench.close(1)
  expect(inShort(bench.told()).toSorted()).toEqual(['failed 2: not available', 'failed 2: stale sid', 'interrupted 2'])
})

janusTest('[M30] layers and media are chosen on the present connection', (bench) => {
  const { other } = call(bench)
  bench.say(2, 10, { say: 'select', selection: { substream: 0, temporal: 1, video: true } }, other)
  expect(bench.bodies('configure').at(-1)).toEqual({ request: 'configure', substream: 0, temporal: 1, video: true })
  expect(inShort(bench.told())).toEqual(['done 2'])
})

janusTest('[M30] before there is one the choice is kept for it', (bench) => {
  bench.subscribe(2, alice)
  bench.say(2, 10, { say: 'select', selection: { substream: 0 } })
  expect(inShort(bench.told())).toEqual(['done 2'])
  publishing(bench)
  bench.requestOffer(2, 11)
  expect(subscriberOf(bench).said[0]?.['body']).toMatchObject({ streams: [{ feed: 1, substream: 0 }] })
})

janusTest('[M31] 428: it waits until the publisher sends', (bench) => {
  publishing(bench)
  let isEarly = true
  bench.janus.conduct = (name, { body }) =>
    name === 'room join' && isEarly && JSON.stringify(body).includes('subscriber') ? { code: 428 } : 'obey'
  bench.subscribe(2, alice)
  bench.noted()
  bench.requestOffer(2, 10)
  expect(bench.noted()).toContainEqual({ fact: 'waiting-for-publisher', ...alice })
  expect(inShort(bench.told())).toEqual(['opened 2'])
  isEarly = false
  const publisher = bench.janus.publisher('alice|video')
  if (publisher) bench.janus.tell(publisher, { janus: 'webrtcup' })
  bench.settle()
  expect(only(bench.told(), 'offer').request).toBe(10)
})

janusTest('[M31] 428: it joins at once if the publisher began to send in between', (bench) => {
  publishing(bench)
  bench.subscribe(2, alice)
  bench.told()
  let isFirst = true
  bench.janus.conduct = (name) => {
    if (name !== 'room join' || !isFirst) return 'obey'
    isFirst = false
    const publisher = bench.janus.publisher('alice|video')
    if (publisher) bench.janus.tell(publisher, { janus: 'webrtcup' })
    return { code: 428 }
  }
  bench.requestOffer(2, 10)
  expect(only(bench.told(), 'offer').request).toBe(10)
})

janusTest('[M31] 426: there is no such publisher', (bench) => {
  publishing(bench)
  bench.janus.conduct = (name) => (name === 'room join' ? { code: 426 } : 'obey')
  bench.subscribe(2, alice)
  bench.requestOffer(2, 10)
  expect(only(bench.told(), 'failed')).toMatchObject({ request: 10, why: 'no publisher' })
})

for (const code of [424, 425, 459]) {
  janusTest(`[M31] ${code}: once more on a new handle`, (bench) => {
    publishing(bench)
    let isFirst = true
    bench.janus.conduct = (name) => {
      if (name !== 'room join' || !isFirst) return 'obey'
      isFirst = false
      return { code }
    }
    bench.subscribe(2, alice)
    bench.requestOffer(2, 10)
    const events = bench.told()
    expect(only(events, 'offer').request).toBe(10)
    expect(only(events, 'opened').sid).not.toBe(only(events, 'offer').sid)
    expect(bench.leftBehind()).toHaveLength(3)
    // And so each time.
    isFirst = true
    bench.requestOffer(2, 11)
    expect(only(bench.told(), 'offer').request).toBe(11)
  })

  janusTest(`[M31] ${code} again: refused`, (bench) => {
    publishing(bench)
    bench.janus.conduct = (name) => (name === 'room join' ? { code } : 'obey')
    bench.subscribe(2, alice)
    bench.requestOffer(2, 10)
    expect(only(bench.told(), 'failed')).toMatchObject({ request: 10, why: 'refused' })
    expect(bench.bodies('join').filter(({ ptype }) => ptype === 'subscriber')).toHaveLength(2)
  })
}

for (const code of [421, 430, 433, 437, 499, 490, 12_345]) {
  janusTest(`[M31] ${code}: refused`, (bench) => {
    publishing(bench)
    bench.janus.conduct = (name) => (name === 'room join' ? { code, reason: 'for some reason' } : 'obey')
    bench.subscribe(2, alice)
    bench.requestOffer(2, 10)
    expect(only(bench.told(), 'failed')).toMatchObject({
      request: 10,
      why: 'refused',
      detail: `${code} for some reason`,
    })
    bench.janus.conduct = () => 'obey'
    bench.requestOffer(2, 11)
    expect(only(bench.told(), 'offer').request).toBe(11)
  })
}

janusTest('[M31] what was wished for in a request that failed is no wish of the next', (bench) => {
  publishing(bench)
  bench.janus.conduct = (name) => (name === 'room join' ? { code: 430 } : 'obey')
  bench.subscribe(2, alice)
  bench.say(2, 10, { say: 'request-offer', selection: { substream: 1 } })
  bench.janus.conduct = () => 'obey'
  bench.requestOffer(2, 11)
  expect(subscriberOf(bench).said[0]?.['body']).toMatchObject({ streams: [{ feed: 1 }] })
  expect(JSON.stringify(subscriberOf(bench).said[0])).not.toContain('substream')
})

for (const name of ['attach', 'room join']) {
  janusTest(`[M31] no answer to ${name}: the request fails, the next one is served`, (bench) => {
    publishing(bench)
    bench.janus.conduct = (request) => (request === name ? 'hold' : 'obey')
    bench.subscribe(2, alice)
    bench.requestOffer(2, 10)
    bench.pass(bench.timeout)
    expect(only(bench.told(), 'failed')).toMatchObject({ request: 10, why: 'timeout' })
    bench.janus.conduct = () => 'obey'
    bench.requestOffer(2, 11)
    expect(only(bench.told(), 'offer').request).toBe(11)
    bench.janus.release()
    bench.settle()
    expect(bench.told()).toEqual([])
    // Its own handle and the publisher's, and the publisher's room: nothing of what came late.
    expect(bench.leftBehind()).toHaveLength(3)
  })
}

janusTest('[M32] it follows its publisher, with the layers that it had chosen', (bench) => {
  const { other } = call(bench)
  bench.say(2, 10, { say: 'select', selection: { substream: 0 } }, other)
  bench.requestOffer(2, 11, other)
  bench.answer(2, 12, other)
  bench.told()
  bench.close(1)
  expect(inShort(bench.told())).toEqual(['interrupted 2'])
  expect(bench.leftBehind()).toEqual([])
  bench.pass(100_000)
  publishing(bench, 3)
  expect(subscriberOf(bench).said[0]?.['body']).toMatchObject({ streams: [{ feed: 1, substream: 0 }] })
})

janusTest('[M32] a leg that had no offer is not interrupted, and its request goes on waiting', (bench) => {
  bench.publish(1, alice, 'own')
  bench.subscribe(2, alice)
  bench.requestOffer(2, 10)
  bench.told()
  bench.close(1)
  expect(bench.told()).toEqual([])
  publishing(bench, 3)
  expect(subscriberOf(bench).offers).toBe(1)
})

janusTest('[M32] if following fails it is tried again, with growing pauses', (bench) => {
  call(bench)
  bench.close(1)
  bench.janus.conduct = (name, { body }) =>
    name === 'room join' && JSON.stringify(body).includes('subscriber') ? { code: 499 } : 'obey'
  bench.publish(3, alice, 'own')
  bench.offer(3, 10, 'own')
  bench.publisherUp(alice)
  expect(inShort(bench.told())).toEqual(['interrupted 2', 'opened 3', 'answer 3'])
  bench.pass(7_000)
  expect(bench.bodies('join').filter(({ ptype }) => ptype === 'subscriber')).toHaveLength(1 + 4)
  bench.janus.conduct = () => 'obey'
  bench.pass(8_000)
  expect(only(bench.told(), 'offer')).toMatchObject({ request: undefined, update: false })
})

janusTest('[M32] its own room is destroyed under it', (bench) => {
  call(bench)
  bench.janus.tellPlugin(subscriberOf(bench), { videoroom: 'destroyed', room: 1 })
  bench.settle()
  expect(inShort(bench.told())).toEqual(['interrupted 2'])
})

janusTest('[M32] its handle is unknown all of a sudden: another one', (bench) => {
  const { other } = call(bench)
  bench.janus.forgetHandle(subscriberOf(bench), false)
  bench.candidate(2, 10, other)
  const events = bench.told()
  expect(inShort(events)).toEqual(['done 2', 'interrupted 2', 'offer 2'])
  expect(only(events, 'offer').sid).not.toBe(other)
})

janusTest('[M33] somebody takes over the stream: subscribers move, and the first one is nobody any more', (bench) => {
  const { other } = call(bench)
  bench.publish(3, alice, 'second')
  expect(inShort(bench.told())).toEqual(['opened 3', 'interrupted 2'])
  bench.offer(3, 10, 'second')
  bench.publisherUp(alice)
  const { sid } = only(bench.told(), 'offer')
  expect(sid).not.toBe(other)
  bench.close(1)
  expect(bench.told()).toEqual([])
  expect(bench.janus.handles.has(sid)).toBe(true)
})

janusTest('[M33] the first one goes while the second is being made', (bench) => {
  call(bench)
  bench.janus.conduct = (name) => (name === 'attach' ? 'hold' : 'obey')
  bench.publish(3, alice, 'second')
  bench.close(1)
  expect(inShort(bench.told())).toEqual(['interrupted 2'])
  bench.janus.conduct = () => 'obey'
  bench.janus.release()
  bench.settle()
  bench.offer(3, 10, 'second')
  bench.publisherUp(alice)
  expect(only(bench.told(), 'offer', 2).request).toBeUndefined()
})

for (const [what, message] of [
  ['its peer connection ends', { janus: 'hangup', reason: 'ICE failed' }],
  ['its handle goes', { janus: 'detached' }],
] as const) {
  janusTest(`[M34] ${what}`, (bench) => {
    call(bench)
    const handle = subscriberOf(bench)
    if (message.janus === 'detached') bench.janus.forgetHandle(handle, false)
    bench.janus.tell(handle, message)
    bench.settle()
    expect(only(bench.told(), 'closed')).toMatchObject({ leg: 2, why: 'ended' })
    expect(bench.janus.subscribers('alice|video')).toEqual([])
  })
}

janusTest('[M34] somebody kicks it out', (bench) => {
  call(bench)
  bench.janus.tellPlugin(subscriberOf(bench), { videoroom: 'event', left: 'ok', reason: 'kicked' })
  bench.settle()
  expect(only(bench.told(), 'closed')).toMatchObject({ leg: 2, why: 'ended', detail: 'kicked' })
})

janusTest('[M19] candidates of Janus for a subscriber', (bench) => {
  const { other } = call(bench)
  bench.janus.tell(subscriberOf(bench), { janus: 'trickle', candidate: { candidate: 'candidate:1', sdpMid: '0' } })
  bench.janus.tell(subscriberOf(bench), { janus: 'trickle', candidate: { completed: true } })
  bench.settle()
  expect(bench.told()).toEqual([
    { event: 'candidate', leg: legId(2), sid: other, candidate: { candidate: 'candidate:1', sdpMid: '0' } },
    { event: 'candidate', leg: legId(2), sid: other, candidate: { candidate: '' } },
  ])
})
