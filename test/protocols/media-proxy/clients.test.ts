import { describe, expect, test } from 'bun:test'
import { legId } from '../../../src/sfu/stream.ts'
import { codes, command, event, eventTypes, payload, proxyServer, timeout } from './server.ts'

describe('publishers', () => {
  test('[P10] what the client wishes for goes to Janus; the answer has id and bitrate', () => {
    const { session, say, hear, ordered, sfu } = proxyServer()
    const { id } = session()
    const publisherSettings = {
      ...{ bitrate: 500_000, mediatypes: 3, audiocodec: 'opus', videocodec: 'vp9,vp8' },
      ...{ vp9_profile: '2', h264_profile: '42e01f' },
    }
    say(id, command({ type: 'create-publisher', streamType: 'video', sid: '7', publisherSettings }))
    const [order] = ordered()
    expect(order).toEqual({
      do: 'publish',
      leg: expect.any(Number),
      stream: { publisher: 'id-2', type: 'video' },
      sid: '7',
      settings: {
        ...{ bitrate: 500_000, mediaTypes: 3, audioCodec: 'opus', videoCodec: 'vp9,vp8' },
        ...{ vp9Profile: '2', h264Profile: '42e01f' },
      },
      origin: { country: undefined },
    })
    expect(hear(id)).toEqual([])
    sfu({ event: 'opened', leg: order && 'leg' in order ? order.leg : legId(0), sid: '7', bitrate: 400_000 })
    expect(hear(id)).toEqual([{ id: 'r', type: 'command', command: { id: 'id-2', bitrate: 400_000 } }])
  })

  test('[P10] older servers say bitrate and media elsewhere', () => {
    const { session, say, ordered } = proxyServer()
    const { id } = session()
    say(id, command({ type: 'create-publisher', streamType: 'screen', bitrate: 9, mediatypes: 4 }))
    expect(ordered()).toMatchObject([{ do: 'publish', sid: undefined, settings: { bitrate: 9, mediaTypes: 4 } }])
  })

  test('[P11] what takes too long is refused with timeout, and closed', () => {
    const { session, say, hear, ordered, world, proxy } = proxyServer()
    const { id } = session()
    say(id, command({ type: 'create-publisher', streamType: 'video' }))
    ordered()
    world.pass(timeout - 1)
    expect(codes(hear(id).filter(({ type }) => type === 'error'))).toEqual([])
    world.pass(1)
    expect(codes(hear(id).filter(({ type }) => type === 'error'))).toEqual(['timeout'])
    expect(ordered()).toMatchObject([{ do: 'close' }])
    expect(proxy.census().clients).toBe(0)
  })

  test('[P11] what Janus gives up only when the time is over is a timeout too', () => {
    const { session, say, hear, ordered, sfu, world } = proxyServer()
    const { id } = session()
    say(id, command({ type: 'create-publisher', streamType: 'video' }))
    const [order] = ordered()
    world.clock.moveTo(world.clock.now() + timeout)
    sfu({ event: 'closed', leg: order && 'leg' in order ? order.leg : legId(0), why: 'lost', detail: 'late' })
    expect(codes(hear(id))).toEqual(['timeout'])
  })

  test('[P11] refused by Janus, and without Janus: internal_error', () => {
    const { session, say, hear, ordered, sfu } = proxyServer()
    const { id } = session()
    say(id, command({ type: 'create-publisher', streamType: 'video' }))
    const [order] = ordered()
    sfu({ event: 'closed', leg: order && 'leg' in order ? order.leg : legId(0), why: 'refused', detail: 'no' })
    expect(codes(hear(id))).toEqual(['internal_error'])
    sfu({ event: 'available', is: false })
    hear(id)
    ordered()
    say(id, command({ type: 'create-publisher', streamType: 'video' }))
    expect(codes(hear(id))).toEqual(['internal_error'])
    expect(ordered()).toEqual([])
  })

  test('[P12] deleted by its session: answered, closed, and its subscribers told', () => {
    const server = proxyServer()
    const { say, hear, ordered, sfu } = server
    const { id } = server.session()
    const publisher = server.publisher(id)
    const subscriber = server.subscriber(id, publisher.clientId)
    ordered()
    say(id, command({ type: 'delete-publisher', clientId: publisher.clientId }))
    expect(ordered()).toEqual([
      { do: 'close', leg: publisher.leg },
      { do: 'close', leg: subscriber.leg },
    ])
    expect(hear(id)).toEqual([
      event('subscriber-closed', { clientId: subscriber.clientId }),
      { id: 'r', type: 'command', command: { id: publisher.clientId } },
    ])
    sfu({ event: 'interrupted', leg: subscriber.leg })
    expect(hear(id)).toEqual([])
  })

  test('[P12] not by other sessions, not as the other kind, not twice', () => {
    const server = proxyServer()
    const { say, hear } = server
    const [{ id }, { id: other }] = [server.session(), server.session('two')]
    const { clientId } = server.publisher(id)
    say(other, command({ type: 'delete-publisher', clientId }))
    expect(codes(hear(other))).toEqual(['unknown_client'])
    say(id, command({ type: 'delete-subscriber', clientId }))
    say(id, command({ type: 'delete-publisher', clientId }))
    say(id, command({ type: 'delete-publisher', clientId }))
    expect(codes(hear(id))).toEqual(['unknown_client', undefined, 'unknown_client'])
  })

  test('[P13] ended by Janus', () => {
    const server = proxyServer()
    const { hear, sfu, say } = server
    const { id } = server.session()
    const { clientId, leg } = server.publisher(id)
    sfu({ event: 'closed', leg, why: 'ended', detail: 'hangup' })
    expect(hear(id)).toEqual([event('publisher-closed', { clientId })])
    say(id, payload({ type: 'requestoffer', clientId }))
    expect(codes(hear(id))).toEqual(['unknown_client'])
  })
})

describe('subscribers', () => {
  test('[P20] of a publisher of another session; answered with id and sid when it is there', () => {
    const server = proxyServer()
    const { say, hear, ordered, sfu } = server
    const { clientId } = server.publisher(server.session('two').id)
    const { id } = server.session()
    ordered()
    say(id, command({ type: 'create-subscriber', streamType: 'video', publisherId: clientId }))
    const [order] = ordered()
    expect(order).toMatchObject({ do: 'subscribe', stream: { publisher: clientId, type: 'video' } })
    expect(hear(id)).toEqual([])
    sfu({ event: 'opened', leg: order && 'leg' in order ? order.leg : legId(0), sid: '77' })
    expect(hear(id)).toMatchObject([{ id: 'r', type: 'command', command: { id: 'id-4', sid: '77' } }])
  })

  test('[P20] of nobody, of a subscriber, and of another kind of stream: unknown', () => {
    const server = proxyServer()
    const { say, hear } = server
    const { id } = server.session()
    const { clientId } = server.publisher(id)
    const subscriber = server.subscriber(id, clientId)
    for (const [publisherId, streamType] of [
      ['nobody', 'video'],
      [subscriber.clientId, 'video'],
      [clientId, 'screen'],
    ] as const) {
      say(id, command({ type: 'create-subscriber', streamType, publisherId }))
      expect(codes(hear(id))).toEqual(['unknown_client'])
    }
  })

  test('[P20] its publisher goes before it is there: refused', () => {
    const server = proxyServer()
    const { say, hear, ordered, sfu } = server
    const { id } = server.session()
    const { clientId } = server.publisher(id)
    say(id, command({ type: 'create-subscriber', streamType: 'video', publisherId: clientId }))
    const order = ordered().at(-1)
    sfu({ event: 'closed', leg: order && 'leg' in order ? order.leg : legId(0), why: 'refused', detail: 'no' })
    expect(codes(hear(id))).toEqual(['internal_error'])
  })

  test('[P21] a new connection is told before its offer, and an offer for the present one is not', () => {
    const server = proxyServer()
    const { hear, sfu } = server
    const { id } = server.session()
    const { leg, clientId, sid } = server.subscriber(id, server.publisher(id).clientId)
    sfu({ event: 'offer', leg, request: undefined, sid, update: true, sdp: 'v=0' })
    sfu({ event: 'offer', leg, request: undefined, sid: 'new', update: false, sdp: 'v=1' })
    const offer = (sdp: string) => ({
      type: 'payload',
      payload: { type: 'offer', clientId, payload: { offer: { type: 'offer', sdp } } },
    })
    expect(hear(id)).toEqual([offer('v=0'), event('subscriber-sid-updated', { clientId, sid: 'new' }), offer('v=1')])
  })

  test('[P21] one that was asked for, too', () => {
    const server = proxyServer()
    const { say, hear, sfu, ordered } = server
    const { id } = server.session()
    const { leg, clientId, sid } = server.subscriber(id, server.publisher(id).clientId)
    for (const next of [sid, 'new', 'new']) {
      say(id, payload({ type: 'requestoffer', clientId }))
      const said = ordered().at(-1)
      if (said?.do !== 'say') throw new Error('nothing said')
      sfu({ event: 'offer', leg, request: said.request, sid: next, update: false, sdp: 'v=0' })
    }
    const heard = hear(id)
    expect(heard.map(({ type }) => type)).toEqual(['payload', 'event', 'payload', 'payload'])
    expect(heard[1]).toEqual(event('subscriber-sid-updated', { clientId, sid: 'new' }))
  })

  test('[P22] its publisher goes with its session, or before the subscriber was there', () => {
    const server = proxyServer()
    const { say, hear, ordered } = server
    const [{ id }, { id: other }] = [server.session(), server.session('two')]
    const publisher = server.publisher(other)
    const { clientId, leg } = server.subscriber(id, publisher.clientId)
    say(id, command({ type: 'create-subscriber', streamType: 'video', publisherId: publisher.clientId }, 'late'))
    ordered()
    say(other, { type: 'bye' })
    expect(hear(id)).toMatchObject([
      event('subscriber-closed', { clientId }),
      { id: 'late', error: { code: 'internal_error' } },
    ])
    expect(ordered()).toMatchObject([{ leg: publisher.leg }, { do: 'close', leg }, { do: 'close' }])
  })

  test('[P22] Janus says that its publisher is gone', () => {
    const server = proxyServer()
    const { hear, sfu, ordered, say } = server
    const { id } = server.session()
    const { leg, clientId } = server.subscriber(id, server.publisher(id).clientId)
    ordered()
    sfu({ event: 'interrupted', leg })
    expect(hear(id)).toEqual([event('subscriber-closed', { clientId })])
    expect(ordered()).toEqual([{ do: 'close', leg }])
    say(id, command({ type: 'delete-subscriber', clientId }))
    expect(codes(hear(id))).toEqual(['unknown_client'])
  })
})

test('[P25] Janus goes with everything in it, and comes back', () => {
  const server = proxyServer()
  const { hear, sfu, proxy, say, ordered } = server
  const [{ id }, { id: other }] = [server.session(), server.session('two')]
  const publisher = server.publisher(id)
  const subscriber = server.subscriber(other, publisher.clientId)
  say(id, command({ type: 'create-publisher', streamType: 'screen' }, 'late'))
  ordered()
  sfu({ event: 'available', is: false })
  sfu({ event: 'closed', leg: publisher.leg, why: 'lost', detail: '' })
  sfu({ event: 'interrupted', leg: subscriber.leg })
  expect(hear(id)).toMatchObject([event('backend-disconnected'), { id: 'late', error: { code: 'internal_error' } }])
  expect(hear(other)).toEqual([event('backend-disconnected')])
  expect(proxy.census()).toMatchObject({ clients: 0, isAvailable: false })
  expect(ordered()).toHaveLength(3)
  sfu({ event: 'available', is: true })
  expect([hear(id), hear(other)]).toEqual([[event('backend-connected')], [event('backend-connected')]])
})

test('[P25] a session without a connection learns of it when it comes back, even if Janus is back before it', () => {
  const server = proxyServer()
  const { world, say, hear, sfu } = server
  const { id, sessionId } = server.session()
  server.publisher(id)
  world.lose(id)
  sfu({ event: 'available', is: false })
  sfu({ event: 'available', is: true })
  const again = world.open()
  say(again, { type: 'hello', hello: { version: '1.0', resumeid: sessionId } })
  expect(eventTypes(hear(again))).toEqual(['backend-disconnected', 'backend-connected', 'update-load'])
})
