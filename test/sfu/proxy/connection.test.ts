import { describe, expect, test } from 'bun:test'
import { createFakeProxy } from '../../support/fake-proxy.ts'
import { camera, createStage } from './stage.ts'

const one = () => createFakeProxy('http://one.example/')
const two = () => createFakeProxy('http://two.example/')

/** A call of one publisher and one subscriber, both with media. */
function call(stage: ReturnType<typeof createStage>) {
  const publisher = stage.publish(camera('ann'))
  stage.offer(publisher, 'o')
  const subscriber = stage.subscribe(camera('ann'))
  stage.requestOffer(subscriber)
  stage.told()
  return { publisher, subscriber }
}

describe('getting in', () => {
  test('[M40] the first word is hello with a token, beside the url', () => {
    const proxy = createFakeProxy('https://one.example/behind/')
    const stage = createStage([proxy])
    expect(stage.dialled).toEqual([{ url: 'wss://one.example/behind/proxy', address: undefined }])
    expect(proxy.heard).toMatchObject([{ type: 'hello', hello: { version: '1.0', token: expect.any(String) } }])
    expect(proxy.heard[0]).not.toHaveProperty('hello.resumeid')
    expect(stage.available()).toEqual([true])
    expect(stage.noted('sfu-connected')).toEqual([
      { fact: 'sfu-connected', url: 'https://one.example/behind/', version: 'fake' },
    ])
  })

  test('[M42] a refusal is noted with its code and tried again, more and more slowly', () => {
    const proxy = one()
    const wrong = () => 'no token'
    const stage = createStage([proxy], { sign: wrong })
    expect(stage.noted('proxy-refused-us')).toEqual([{ fact: 'proxy-refused-us', url: proxy.url, code: 'auth_failed' }])
    stage.pass(120_000)
    // 1 + 2 + 4 + 8 s, then 16 s each.
    expect(stage.dialled).toHaveLength(5 + Math.floor((120 - 15) / 16))
    expect(stage.machine.isAvailable).toBe(false)
  })

  test('[M42] a proxy that does not answer the hello is tried again', () => {
    const proxy = one()
    proxy.isMute = true
    const stage = createStage([proxy])
    stage.pass(9_999)
    expect(stage.dialled).toHaveLength(1)
    proxy.isMute = false
    stage.pass(1_001)
    expect(stage.dialled).toHaveLength(2)
    expect(stage.machine.isAvailable).toBe(true)
  })

  test('[M43] a proxy that is not there is noted once and tried from 1 s up to every 16 s', () => {
    const proxy = one()
    proxy.isUp = false
    const stage = createStage([proxy])
    const tried = [...[0, 1, 2, 4, 8, 16, 16].entries()].map(([index, seconds]) => {
      stage.pass(seconds * 1000)
      return stage.dialled.length - index
    })
    expect(tried).toEqual([1, 1, 1, 1, 1, 1, 1])
    expect(stage.noted('sfu-disconnected')).toHaveLength(1)
    proxy.isUp = true
    stage.pass(16_000)
    expect(stage.machine.isAvailable).toBe(true)
  })
})

describe('a lost connection', () => {
  test('[M43] is dialled again at once, unless it had only just been there', () => {
    const stage = createStage([one()])
    stage.cut()
    stage.pass(999)
    expect(stage.dialled).toHaveLength(1)
    stage.pass(1)
    expect(stage.dialled).toHaveLength(2)
    stage.pass(1_000)
    stage.cut()
    stage.pass(125)
    expect(stage.dialled).toHaveLength(3)
  })

  test('[M44] whose session is resumed has lost nobody, and what is said meanwhile is said then', () => {
    const proxy = one()
    const stage = createStage([proxy])
    stage.pass(5_000)
    const { publisher, subscriber } = call(stage)
    stage.cut()
    expect(stage.available()).toEqual([false])
    const request = stage.say(publisher, { say: 'candidate', candidate: { candidate: 'c' } }, 'sid')
    expect(stage.told()).toEqual([])
    stage.pass(250)
    expect(proxy.heard.findLast(({ type }) => type === 'hello')).toMatchObject({
      hello: { resumeid: expect.any(String) },
    })
    expect(proxy.heard.findLast(({ type }) => type === 'hello')).not.toHaveProperty('hello.token')
    expect(stage.told()).toEqual([{ event: 'done', leg: publisher, request }])
    const again = stage.requestOffer(subscriber)
    expect(stage.told()).toMatchObject([{ event: 'offer', request: again }])
  })

  test('[M45] whose session is gone has lost all: publishers are lost, subscribers wait', () => {
    const proxy = one()
    const stage = createStage([proxy])
    stage.pass(5_000)
    const { publisher, subscriber } = call(stage)
    proxy.forget()
    stage.cut()
    stage.pass(250)
    expect(stage.told()).toEqual([
      { event: 'interrupted', leg: subscriber },
      { event: 'closed', leg: publisher, why: 'lost', detail: 'the proxy does not know the session any more' },
    ])
    expect(stage.machine.isAvailable).toBe(true)
    expect(proxy.heard.findLast(({ type }) => type === 'hello')).toHaveProperty('hello.token')
  })

  test('[M45] or only some of it, as the proxy says when it is asked', () => {
    const proxy = one()
    const stage = createStage([proxy])
    stage.pass(5_000)
    const { publisher, subscriber } = call(stage)
    stage.hold(proxy)
    for (const client of [...proxy.subscribers(), ...proxy.publishers()]) proxy.hangUp(client)
    stage.cut()
    stage.release(proxy)
    stage.pass(250)
    expect(stage.told()).toEqual([])
    const heard = stage.requestOffer(subscriber)
    const said = stage.offer(publisher, 'o')
    expect(stage.told()).toMatchObject([
      { event: 'failed', request: heard, why: 'refused' },
      { event: 'interrupted', leg: subscriber },
      { event: 'failed', request: said, why: 'unknown leg' },
      { event: 'closed', leg: publisher, why: 'lost' },
    ])
  })

  test('[M45] in spite of another session in the answer', () => {
    const proxy = one()
    const stage = createStage([proxy])
    stage.pass(5_000)
    const { publisher } = call(stage)
    proxy.isMute = true
    stage.cut()
    stage.pass(250)
    const id = proxy.heard.at(-1)?.id
    stage.inject(JSON.stringify({ id, type: 'hello', hello: { version: '1.0', sessionid: 'another' } }))
    expect(stage.told()).toContainEqual(expect.objectContaining({ event: 'closed', leg: publisher, why: 'lost' }))
  })

  test('[M46] that cannot be had again is given up when there is another proxy', () => {
    const [first, second] = [one(), two()]
    const stage = createStage([first, second])
    stage.pass(5_000)
    second.load(5)
    const { publisher } = call(stage)
    expect(first.publishers()).toHaveLength(1)
    first.isUp = false
    stage.cut(first)
    stage.pass(250)
    expect(stage.told()).toContainEqual({ event: 'closed', leg: publisher, why: 'lost', detail: 'the proxy is gone' })
    const next = stage.publish(camera('ann'))
    expect(stage.told()).toMatchObject([{ event: 'opened', leg: next }])
    expect(second.publishers()).toHaveLength(1)
  })

  test('[M46] is waited for, a minute at most, when there is no other', () => {
    const proxy = one()
    const stage = createStage([proxy])
    stage.pass(5_000)
    const { publisher } = call(stage)
    proxy.isUp = false
    stage.cut()
    stage.pass(59_000)
    expect(stage.told()).toEqual([])
    stage.pass(1_000)
    expect(stage.told()).toContainEqual(expect.objectContaining({ event: 'closed', leg: publisher, why: 'lost' }))
  })
})

describe('what a proxy says of itself', () => {
  test('[M45] bye ends everything, and a new session begins', () => {
    const proxy = one()
    const stage = createStage([proxy])
    stage.pass(5_000)
    const { publisher } = call(stage)
    proxy.push({ type: 'bye', bye: { reason: 'session_expired' } })
    expect(stage.told()).toContainEqual({ event: 'closed', leg: publisher, why: 'lost', detail: 'session_expired' })
    expect(stage.noted('proxy-said-bye')).toMatchObject([{ reason: 'session_expired' }])
    stage.pass(1_000)
    expect(proxy.heard.findLast(({ type }) => type === 'hello')).toHaveProperty('hello.token')
    expect(stage.machine.isAvailable).toBe(true)
  })

  test('[M45] without its Janus it has nobody and gets nobody, until that is back', () => {
    const [first, second] = [one(), two()]
    const stage = createStage([first, second])
    second.load(5)
    const { publisher, subscriber } = call(stage)
    first.loseBackend()
    expect(stage.told()).toEqual([
      { event: 'interrupted', leg: subscriber },
      expect.objectContaining({ event: 'closed', leg: publisher, why: 'lost' }),
    ])
    stage.publish(camera('ann'))
    expect([first.publishers().length, second.publishers().length]).toEqual([0, 1])
    first.push({ type: 'event', event: { type: 'backend-connected' } })
    stage.publish(camera('ben'))
    expect([first.publishers().length, second.publishers().length]).toEqual([1, 1])
  })

  test('[M48] what it said on an earlier connection holds no more', () => {
    const proxy = one()
    const stage = createStage([proxy])
    stage.pass(5_000)
    proxy.push({ type: 'event', event: { type: 'shutdown-scheduled' } })
    proxy.loseBackend()
    proxy.forget()
    stage.cut()
    stage.pass(250)
    const leg = stage.publish(camera('ann'))
    expect(stage.told()).toMatchObject([{ event: 'opened', leg }])
  })

  test('[M47] nonsense is noted and ignored, until it is too much', () => {
    const proxy = one()
    const stage = createStage([proxy])
    for (const text of ['{', '[]', '{"type":"dance"}', '{"type":"event","event":{"type":7}}', '{"type":"hello"}']) {
      stage.inject(text)
    }
    stage.inject('{"type":"command","command":{"id":"secret"}}')
    stage.inject('{"type":"event","event":{"type":"something-new"}}')
    expect(stage.noted('sfu-message-odd')).toHaveLength(6)
    expect(JSON.stringify(stage.facts())).not.toContain('secret')
    expect(stage.machine.isAvailable).toBe(true)
    for (let count = 0; count < 15; count++) stage.inject('nonsense')
    expect(stage.machine.isAvailable).toBe(false)
    stage.pass(1_500)
    expect(stage.machine.isAvailable).toBe(true)
  })

  test('[M47] a country that is none is no country', () => {
    const proxy = createFakeProxy('http://one.example/', 'QQ')
    const stage = createStage([proxy])
    expect(stage.noted('sfu-message-odd')).toMatchObject([{ fault: 'hello.server.country' }])
    expect(stage.machine.serverInfo()).not.toHaveProperty('proxies.0.country')
  })
})
