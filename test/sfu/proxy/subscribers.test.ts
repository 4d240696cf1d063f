import { describe, expect, test } from 'bun:test'
import type { SfuEvent } from '../../../src/sfu/sfu.ts'
import type { LegId } from '../../../src/sfu/stream.ts'
import { createFakeProxy, type FakeProxy } from '../../support/fake-proxy.ts'
import { camera, createStage, type Stage } from './stage.ts'

const proxyAt = (name: string, country = '') => createFakeProxy(`http://${name}.example/`, country)

/** Ann publishes; `leg` is whoever sees her, with an offer of the sid `sid`. */
function call(stage: Stage, country?: string): { publisher: LegId; leg: LegId; sid: string } {
  const publisher = stage.publish(camera('ann'), { country: 'DE' })
  stage.offer(publisher, 'first')
  const leg = stage.subscribe(camera('ann'), country)
  stage.requestOffer(leg)
  const offer = stage.told().find(({ event }) => event === 'offer')
  return { publisher, leg, sid: offer?.event === 'offer' ? offer.sid : '' }
}

const kinds = (events: readonly SfuEvent[]): string[] => events.map(({ event }) => event)

describe('[M59] a subscriber', () => {
  test('is made where its publisher is, and gets its offer', () => {
    const proxies = [proxyAt('one'), proxyAt('two')]
    const stage = createStage(proxies)
    proxies[0]?.load(5)
    const publisher = stage.publish(camera('ann'))
    stage.offer(publisher, 'o')
    proxies[1]?.load(9)
    stage.told()
    const leg = stage.subscribe(camera('ann'))
    expect(proxies[1]?.heard.at(-1)).toMatchObject({
      command: { type: 'create-subscriber', publisherId: 'two.example-publisher-2', streamType: 'video' },
    })
    expect(stage.told()).toEqual([{ event: 'opened', leg, sid: '1' }])
    const request = stage.requestOffer(leg)
    expect(stage.told()).toEqual([{ event: 'offer', leg, request, sid: '1', update: false, sdp: 'offer of o' }])
    const answer = stage.say(leg, { say: 'answer', sdp: 'a' }, '1')
    expect(stage.told()).toEqual([{ event: 'done', leg, request: answer }])
    expect(proxies[1]?.client(proxies[1].subscribers()[0] ?? '')).toMatchObject({ answer: 'a' })
  })

  test('waits for its publisher, and for its first offer', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    const leg = stage.subscribe(camera('ann'))
    const request = stage.requestOffer(leg)
    stage.pass(3_000)
    const other = stage.publish({ publisher: 'ann', type: 'screen' })
    expect(stage.told()).toMatchObject([{ event: 'opened', leg: other }])
    const publisher = stage.publish(camera('ann'))
    expect(stage.told()).toMatchObject([
      { event: 'opened', leg: publisher },
      { event: 'opened', leg },
    ])
    stage.offer(publisher, 'o')
    expect(stage.told()).toMatchObject([
      { event: 'answer', leg: publisher },
      { event: 'offer', leg, request, update: false },
    ])
    expect(stage.noted('waiting-for-publisher')).toHaveLength(1)
  })

  test('waits no longer than a request may take', () => {
    const stage = createStage([proxyAt('one')])
    const leg = stage.subscribe(camera('ann'))
    const request = stage.requestOffer(leg)
    stage.pass(9_999)
    expect(stage.told()).toEqual([])
    stage.pass(1)
    expect(stage.told()).toMatchObject([{ event: 'failed', leg, request, why: 'no publisher' }])
    const publisher = stage.publish(camera('ann'))
    expect(stage.told()).toMatchObject([
      { event: 'opened', leg: publisher },
      { event: 'opened', leg },
    ])
  })

  test('answers nothing before there is a connection', () => {
    const stage = createStage([proxyAt('one')])
    const leg = stage.subscribe(camera('ann'))
    const bare = stage.say(leg, { say: 'answer', sdp: 'a' })
    const named = stage.say(leg, { say: 'answer', sdp: 'a' }, '9')
    expect(stage.told()).toMatchObject([
      { event: 'failed', request: bare, why: 'no publisher' },
      { event: 'failed', request: named, why: 'stale sid' },
    ])
  })
})

describe('[M60] the sid', () => {
  test('of another connection is stale', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    const { leg } = call(stage)
    const before = proxy.heard.length
    const request = stage.say(leg, { say: 'answer', sdp: 'a' }, 'another')
    expect(stage.told()).toMatchObject([{ event: 'failed', request, why: 'stale sid' }])
    expect(proxy.heard).toHaveLength(before)
  })

  test('of the present one asks for an update, any other for a new connection', () => {
    const stage = createStage([proxyAt('one')])
    const { leg, sid } = call(stage)
    const update = stage.requestOffer(leg, sid)
    expect(stage.told()).toMatchObject([{ event: 'offer', request: update, sid, update: true }])
    const anew = stage.requestOffer(leg)
    const [offer] = stage.told()
    expect(offer).toMatchObject({ event: 'offer', request: anew, update: false })
    expect(offer).not.toHaveProperty('sid', sid)
    const old = stage.requestOffer(leg, sid)
    expect(stage.told()).toMatchObject([{ event: 'offer', request: old, update: false }])
  })
})

test('[M60] a proxy that knows no sids is given some', () => {
  const proxy = proxyAt('one')
  proxy.knowsSids = false
  const stage = createStage([proxy])
  const { leg, sid } = call(stage)
  expect(sid).not.toBe('')
  const answer = stage.say(leg, { say: 'answer', sdp: 'a' }, sid)
  expect(proxy.heard.at(-1)).not.toHaveProperty('payload.sid')
  const anew = stage.requestOffer(leg, sid)
  const [done, offer] = stage.told()
  expect(done).toEqual({ event: 'done', leg, request: answer })
  expect(offer).toMatchObject({ event: 'offer', request: anew, update: false })
  expect(offer).not.toHaveProperty('sid', sid)
  const stale = stage.say(leg, { say: 'answer', sdp: 'a' }, sid)
  expect(stage.told()).toMatchObject([{ event: 'failed', request: stale, why: 'stale sid' }])
  const [client = ''] = proxy.subscribers()
  const payload = { offer: { type: 'offer', sdp: 'update' } }
  proxy.push({ type: 'payload', payload: { type: 'offer', clientId: client, payload } })
  const present = offer?.event === 'offer' ? offer.sid : ''
  expect(stage.told()).toMatchObject([{ event: 'offer', update: true, sid: present, sdp: 'update' }])
})

describe('[M61] when its publisher is gone', () => {
  test('it is interrupted, and gets an offer when somebody publishes the stream again', () => {
    const proxies = [proxyAt('one'), proxyAt('two')]
    const stage = createStage(proxies)
    const { publisher, leg, sid } = call(stage)
    stage.say(leg, { say: 'select', selection: { substream: 0 } }, sid)
    stage.told()
    proxies[0]?.load(50)
    stage.close(publisher)
    expect(stage.told()).toEqual([{ event: 'interrupted', leg }])
    expect(proxies[0]?.subscribers()).toEqual([])
    stage.pass(60_000)
    const next = stage.publish(camera('ann'), { country: 'DE' })
    stage.offer(next, 'second')
    const events = stage.told()
    expect(kinds(events)).toEqual(['opened', 'answer', 'offer'])
    expect(events[2]).toMatchObject({ event: 'offer', leg, update: false, sdp: 'offer of second' })
    expect(events[2]).toHaveProperty('request', undefined)
    expect(
      proxies[1]?.heard.find((one) => one.type === 'payload' && one.payload.type === 'requestoffer'),
    ).toMatchObject({
      payload: { payload: { substream: 0 } },
    })
  })

  test('and comes back in the same breath, both orders of the proxy’s words are understood', () => {
    for (const isSubscriberFirst of [true, false]) {
      const proxy = proxyAt('one')
      const stage = createStage([proxy])
      const { leg, publisher } = call(stage)
      const clients = [proxy.subscribers()[0] ?? '', proxy.publishers()[0] ?? '']
      for (const client of isSubscriberFirst ? clients : clients.reverse()) proxy.hangUp(client)
      const next = stage.publish(camera('ann'))
      stage.offer(next, 'second')
      const events = stage.told()
      expect(events).toContainEqual({ event: 'interrupted', leg })
      expect(events).toContainEqual(expect.objectContaining({ event: 'closed', leg: publisher, why: 'ended' }))
      expect(events).toContainEqual(expect.objectContaining({ event: 'offer', leg, sdp: 'offer of second' }))
      stage.pass(60_000)
      expect(stage.told()).toEqual([])
    }
  })

  test('without an offer yet nothing is said of it', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    const publisher = stage.publish(camera('ann'))
    const leg = stage.subscribe(camera('ann'))
    const request = stage.requestOffer(leg)
    stage.told()
    stage.close(publisher)
    expect(stage.told()).toEqual([])
    const next = stage.publish(camera('ann'))
    stage.offer(next, 'o')
    expect(kinds(stage.told())).toEqual(['opened', 'answer', 'offer'])
    expect(request).toBe(1)
  })

  test('what was asked of the old connection is stale', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    const { publisher, leg, sid } = call(stage)
    proxy.isMute = true
    const request = stage.say(leg, { say: 'answer', sdp: 'a' }, sid)
    stage.close(publisher)
    expect(stage.told()).toMatchObject([
      { event: 'failed', request, why: 'stale sid' },
      { event: 'interrupted', leg },
    ])
  })

  test('an offer that cannot be had is asked for again', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    const { publisher, leg } = call(stage)
    stage.close(publisher)
    proxy.refuses.set('create-subscriber', 'internal_error')
    const next = stage.publish(camera('ann'))
    stage.offer(next, 'second')
    stage.told()
    const tries = () =>
      proxy.heard.filter((one) => one.type === 'command' && one.command.type === 'create-subscriber').length
    const before = tries()
    stage.pass(1_000)
    expect(tries()).toBe(before + 1)
    stage.pass(1_000)
    expect(tries()).toBe(before + 1)
    proxy.refuses.clear()
    stage.pass(1_000)
    expect(stage.told()).toMatchObject([{ event: 'offer', leg, sdp: 'offer of second' }])
  })
})

describe('[M62] when the proxy ends it alone', () => {
  test('its peer connection has ended', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    const { leg } = call(stage)
    proxy.hangUp(proxy.subscribers()[0] ?? '')
    expect(stage.told()).toEqual([])
    stage.pass(500)
    expect(stage.told()).toEqual([{ event: 'closed', leg, why: 'ended', detail: 'the peer connection ended' }])
    stage.requestOffer(leg)
    expect(stage.told()).toMatchObject([{ event: 'failed', why: 'unknown leg' }])
  })

  test('while somebody asks for an offer, it is made anew', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    const publisher = stage.publish(camera('ann'))
    const leg = stage.subscribe(camera('ann'))
    const request = stage.requestOffer(leg)
    stage.told()
    proxy.hangUp(proxy.subscribers()[0] ?? '')
    stage.pass(1_000)
    stage.offer(publisher, 'o')
    expect(stage.told()).toMatchObject([
      { event: 'answer', leg: publisher },
      { event: 'offer', leg, request },
    ])
  })
})

describe('[M63] from afar', () => {
  const world = () => {
    const proxies = [proxyAt('de', 'DE'), proxyAt('us', 'US')] as const
    return { proxies, stage: createStage(proxies) }
  }
  const remote = (proxy: FakeProxy) => proxy.client(proxy.subscribers()[0] ?? '')

  test('the near proxy fetches the stream, with a token for just that', () => {
    const { proxies, stage } = world()
    const { leg } = call(stage, 'CA')
    expect(remote(proxies[1])).toMatchObject({ remoteUrl: 'http://de.example/', publisher: proxies[0].publishers()[0] })
    expect(proxies[0].subscribers()).toEqual([])
    stage.requestOffer(leg)
    expect(kinds(stage.told())).toEqual(['offer'])
  })

  test('to fetch a stream may take longer than to make something at one proxy', () => {
    const { proxies, stage } = world()
    const publisher = stage.publish(camera('ann'), { country: 'DE' })
    stage.offer(publisher, 'o')
    stage.told()
    stage.hold(proxies[1])
    const leg = stage.subscribe(camera('ann'), 'US')
    stage.pass(9_000)
    stage.release(proxies[1])
    expect(stage.told()).toMatchObject([{ event: 'opened', leg }])
    expect(proxies[0].subscribers()).toEqual([])
  })

  test('the publisher’s proxy has to do if the near one cannot', () => {
    const { proxies, stage } = world()
    proxies[1].refuses.set('create-subscriber', 'unsupported_subscriber')
    call(stage, 'CA')
    expect(remote(proxies[0])).toMatchObject({ remoteUrl: undefined })
  })

  test('the stream is fetched when there is no bandwidth left where it is', () => {
    const { proxies, stage } = world()
    const publisher = stage.publish(camera('ann'), { country: 'DE' })
    stage.offer(publisher, 'o')
    proxies[0].load(1, { outgoing: 101 })
    stage.subscribe(camera('ann'), 'DE')
    expect(remote(proxies[1])).toMatchObject({ remoteUrl: 'http://de.example/' })
  })

  test('when the publisher is gone the one from afar follows too', () => {
    const { proxies, stage } = world()
    const { publisher, leg } = call(stage, 'US')
    stage.close(publisher)
    expect(proxies[1].subscribers()).toEqual([])
    const next = stage.publish(camera('ann'), { country: 'US' })
    stage.offer(next, 'second')
    expect(stage.told()).toMatchObject([
      { event: 'interrupted', leg },
      { event: 'opened', leg: next },
      { event: 'answer', leg: next },
      { event: 'offer', leg, sdp: 'offer of second' },
    ])
    expect(remote(proxies[1])).toMatchObject({ remoteUrl: undefined })
  })
})

describe('[M65] by itself', () => {
  test('a proxy may offer an update, or a new connection', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    const { leg, sid } = call(stage)
    const [client = ''] = proxy.subscribers()
    const push = (sdp: unknown) =>
      proxy.push({
        type: 'payload',
        payload: { type: 'offer', clientId: client, payload: { offer: { type: 'offer', sdp } } },
      })
    push('update')
    proxy.push({ type: 'event', event: { type: 'subscriber-sid-updated', clientId: client, sid: '77' } })
    push('anew')
    push(7)
    expect(stage.told()).toEqual([
      { event: 'offer', leg, request: undefined, sid, update: true, sdp: 'update' },
      { event: 'offer', leg, request: undefined, sid: '77', update: false, sdp: 'anew' },
    ])
    expect(stage.noted('sfu-message-odd')).toMatchObject([{ fault: 'payload offer' }])
  })
})

describe('[M64] when it is closed', () => {
  test('it is deleted, and nothing comes of it any more', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    const { publisher, leg } = call(stage)
    stage.close(leg)
    expect(proxy.subscribers()).toEqual([])
    stage.close(publisher)
    stage.publish(camera('ann'))
    expect(proxy.subscribers()).toEqual([])
    expect(kinds(stage.told())).toEqual(['opened'])
  })

  test('while it is being made, it is deleted when it is there', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    stage.publish(camera('ann'))
    proxy.isMute = true
    const leg = stage.subscribe(camera('ann'))
    const id = proxy.heard.at(-1)?.id
    stage.close(leg)
    stage.inject(JSON.stringify({ id, type: 'command', command: { id: 's', sid: '1' } }))
    expect(proxy.heard.at(-1)).toMatchObject({ command: { type: 'delete-subscriber', clientId: 's' } })
  })

  test('after it was given up, too', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    stage.publish(camera('ann'))
    proxy.isMute = true
    stage.subscribe(camera('ann'))
    const id = proxy.heard.at(-1)?.id
    stage.pass(2_000)
    stage.inject(JSON.stringify({ id, type: 'command', command: { id: 's', sid: '1' } }))
    expect(proxy.heard.at(-1)).toMatchObject({ command: { type: 'delete-subscriber', clientId: 's' } })
  })

  test('[M66] it says nothing that is a publisher’s', () => {
    const stage = createStage([proxyAt('one')])
    const { leg } = call(stage)
    stage.offer(leg, 'o')
    expect(stage.told()).toMatchObject([{ event: 'failed', leg, why: 'refused' }])
  })
})
