/** Our Janus machine against the real Janus: media through it, its errors, its end and its return. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { SfuEvent } from '../../../src/sfu/sfu.ts'
import type { LegId, Stream } from '../../../src/sfu/stream.ts'
import { notRunnable } from '../../support/deb.ts'
import { type Janus, janusPrograms, leavesNothingBehind, prepareJanus, startJanus } from '../../support/janus.ts'
import { createReceiver, createSender, type Receiver, type Sender } from '../../support/media-peer.ts'
import { anyOrigin, janusUnderTest, type SfuUnderTest } from '../../support/sfu-under-test.ts'

const suite = 'sfu: the real Janus'
const video = (publisher: string): Stream => ({ publisher, type: 'video' })

/** The machine keeps a handle of its own as long as it runs. */
async function isEmpty(janus: Janus): Promise<void> {
  await leavesNothingBehind(janus, true)
}

const answerOf = (event: SfuEvent): string => {
  if (event.event !== 'answer') throw new Error(`no answer: ${JSON.stringify(event)}`)
  return event.sdp
}
const offerOf = (event: SfuEvent): Extract<SfuEvent, { readonly event: 'offer' }> => {
  if (event.event !== 'offer') throw new Error(`no offer: ${JSON.stringify(event)}`)
  return event
}

async function publishes(sfu: SfuUnderTest, leg: LegId, sender: Sender, stream: Stream): Promise<void> {
  sfu.publish(leg, stream)
  await sfu.event('opened', (event) => event.leg === leg)
  await sender.answered(answerOf(await sfu.say(leg, { say: 'offer', sdp: await sender.offer() })))
  await sender.connected
}

async function receives(sfu: SfuUnderTest, leg: LegId, receiver: Receiver, event: SfuEvent): Promise<string> {
  const { sid, sdp } = offerOf(event)
  const answer = await receiver.answer(sdp)
  expect(await sfu.say(leg, { say: 'answer', sdp: answer }, sid)).toMatchObject({ event: 'done' })
  await receiver.connected
  return sid
}

describe.skipIf(notRunnable(suite, ...janusPrograms))(suite, () => {
  let janus: Janus
  beforeAll(async () => {
    janus = await startJanus()
  }, 60_000)
  afterAll(() => janus[Symbol.asyncDispose]())

  test('media of a publisher reaches its subscribers, and nothing stays behind', async () => {
    await using sfu = janusUnderTest(janus)
    await using sender = createSender()
    await using receiver = createReceiver()
    const [publisher, subscriber] = [sfu.newLeg(), sfu.newLeg()]
    await publishes(sfu, publisher, sender, video('anna'))
    sfu.subscribe(subscriber, video('anna'))
    const offer = await sfu.say(subscriber, { say: 'request-offer', selection: undefined })
    await receives(sfu, subscriber, receiver, offer)
    await Promise.all([receiver.hears('audio', 10), receiver.hears('video', 10)])
    expect(await janus.rooms()).toMatchObject([{ max_publishers: 1, num_participants: 1 }])
    expect(sfu.sfu.machine.census()).toMatchObject({ publishers: { video: 1 }, subscribers: { video: 1 } })
    sfu.command({ do: 'close', leg: subscriber })
    sfu.command({ do: 'close', leg: publisher })
    await isEmpty(janus)
  }, 30_000)

  test('a subscriber that comes first has its offer once somebody publishes', async () => {
    await using sfu = janusUnderTest(janus)
    await using sender = createSender(['audio'])
    await using receiver = createReceiver()
    const [publisher, subscriber] = [sfu.newLeg(), sfu.newLeg()]
    sfu.subscribe(subscriber, video('ben'))
    const asked = sfu.say(subscriber, { say: 'request-offer', selection: undefined })
    await publishes(sfu, publisher, sender, video('ben'))
    await receives(sfu, subscriber, receiver, await asked)
    await receiver.hears('audio', 5)
    for (const leg of [publisher, subscriber]) sfu.command({ do: 'close', leg })
    await isEmpty(janus)
  }, 30_000)

  test('nobody publishes: the question fails in time, the leg stays', async () => {
    await using sfu = janusUnderTest({ url: janus.url, timeout: 300 })
    const subscriber = sfu.newLeg()
    sfu.subscribe(subscriber, video('nobody'))
    const failed = await sfu.say(subscriber, { say: 'request-offer', selection: undefined })
    expect(failed).toMatchObject({ event: 'failed', why: 'no publisher' })
    sfu.command({ do: 'close', leg: subscriber })
    await isEmpty(janus)
  })

  test('a publisher that comes back: subscribers have a new offer of it without asking', async () => {
    await using sfu = janusUnderTest(janus)
    await using first = createSender(['audio'])
    await using second = createSender(['audio'])
    await using before = createReceiver()
    await using after = createReceiver()
    const [one, other, subscriber] = [sfu.newLeg(), sfu.newLeg(), sfu.newLeg()]
    await publishes(sfu, one, first, video('cleo'))
    sfu.subscribe(subscriber, video('cleo'))
    const sid = await receives(
      sfu,
      subscriber,
      before,
      await sfu.say(subscriber, { say: 'request-offer', selection: undefined }),
    )
    sfu.command({ do: 'close', leg: one })
    await sfu.event('interrupted', ({ leg }) => leg === subscriber)
    await publishes(sfu, other, second, video('cleo'))
    const offer = await sfu.event('offer', ({ leg }) => leg === subscriber)
    expect(offer).toMatchObject({ request: undefined, update: false })
    expect(await receives(sfu, subscriber, after, offer)).not.toBe(sid)
    await after.hears('audio', 5)
    for (const leg of [other, subscriber]) sfu.command({ do: 'close', leg })
    await isEmpty(janus)
  }, 30_000)

  test('Janus tells its candidates; ours are taken; those of another connection are not', async () => {
    await using sfu = janusUnderTest(janus)
    await using sender = createSender(['audio'])
    const publisher = sfu.newLeg()
    sfu.publish(publisher, video('dan'), 'sid of dan')
    expect(await sfu.event('opened')).toMatchObject({ sid: 'sid of dan', bitrate: 1_048_576 })
    await sender.answered(answerOf(await sfu.say(publisher, { say: 'offer', sdp: await sender.offer() })))
    await sender.connected
    const candidate = { candidate: 'candidate:1 1 udp 1 127.0.0.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 }
    expect(await sfu.say(publisher, { say: 'candidate', candidate }, 'sid of dan')).toMatchObject({ event: 'done' })
    const end = { candidate: '', sdpMid: '0', sdpMLineIndex: 0 }
    expect(await sfu.say(publisher, { say: 'candidate', candidate: end }, 'sid of dan')).toMatchObject({
      event: 'done',
    })
    expect(await sfu.say(publisher, { say: 'candidate', candidate }, 'old')).toMatchObject({ why: 'stale sid' })
    sfu.command({ do: 'close', leg: publisher })
    await isEmpty(janus)
  }, 30_000)

  test('offers and answers that make no sense are refused; what made sense goes on', async () => {
    await using sfu = janusUnderTest({ url: janus.url, timeout: 2_000 })
    await using sender = createSender(['audio'])
    const [publisher, subscriber] = [sfu.newLeg(), sfu.newLeg()]
    sfu.publish(publisher, video('eva'))
    await sfu.event('opened')
    for (const sdp of ['', 'nonsense', 'v=0\r\n']) {
      expect(await sfu.say(publisher, { say: 'offer', sdp })).toMatchObject({ event: 'failed' })
    }
    await sender.answered(answerOf(await sfu.say(publisher, { say: 'offer', sdp: await sender.offer() })))
    await sender.connected
    sfu.subscribe(subscriber, video('eva'))
    const offer = await sfu.say(subscriber, { say: 'request-offer', selection: undefined })
    expect(await sfu.say(subscriber, { say: 'answer', sdp: 'nonsense' }, offerOf(offer).sid)).toMatchObject({
      event: 'failed',
    })
    expect(await sfu.say(subscriber, { say: 'answer', sdp: 'v=0\r\n' }, 'stale')).toMatchObject({ why: 'stale sid' })
    await using receiver = createReceiver()
    const again = await sfu.say(subscriber, { say: 'request-offer', selection: undefined })
    await receives(sfu, subscriber, receiver, again)
    await receiver.hears('audio', 5)
    for (const leg of [publisher, subscriber]) sfu.command({ do: 'close', leg })
    await isEmpty(janus)
  }, 30_000)

  test('legs that are closed while they are being made leave nothing', async () => {
    await using sfu = janusUnderTest(janus)
    await using sender = createSender(['audio'])
    const sdp = await sender.offer()
    for (let turn = 0; turn < 20; turn++) {
      const [publisher, subscriber] = [sfu.newLeg(), sfu.newLeg()]
      sfu.publish(publisher, video(`finn ${turn}`))
      sfu.subscribe(subscriber, video(`finn ${turn}`))
      sfu.command({
        do: 'say',
        leg: publisher,
        request: 1_000 + turn,
        sid: undefined,
        saying: { say: 'offer', sdp },
      })
      // Some at once, some a little later.
      if (turn % 2 === 1) await Bun.sleep(turn)
      sfu.command({ do: 'close', leg: publisher })
      sfu.command({ do: 'close', leg: subscriber })
    }
    await isEmpty(janus)
  }, 30_000)

  test('streams are listed, and copied to another Janus that passes them on', async () => {
    await using far = await startJanus()
    await using sfu = janusUnderTest(janus)
    await using remote = janusUnderTest(far)
    await using sender = createSender()
    await using receiver = createReceiver()
    const publisher = sfu.newLeg()
    await publishes(sfu, publisher, sender, video('gus'))
    sfu.command({ do: 'list-streams', leg: publisher, request: 2_000 })
    const { streams } = await sfu.event('streams')
    expect(streams).toMatchObject([
      { type: 'audio', codec: 'opus' },
      { type: 'video', codec: 'vp8' },
    ])
    const [copy, subscriber] = [remote.newLeg(), remote.newLeg()]
    remote.command({ do: 'receive', leg: copy, request: 2_001, stream: video('gus'), streams })
    const { port, rtcpPort } = await remote.event('receiving')
    const to = { id: 'far', host: '127.0.0.1', port, rtcpPort }
    sfu.command({ do: 'forward', leg: publisher, request: 2_002, to })
    await sfu.event('done', ({ request }) => request === 2_002)
    remote.subscribe(subscriber, video('gus'))
    await receives(
      remote,
      subscriber,
      receiver,
      await remote.say(subscriber, { say: 'request-offer', selection: undefined }),
    )
    await Promise.all([receiver.hears('audio', 5), receiver.hears('video', 5)])
    sfu.command({ do: 'stop-forwarding', leg: publisher, request: 2_003, to })
    await sfu.event('done', ({ request }) => request === 2_003)
    sfu.command({ do: 'close', leg: publisher })
    for (const leg of [copy, subscriber]) remote.command({ do: 'close', leg })
    await Promise.all([isEmpty(janus), isEmpty(far)])
  }, 30_000)

  test('a farewell in the middle of a call leaves nothing at all', async () => {
    const sfu = janusUnderTest(janus)
    await using sender = createSender(['audio'])
    await publishes(sfu, sfu.newLeg(), sender, video('hal'))
    sfu.subscribe(sfu.newLeg(), video('hal'))
    await sfu[Symbol.asyncDispose]()
    await leavesNothingBehind(janus)
  }, 30_000)
})

describe.skipIf(notRunnable(suite, ...janusPrograms))('sfu: a Janus that comes and goes', () => {
  test('it may be started after us: whoever waits is served then', async () => {
    await using janus = await prepareJanus()
    await using sfu = janusUnderTest({ url: janus.url, timeout: 15_000 })
    await using sender = createSender(['audio'])
    const publisher = sfu.newLeg()
    sfu.publish(publisher, video('anna'))
    await Bun.sleep(50)
    expect(sfu.sfu.machine.isAvailable).toBe(false)
    await janus.start()
    expect(await sfu.event('available')).toEqual({ event: 'available', is: true })
    await sfu.event('opened')
    await sender.answered(answerOf(await sfu.say(publisher, { say: 'offer', sdp: await sender.offer() })))
    await sender.connected
    sfu.command({ do: 'close', leg: publisher })
    await isEmpty(janus)
  }, 30_000)

  test('it is restarted in the middle of a call: publishers are lost, subscribers wait and follow', async () => {
    await using janus = await startJanus()
    await using sfu = janusUnderTest({ url: janus.url, timeout: 15_000 })
    await using first = createSender(['audio'])
    await using second = createSender(['audio'])
    await using before = createReceiver()
    await using after = createReceiver()
    const [one, other, subscriber] = [sfu.newLeg(), sfu.newLeg(), sfu.newLeg()]
    await publishes(sfu, one, first, video('ben'))
    sfu.subscribe(subscriber, video('ben'))
    await receives(sfu, subscriber, before, await sfu.say(subscriber, { say: 'request-offer', selection: undefined }))
    await sfu.event('available', ({ is }) => is)
    await janus.kill()
    expect(await sfu.event('closed')).toMatchObject({ leg: one, why: 'lost' })
    await sfu.event('interrupted', ({ leg }) => leg === subscriber)
    await sfu.event('available', ({ is }) => !is)
    await janus.start()
    await sfu.event('available', ({ is }) => is)
    await publishes(sfu, other, second, video('ben'))
    await receives(sfu, subscriber, after, await sfu.event('offer', ({ request }) => request === undefined))
    await after.hears('audio', 5)
    for (const leg of [other, subscriber]) sfu.command({ do: 'close', leg })
    await isEmpty(janus)
  }, 40_000)

  test('nobody is where it should be: what is asked fails, nothing is left to do', async () => {
    await using janus = await prepareJanus()
    await using sfu = janusUnderTest({ url: janus.url, timeout: 200 })
    const [publisher, subscriber] = [sfu.newLeg(), sfu.newLeg()]
    sfu.publish(publisher, video('nobody'))
    sfu.command({ do: 'subscribe', leg: subscriber, stream: video('nobody'), origin: anyOrigin })
    expect(await sfu.say(subscriber, { say: 'request-offer', selection: undefined })).toMatchObject({
      event: 'failed',
      why: 'not available',
    })
    expect(await sfu.event('closed')).toMatchObject({ leg: publisher, why: 'lost' })
  })
})
