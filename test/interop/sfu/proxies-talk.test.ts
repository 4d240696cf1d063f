/** Whole signaling servers before two proxies with a Janus each, ours and the original's mixed: calls by hand, with media. */
import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { nextRelease, notRunnable } from '../../support/deb.ts'
import { at, type JsonObject, textAt } from '../../support/json.ts'
import { createReceiver, createSender, type Sender } from '../../support/media-peer.ts'
import { oursMissing } from '../../support/ours.ts'
import { inCall, janusPrograms, type SfuStage, type SfuStageOptions, startSfuStage } from '../../support/sfu-stage.ts'
import { helloAs, openTalkClient, type TalkClient } from '../../support/talk-client.ts'

setDefaultTimeout(40_000)

interface Person {
  readonly client: TalkClient
  readonly id: string
  says(data: JsonObject, to?: Person): void
  hears(type: string): Promise<JsonObject>
}

const setUps: readonly (readonly [string, SfuStageOptions])[] = [
  ['our server, our proxies', { server: 'ours', proxy: 'ours' }],
  ['our server, the original’s proxies', { server: 'ours', proxy: 'newer' }],
  ['the original’s server, our proxies', { server: 'newer', proxy: 'ours' }],
]

describe.each(setUps)('%s', (suite, options) => {
  const cannotRun =
    oursMissing(suite) ||
    notRunnable(`sfu: ${suite}`, ...janusPrograms, nextRelease.signalingServer, nextRelease.signalingProxy)
  const parts = new AsyncDisposableStack()
  let stage: SfuStage
  let present: AsyncDisposableStack

  beforeAll(async () => {
    if (cannotRun) return
    stage = parts.use(await startSfuStage({ ...options, proxies: 2 }))
  })
  afterEach(async () => {
    if (cannotRun) return
    await present.disposeAsync()
    await stage.isEmpty()
  })
  afterAll(() => parts.disposeAsync())

  async function person(name: string): Promise<Person> {
    const client = await openTalkClient(stage.server.socketUrl)
    present.defer(async () => {
      // With a bye the session is gone at once.
      client.send({ id: 'bye', type: 'bye', bye: {} })
      await client.closed()
    })
    const authUrl = `${stage.talk.url()}ocs/v2.php/apps/spreed/api/v3/signaling/backend`
    const id = textAt(await helloAs(client, authUrl, name), 'hello', 'sessionid') ?? ''
    client.send({ id: 'join', type: 'room', room: { roomid: 'den', sessionid: `rsid-${name}` } })
    await client.until((message) => textAt(message, 'id') === 'join')
    return {
      client,
      id,
      says: (data, to) =>
        client.send({
          id: 'm',
          type: 'message',
          message: { recipient: { type: 'session', sessionid: to?.id ?? id }, data },
        }),
      async hears(type) {
        const heard = await client.until((one) => textAt(one, 'message', 'data', 'type') === type, 15_000)
        return at(heard, 'message', 'data') as JsonObject
      },
    }
  }

  async function call(...names: readonly string[]): Promise<readonly Person[]> {
    present = new AsyncDisposableStack()
    const all: Person[] = []
    for (const name of names) all.push(await person(name))
    await stage.call('den', Object.fromEntries(names.map((name) => [name, inCall.all])))
    for (const { client } of all) await client.until((heard) => textAt(heard, 'event', 'target') === 'participants')
    return all
  }

  async function publishes(from: Person, sid: string): Promise<Sender> {
    const sender = present.use(createSender(['audio']))
    from.says({ type: 'offer', roomType: 'video', sid, payload: { type: 'offer', sdp: await sender.offer() } })
    await sender.answered(textAt(await from.hears('answer'), 'payload', 'sdp') ?? '')
    await sender.connected
    return sender
  }

  /** Until media arrives. */
  async function takes(to: Person, from: Person, offer: JsonObject): Promise<void> {
    const receiver = present.use(createReceiver())
    const sdp = await receiver.answer(textAt(offer, 'payload', 'sdp') ?? '')
    const sid = textAt(offer, 'sid') ?? ''
    to.says({ type: 'answer', roomType: 'video', sid, payload: { type: 'answer', sdp } }, from)
    await receiver.connected
    await receiver.hears('audio', 5)
  }

  test.skipIf(cannotRun)('everybody of a call hears everybody else', async () => {
    const people = await call('anna', 'ben', 'cleo')
    for (const [index, one] of people.entries()) await publishes(one, `sid-${index}`)
    for (const to of people) {
      for (const from of people) {
        if (from === to) continue
        to.says({ type: 'requestoffer', roomType: 'video' }, from)
        const offer = await to.hears('offer')
        expect(offer).toMatchObject({ to: to.id, from: from.id })
        expect(textAt(offer, 'sid')).toMatch(/./)
        await takes(to, from, offer)
      }
    }
    const stats = await (await fetch(`${stage.server.url}/api/v1/stats`)).json()
    expect(stats).toMatchObject({
      mcu: { publishers: 3, clients: 9, details: [{ connected: true }, { connected: true }] },
    })
  })

  test.skipIf(cannotRun)('whoever leaves the call leaves nothing behind', async () => {
    const [anna, ben] = await call('anna', 'ben')
    if (!anna || !ben) throw new Error('two')
    await publishes(anna, 'sid')
    ben.says({ type: 'requestoffer', roomType: 'video' }, anna)
    await takes(ben, anna, await ben.hears('offer'))
    await stage.call('den', { anna: inCall.not, ben: inCall.not })
    await stage.isEmpty()
  })
})
