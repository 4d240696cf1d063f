import { describe, expect, test } from 'bun:test'
import type { Saying } from '../../../src/sfu/sfu.ts'
import { createFakeProxy } from '../../support/fake-proxy.ts'
import { camera, createStage } from './stage.ts'

const proxyAt = (name: string, country = '') => createFakeProxy(`http://${name}.example/`, country)
const candidate: Saying = { say: 'candidate', candidate: { candidate: 'c', sdpMid: '0' } }

describe('[M54] create-publisher', () => {
  test('has the wishes of the client, twice where old proxies look elsewhere', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    const settings = { bitrate: 500_000, mediaTypes: 3, audioCodec: 'opus', videoCodec: 'vp9', vp9Profile: '2' }
    const leg = stage.publish(camera('ann'), { sid: '17', settings })
    expect(proxy.heard.at(-1)).toMatchObject({
      command: {
        type: 'create-publisher',
        sid: '17',
        streamType: 'video',
        publisherSettings: { bitrate: 500_000, mediatypes: 3, audiocodec: 'opus', videocodec: 'vp9', vp9_profile: '2' },
        bitrate: 500_000,
        mediatypes: 3,
      },
    })
    expect(stage.told()).toEqual([{ event: 'opened', leg, sid: '17', bitrate: 500_000 }])
    expect(stage.noted('publisher-created')).toEqual([{ fact: 'publisher-created', publisher: 'ann', type: 'video' }])
  })

  test.each([
    ['video', 0, 1_000_000],
    ['video', 3_000_000, 1_000_000],
    ['screen', 0, 2_000_000],
    ['audio', 1, 1],
  ] as const)('of %s with a wish of %d may send %d', (type, bitrate, most) => {
    const stage = createStage([proxyAt('one')])
    stage.publish({ publisher: 'ann', type }, { settings: { bitrate } })
    expect(stage.told()).toMatchObject([{ event: 'opened', bitrate: most }])
  })
})

describe('which proxy', () => {
  test('[M48] [M49] the nearest that is there', () => {
    const proxies = [proxyAt('us', 'US'), proxyAt('de', 'DE'), proxyAt('fr', 'FR')]
    const [us, de, fr] = proxies
    if (!us || !de || !fr) throw new Error('three')
    const stage = createStage(proxies)
    const counts = () => proxies.map((proxy) => proxy.publishers().length)
    stage.publish(camera('ann'), { country: 'FR' })
    expect(counts()).toEqual([0, 0, 1])
    fr.push({ type: 'event', event: { type: 'shutdown-scheduled' } })
    stage.publish(camera('ben'), { country: 'FR' })
    expect(counts()).toEqual([0, 1, 1])
    de.load(1, { incoming: 100 })
    stage.publish(camera('cas'), { country: 'FR' })
    expect(counts()).toEqual([1, 1, 1])
    expect(stage.noted('proxy-draining')).toMatchObject([{ url: fr.url }])
  })

  test('[M52] of equals the least loaded, with those that we have just brought', () => {
    const proxies = [proxyAt('one'), proxyAt('two')]
    const stage = createStage(proxies)
    const counts = () => proxies.map((proxy) => proxy.publishers().length)
    const legs = [...'abcdef'].map((name) => stage.publish(camera(name)))
    expect(counts()).toEqual([3, 3])
    proxies[0]?.load(50)
    for (const name of 'ghi') stage.publish(camera(name))
    expect(counts()).toEqual([3, 6])
    for (const proxy of proxies) proxy.load(6)
    for (const leg of legs) stage.close(leg)
    expect(counts()).toEqual([0, 3])
    for (const name of 'jk') stage.publish(camera(name))
    expect(counts()).toEqual([1, 4])
  })

  test('[M52] but not those whom it refused', () => {
    const proxies = [proxyAt('one'), proxyAt('two')]
    const stage = createStage(proxies)
    proxies[0]?.refuses.set('create-publisher', 'internal_error')
    for (const name of 'ab') stage.publish(camera(name))
    proxies[0]?.refuses.clear()
    for (const name of 'cd') stage.publish(camera(name))
    expect(proxies.map((proxy) => proxy.publishers().length)).toEqual([2, 2])
  })

  test('[M53] one that owes an answer comes last, until it speaks', () => {
    const proxies = [proxyAt('one', 'DE'), proxyAt('two', 'US')]
    const [one, two] = proxies
    if (!one || !two) throw new Error('two')
    const stage = createStage(proxies)
    one.isMute = true
    const first = stage.publish(camera('ann'), { country: 'DE' })
    expect(stage.told()).toEqual([])
    stage.pass(2_000)
    expect(stage.told()).toMatchObject([{ event: 'opened', leg: first }])
    const second = stage.publish(camera('ben'), { country: 'DE' })
    expect(stage.told()).toMatchObject([{ event: 'opened', leg: second }])
    expect(two.publishers()).toHaveLength(2)
    one.isMute = false
    one.load(0)
    stage.publish(camera('cas'), { country: 'DE' })
    expect(two.publishers()).toHaveLength(2)
  })

  test('[M55] the next, if one refuses', () => {
    const proxies = [proxyAt('one', 'DE'), proxyAt('two')]
    proxies[0]?.refuses.set('create-publisher', 'shutdown_scheduled')
    const stage = createStage(proxies)
    const leg = stage.publish(camera('ann'), { country: 'DE' })
    expect(stage.told()).toMatchObject([{ event: 'opened', leg }])
    expect(stage.noted('sfu-request-failed')).toMatchObject([
      {
        url: 'http://one.example/',
        request: 'create-publisher',
        detail: 'shutdown_scheduled: it is shutdown_scheduled',
      },
    ])
  })

  test('[M55] what comes too late is deleted', () => {
    const proxies = [proxyAt('one', 'DE'), proxyAt('two')]
    const [one, two] = proxies
    if (!one || !two) throw new Error('two')
    const stage = createStage(proxies)
    one.isMute = true
    stage.publish(camera('ann'), { country: 'DE' })
    const id = one.heard.at(-1)?.id
    stage.pass(2_000)
    expect(two.publishers()).toHaveLength(1)
    one.isMute = false
    one.push({ id, type: 'command', command: { id: 'made-late' } })
    expect(one.heard.at(-1)).toMatchObject({ command: { type: 'delete-publisher', clientId: 'made-late' } })
  })
})

describe('[M56] without a proxy', () => {
  test('a publisher waits and is lost at last', () => {
    const proxy = proxyAt('one')
    proxy.isUp = false
    const stage = createStage([proxy])
    const leg = stage.publish(camera('ann'))
    const request = stage.offer(leg, 'o')
    stage.pass(9_999)
    expect(stage.told()).toEqual([])
    stage.pass(1)
    expect(stage.told()).toMatchObject([
      { event: 'failed', leg, request, why: expect.stringMatching(/timeout|not available/) },
      { event: 'closed', leg, why: 'lost' },
    ])
    expect(stage.noted('no-proxy-available')).toEqual([{ fact: 'no-proxy-available', type: 'video' }])
  })

  test('a publisher gets the one that comes in time, with what was said meanwhile', () => {
    const proxy = proxyAt('one')
    proxy.isUp = false
    const stage = createStage([proxy])
    const leg = stage.publish(camera('ann'))
    const request = stage.offer(leg, 'o')
    proxy.isUp = true
    stage.pass(1_000)
    expect(stage.told()).toMatchObject([
      { event: 'opened', leg },
      { event: 'answer', leg, request, sdp: 'answer to o' },
    ])
  })

  test('that takes it, a publisher is refused', () => {
    const proxies = [proxyAt('one'), proxyAt('two')]
    for (const { refuses } of proxies) refuses.set('create-publisher', 'internal_error')
    const stage = createStage(proxies)
    const leg = stage.publish(camera('ann'))
    expect(stage.told()).toEqual([
      { event: 'closed', leg, why: 'refused', detail: 'internal_error: it is internal_error' },
    ])
    const request = stage.offer(leg, 'o')
    expect(stage.told()).toMatchObject([{ event: 'failed', leg, request, why: 'unknown leg' }])
  })
})

describe('what is said', () => {
  test('[M57] waits until the publisher is there, and is answered in order, each once', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    proxy.isMute = true
    const leg = stage.publish(camera('ann'))
    const id = proxy.heard.at(-1)?.id
    const requests = [stage.offer(leg, 'o', 'sid'), stage.say(leg, candidate, 'sid')]
    proxy.isMute = false
    stage.inject(JSON.stringify({ id, type: 'command', command: { id: 'p' } }))
    expect(proxy.heard.slice(-2)).toMatchObject([
      { type: 'payload', payload: { type: 'offer', clientId: 'p', sid: 'sid', payload: { type: 'offer', sdp: 'o' } } },
      { type: 'payload', payload: { type: 'candidate', payload: { candidate: { candidate: 'c', sdpMid: '0' } } } },
    ])
    stage.inject(JSON.stringify({ id, type: 'command', command: { id: 'p' } }))
    expect(stage.told().flatMap((event) => ('request' in event ? [event.request] : []))).toEqual(requests)
  })

  test('[M57] is given up when no answer comes; one that comes later is nobody’s', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    const leg = stage.publish(camera('ann'))
    stage.told()
    proxy.isMute = true
    const request = stage.offer(leg, 'o')
    const id = proxy.heard.at(-1)?.id
    stage.pass(10_000)
    expect(stage.told()).toEqual([{ event: 'failed', leg, request, why: 'timeout', detail: 'not answered in time' }])
    proxy.isMute = false
    proxy.push({ id, type: 'payload', payload: { type: 'offer', clientId: 'x', payload: { sdp: 's' } } })
    expect(stage.told()).toEqual([])
  })

  test('[M57] an answer without a description is none', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    const leg = stage.publish(camera('ann'))
    stage.told()
    proxy.isMute = true
    const request = stage.offer(leg, 'o')
    stage.inject(
      JSON.stringify({ id: proxy.heard.at(-1)?.id, type: 'payload', payload: { type: 'offer', clientId: 'x' } }),
    )
    expect(stage.told()).toMatchObject([{ event: 'failed', leg, request, why: 'refused' }])
  })

  test('[M58] with another sid: an offer brings it along, a candidate is stale', () => {
    const stage = createStage([proxyAt('one')])
    const leg = stage.publish(camera('ann'), { sid: 'first' })
    stage.told()
    const stale = stage.say(leg, candidate, 'second')
    expect(stage.told()).toMatchObject([{ event: 'failed', leg, request: stale, why: 'stale sid' }])
    stage.offer(leg, 'o', 'second')
    const fine = stage.say(leg, candidate, 'second')
    const bare = stage.say(leg, candidate)
    expect(stage.told()).toMatchObject([
      { event: 'answer', sid: 'second' },
      { event: 'done', request: fine },
      { event: 'done', request: bare },
    ])
  })

  test('[M66] that is not for a publisher fails, as does what is for nobody', () => {
    const stage = createStage([proxyAt('one')])
    const leg = stage.publish(camera('ann'))
    stage.told()
    stage.say(leg, { say: 'answer', sdp: 'a' })
    stage.requestOffer(leg)
    stage.command({ do: 'list-streams', leg, request: 77 })
    stage.command({ do: 'receive', leg, request: 78, stream: camera('ann'), streams: [] })
    expect(stage.told()).toMatchObject([1, 2, 77, 78].map((request) => ({ event: 'failed', request, why: 'refused' })))
    stage.close(leg)
    stage.offer(leg, 'o')
    expect(stage.told()).toMatchObject([{ event: 'failed', why: 'unknown leg' }])
  })

  test('[M66] too much at once fails', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    const leg = stage.publish(camera('ann'))
    stage.told()
    proxy.isMute = true
    for (let count = 0; count < 510; count++) stage.say(leg, candidate)
    expect(stage.told()).toHaveLength(10)
  })
})

describe('the end', () => {
  test('[M64] a leg that is closed is deleted, and nothing more is told of it', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    const leg = stage.publish(camera('ann'))
    const [client = ''] = proxy.publishers()
    stage.told()
    proxy.isMute = true
    stage.offer(leg, 'o')
    const id = proxy.heard.at(-1)?.id
    proxy.isMute = false
    stage.close(leg)
    proxy.push({ id, type: 'payload', payload: { type: 'offer', clientId: client, payload: { sdp: 's' } } })
    proxy.candidate(client, 'c')
    stage.pass(20_000)
    expect(proxy.publishers()).toEqual([])
    expect(stage.told()).toEqual([])
    expect(stage.noted('publisher-closed')).toHaveLength(1)
  })

  test('[M64] one that was still being made is deleted when it is there', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    proxy.isMute = true
    const leg = stage.publish(camera('ann'))
    const id = proxy.heard.at(-1)?.id
    stage.close(leg)
    proxy.isMute = false
    stage.inject(JSON.stringify({ id, type: 'command', command: { id: 'p' } }))
    expect(proxy.heard.at(-1)).toMatchObject({ command: { type: 'delete-publisher', clientId: 'p' } })
    expect(stage.told()).toEqual([])
  })

  test('[M64] a deletion that is lost with its connection is repeated', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    stage.pass(5_000)
    const leg = stage.publish(camera('ann'))
    proxy.isMute = true
    stage.close(leg)
    stage.cut()
    proxy.isMute = false
    expect(proxy.publishers()).toHaveLength(1)
    stage.pass(250)
    expect(proxy.publishers()).toEqual([])
  })

  test('[M64] when nobody knows what was made, the session is begun anew as soon as it is empty', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    stage.pass(5_000)
    const there = stage.publish(camera('ann'))
    stage.hold(proxy)
    const leg = stage.publish(camera('ben'))
    expect(proxy.publishers()).toHaveLength(2)
    stage.cut()
    stage.release(proxy)
    stage.pass(250)
    // It is made once more, in the session that was taken up again.
    expect(stage.told()).toContainEqual(expect.objectContaining({ event: 'opened', leg }))
    expect(proxy.publishers()).toHaveLength(3)
    stage.close(leg)
    stage.pass(120_000)
    expect(proxy.publishers()).toHaveLength(2)
    stage.close(there)
    expect(proxy.publishers()).toEqual([])
    stage.pass(1_500)
    expect(stage.machine.isAvailable).toBe(true)
  })

  test('[M65] the proxy says when its peer connection ended', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    const leg = stage.publish(camera('ann'))
    stage.told()
    proxy.hangUp(proxy.publishers()[0] ?? '')
    expect(stage.told()).toEqual([{ event: 'closed', leg, why: 'ended', detail: 'the proxy ended it' }])
  })

  test('[M65] candidates are told with the sid, their end too', () => {
    const proxy = proxyAt('one')
    const stage = createStage([proxy])
    const leg = stage.publish(camera('ann'), { sid: '5' })
    stage.told()
    const [client = ''] = proxy.publishers()
    proxy.candidate(client, 'c')
    proxy.push({ type: 'event', event: { type: 'ice-completed', clientId: client } })
    proxy.push({ type: 'payload', payload: { type: 'candidate', clientId: client, payload: { candidate: 7 } } })
    expect(stage.told()).toEqual([
      { event: 'candidate', leg, sid: '5', candidate: { candidate: 'c', sdpMid: '0', sdpMLineIndex: 0 } },
      { event: 'candidate', leg, sid: '5', candidate: { candidate: '' } },
    ])
    expect(stage.noted('sfu-message-odd')).toMatchObject([{ fault: 'payload candidate' }])
  })
})
