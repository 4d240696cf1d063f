/** Our machine of proxies before real ones, ours and the original's, each with a Janus of its own and media through it. */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import type { SfuFact } from '../../../src/sfu/facts.ts'
import { createProxySfu } from '../../../src/sfu/proxy/client.ts'
import type { ProxySettings } from '../../../src/sfu/proxy/settings.ts'
import type { SfuEvent } from '../../../src/sfu/sfu.ts'
import type { LegId, Stream } from '../../../src/sfu/stream.ts'
import { settingsFor } from '../../sfu/proxy/stage.ts'
import { debian, nextRelease, notRunnable } from '../../support/deb.ts'
import { type Janus, janusPrograms, leavesNothingBehind, startJanus } from '../../support/janus.ts'
import { createReceiver, createSender, type Receiver, type Sender } from '../../support/media-peer.ts'
import {
  type RunningMediaProxy,
  startMediaProxy,
  startNewerOriginalProxy,
  startOriginalProxy,
} from '../../support/media-proxy.ts'
import { type SfuUnderTest, sfuUnderTest } from '../../support/sfu-under-test.ts'

setDefaultTimeout(40_000)

type Country = 'DE' | 'US'
interface Site {
  readonly janus: Janus
  readonly proxy: RunningMediaProxy
}

const camera = (publisher: string): Stream => ({ publisher, type: 'video' })

/** Publishes, until media flows. */
async function publishes(sfu: SfuUnderTest, stream: Stream, country: Country, sender: Sender): Promise<LegId> {
  const leg = sfu.newLeg()
  const sid = `sid-${leg}`
  sfu.command({ do: 'publish', leg, stream, sid, settings: { bitrate: 0, mediaTypes: 3 }, origin: { country } })
  await sfu.event('opened', (event) => event.leg === leg)
  const answer = await sfu.say(leg, { say: 'offer', sdp: await sender.offer() }, sid)
  if (answer.event !== 'answer') throw new Error(JSON.stringify(answer))
  await sender.answered(answer.sdp)
  await sender.connected
  return leg
}

/** Receives, until media arrives. */
async function receives(sfu: SfuUnderTest, stream: Stream, country: Country, receiver: Receiver): Promise<LegId> {
  const leg = sfu.newLeg()
  sfu.command({ do: 'subscribe', leg, stream, origin: { country } })
  await accepts(sfu, leg, await sfu.say(leg, { say: 'request-offer', selection: undefined }), receiver)
  return leg
}

/** Takes the next offer that nobody asked for. */
async function follows(sfu: SfuUnderTest, leg: LegId, receiver: Receiver): Promise<void> {
  const offer = await sfu.event('offer', (event) => event.leg === leg && event.request === undefined)
  await accepts(sfu, leg, offer, receiver)
}

async function accepts(sfu: SfuUnderTest, leg: LegId, offer: SfuEvent, receiver: Receiver): Promise<void> {
  if (offer.event !== 'offer') throw new Error(JSON.stringify(offer))
  const sdp = await receiver.answer(offer.sdp)
  expect(await sfu.say(leg, { say: 'answer', sdp }, offer.sid)).toMatchObject({ event: 'done' })
  await receiver.connected
  await receiver.hears('audio', 5)
}

const closes = (sfu: SfuUnderTest, ...legs: readonly LegId[]): void => {
  for (const leg of legs) sfu.command({ do: 'close', leg })
}
const lost = (sfu: SfuUnderTest, leg: LegId): Promise<SfuEvent> =>
  sfu.event('closed', (event) => event.leg === leg && event.why === 'lost')
const interrupted = (sfu: SfuUnderTest, leg: LegId): Promise<SfuEvent> =>
  sfu.event('interrupted', (event) => event.leg === leg)

async function noted(sfu: SfuUnderTest, fact: SfuFact['fact'], times = 1): Promise<void> {
  const count = (): number => sfu.facts.filter((one) => one.fact === fact).length
  for (let turn = 0; count() < times && turn < 1_000; turn++) await Bun.sleep(10)
  expect([fact, count()]).toEqual([fact, times])
}

const rooms = async (...sites: readonly Site[]): Promise<readonly number[]> =>
  Promise.all(sites.map(async ({ janus }) => (await janus.rooms()).length))

describe.each([
  ['ours', startMediaProxy, []],
  ['the original’s', startNewerOriginalProxy, [nextRelease.signalingProxy]],
] as const)('two proxies of %s, a Janus each', (name, startProxy, programs) => {
  const cannotRun = notRunnable(`sfu: proxies of ${name}`, ...janusPrograms, ...programs)
  let parts = new AsyncDisposableStack()
  let german: Site
  let american: Site
  let senders: readonly [Sender, Sender]
  let receivers: readonly [Receiver, Receiver]

  /** They know each other, so that streams can be passed on. */
  async function site(country: Country): Promise<Site> {
    const janus = parts.use(await startJanus())
    const lines = { app: [`country = ${country}`] }
    // The original knows the names of keys in small letters only.
    const [tokens, tokenId] = [['one', 'de', 'us'], country.toLowerCase()]
    return { janus, proxy: parts.use(await startProxy({ janus: janus.url, tokens, tokenId, lines })) }
  }

  beforeEach(async () => {
    if (cannotRun) return
    parts = new AsyncDisposableStack()
    ;[german, american] = await Promise.all([site('DE'), site('US')])
    senders = [parts.use(createSender(['audio'])), parts.use(createSender(['audio']))]
    receivers = [parts.use(createReceiver()), parts.use(createReceiver())]
  })
  afterEach(() => parts.disposeAsync())

  /** With both proxies at hand. */
  async function connected(more: Partial<ProxySettings> = {}): Promise<SfuUnderTest> {
    const proxies = [german.proxy, american.proxy]
    const sfu = parts.use(sfuUnderTest(createProxySfu(settingsFor(proxies, more), Math.random)))
    await noted(sfu, 'sfu-connected', 2)
    return sfu
  }
  const nothingLeft = async (...sites: readonly Site[]): Promise<void> => {
    for (const { janus } of sites) await leavesNothingBehind(janus, true)
  }

  test.skipIf(cannotRun)('publishers are spread, media goes through where they are, nothing stays', async () => {
    const sfu = await connected()
    const legs = [
      await publishes(sfu, camera('ann'), 'DE', senders[0]),
      await publishes(sfu, camera('ben'), 'US', senders[1]),
      await receives(sfu, camera('ann'), 'DE', receivers[0]),
      await receives(sfu, camera('ben'), 'US', receivers[1]),
    ]
    expect(await rooms(german, american)).toEqual([1, 1])
    closes(sfu, ...legs)
    await nothingLeft(german, american)
  })

  test.skipIf(cannotRun)('a stream from afar is fetched by the proxy that is nearer', async () => {
    const sfu = await connected()
    const publisher = await publishes(sfu, camera('ann'), 'DE', senders[0])
    const subscriber = await receives(sfu, camera('ann'), 'US', receivers[0])
    expect(await rooms(german, american)).toEqual([1, 1])
    expect(sfu.facts.filter(({ fact }) => fact === 'sfu-request-failed')).toEqual([])
    closes(sfu, publisher)
    await interrupted(sfu, subscriber)
    closes(sfu, subscriber)
    await nothingLeft(german, american)
  })

  test.skipIf(cannotRun)('a proxy that dies: its publishers go elsewhere, and who received them follows', async () => {
    const sfu = await connected()
    const before = await publishes(sfu, camera('ann'), 'DE', senders[0])
    const subscriber = await receives(sfu, camera('ann'), 'DE', receivers[0])
    german.proxy.child.kill('SIGKILL')
    await Promise.all([lost(sfu, before), interrupted(sfu, subscriber)])
    const after = await publishes(sfu, camera('ann'), 'DE', senders[1])
    await follows(sfu, subscriber, receivers[1])
    expect(await rooms(american)).toEqual([1])
    closes(sfu, after, subscriber)
    await nothingLeft(american)
  })

  test.skipIf(cannotRun)('a Janus that dies: the same, and the proxy is used again when it is back', async () => {
    const sfu = await connected()
    const before = await publishes(sfu, camera('ann'), 'DE', senders[0])
    const subscriber = await receives(sfu, camera('ann'), 'DE', receivers[0])
    await german.janus.kill()
    await Promise.all([lost(sfu, before), interrupted(sfu, subscriber)])
    const after = await publishes(sfu, camera('ann'), 'DE', senders[1])
    await follows(sfu, subscriber, receivers[1])
    expect(await rooms(american)).toEqual([1])
    await german.janus.start()
    await using other = createSender(['audio'])
    await noted(sfu, 'proxy-with-backend')
    const again = await publishes(sfu, camera('ben'), 'DE', other)
    expect(await rooms(german, american)).toEqual([1, 1])
    closes(sfu, after, subscriber, again)
    await nothingLeft(german, american)
  })

  test.skipIf(cannotRun)('a proxy that drains: who is there stays, who comes goes elsewhere', async () => {
    const sfu = await connected()
    const before = await publishes(sfu, camera('ann'), 'DE', senders[0])
    german.proxy.child.kill('SIGUSR1')
    await noted(sfu, 'proxy-draining')
    const after = await publishes(sfu, camera('ben'), 'DE', senders[1])
    expect(await rooms(german, american)).toEqual([1, 1])
    const subscriber = await receives(sfu, camera('ann'), 'DE', receivers[0])
    closes(sfu, subscriber, before)
    await german.proxy.child.exited
    expect(sfu.events).not.toContainEqual(expect.objectContaining({ event: 'closed' }))
    closes(sfu, after)
    await nothingLeft(american)
  })

  test.skipIf(cannotRun)('a farewell leaves nothing behind', async () => {
    const sfu = await connected()
    await publishes(sfu, camera('ann'), 'DE', senders[0])
    await receives(sfu, camera('ann'), 'US', receivers[0])
    await sfu.sfu.stop()
    await nothingLeft(german, american)
  })
})

describe('two proxies of 0.4.1, which know no sids and no countries', () => {
  const cannotRun = notRunnable('sfu: proxies of 0.4.1', ...janusPrograms, debian.signalingProxy)

  test.skipIf(cannotRun)(
    'media goes through; a second offer is another connection; one that dies is left',
    async () => {
      await using parts = new AsyncDisposableStack()
      const site = async (): Promise<Site> => {
        const janus = parts.use(await startJanus())
        return { janus, proxy: parts.use(await startOriginalProxy({ janus: janus.url })) }
      }
      const [one, two] = [await site(), await site()]
      const machine = createProxySfu(settingsFor([one.proxy, two.proxy]), Math.random)
      const sfu = parts.use(sfuUnderTest(machine))
      await noted(sfu, 'sfu-connected', 2)
      const senders = [parts.use(createSender(['audio'])), parts.use(createSender(['audio']))] as const
      const receivers = [createReceiver(), createReceiver(), createReceiver()] as const
      for (const receiver of receivers) parts.use(receiver)

      const ann = await publishes(sfu, camera('ann'), 'DE', senders[0])
      const leg = await receives(sfu, camera('ann'), 'US', receivers[0])
      const second = await sfu.say(leg, { say: 'request-offer', selection: undefined })
      expect(second).toMatchObject({ event: 'offer', update: false })
      await accepts(sfu, leg, second, receivers[1])
      const [home, other] = (await rooms(one))[0] === 1 ? [one, two] : [two, one]
      home.proxy.child.kill('SIGKILL')
      await Promise.all([lost(sfu, ann), interrupted(sfu, leg)])
      const again = await publishes(sfu, camera('ann'), 'DE', senders[1])
      await follows(sfu, leg, receivers[2])
      closes(sfu, again, leg)
      await leavesNothingBehind(other.janus, true)
    },
  )
})
