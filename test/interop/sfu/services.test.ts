/** Internal clients in a call through Janus: the transcription listens, a bridge of telephones speaks. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { type DebianProgram, debian, nextRelease, notRunnable } from '../../support/deb.ts'
import { type InternalClient, openInternalClient, startTranscription } from '../../support/internal-client.ts'
import { at, type JsonObject, textAt } from '../../support/json.ts'
import { createReceiver, createSender } from '../../support/media-peer.ts'
import { oursMissing } from '../../support/ours.ts'
import { inCall, janusPrograms, type SfuStage, startSfuStage } from '../../support/sfu-stage.ts'
import { helloAs, openTalkClient, type TalkClient } from '../../support/talk-client.ts'
import { entryFor } from '../talk/services-stage.ts'

const originals: readonly DebianProgram[] = [nextRelease.signalingServer, debian.nats]
const sides = [
  { server: 'ours', name: 'sfu: services with our server', needs: [] },
  { server: 'newer', name: 'sfu: services with the newer original', needs: originals },
] as const

/** Whoever says something about media, with the session id that others know. */
interface Speaker {
  readonly wire: TalkClient
  readonly id: string
}

for (const { server, name: suite, needs } of sides) {
  describe.skipIf(oursMissing(suite) || notRunnable(suite, ...janusPrograms, ...needs))(suite, () => {
    let stage: SfuStage
    let present = new AsyncDisposableStack()
    beforeAll(async () => {
      stage = await startSfuStage({ server })
    }, 30_000)
    afterEach(async () => {
      await present.disposeAsync()
      present = new AsyncDisposableStack()
      await stage.isEmpty()
    }, 40_000)
    afterAll(() => stage?.[Symbol.asyncDispose](), 20_000)

    async function person(name: string, room: string): Promise<Speaker> {
      const wire = await openTalkClient(stage.server.socketUrl)
      const api = `${stage.talk.url()}ocs/v2.php/apps/spreed/api/v3/signaling/backend`
      const id = textAt(await helloAs(wire, api, name), 'hello', 'sessionid') ?? ''
      wire.send({ id: 'join', type: 'room', room: { roomid: room, sessionid: `rsid-${name}` } })
      await wire.until((message) => textAt(message, 'id') === 'join')
      present.defer(async () => {
        wire.send({ id: 'bye', type: 'bye', bye: {} })
        await wire.closed()
      })
      return { wire, id }
    }
    const internal = (client: InternalClient): InternalClient => {
      present.defer(() => client.leave())
      return client
    }

    const say = ({ wire }: Speaker, to: Speaker, data: JsonObject): void =>
      wire.send({ id: 'm', type: 'message', message: { recipient: { type: 'session', sessionid: to.id }, data } })
    const hear = async ({ wire }: Speaker, type: string): Promise<JsonObject> =>
      wire.until((message) => textAt(message, 'message', 'data', 'type') === type, 15_000)

    async function publish(from: Speaker, kinds: readonly ('audio' | 'video')[]): Promise<void> {
      const sender = present.use(createSender(kinds))
      const payload = { type: 'offer', sdp: await sender.offer() }
      say(from, from, { type: 'offer', roomType: 'video', sid: '1', payload })
      const answer = await hear(from, 'answer')
      await sender.answered(textAt(answer, 'message', 'data', 'payload', 'sdp') ?? '')
      await sender.connected
    }

    /** Asks for what somebody publishes, answers as the transcription does, and hears sound. */
    async function listenTo(from: Speaker, by: Speaker): Promise<void> {
      say(by, from, { type: 'requestoffer', roomType: 'video' })
      const offer = await hear(by, 'offer')
      expect(textAt(offer, 'message', 'sender', 'sessionid')).toBe(from.id)
      const sid = textAt(offer, 'message', 'data', 'sid') ?? ''
      const receiver = present.use(createReceiver())
      const sdp = await receiver.answer(textAt(offer, 'message', 'data', 'payload', 'sdp') ?? '')
      const payload = { nick: 'a service', type: 'answer', sdp }
      say(by, from, { to: from.id, type: 'answer', roomType: 'video', sid, payload })
      await receiver.connected
      await receiver.hears('audio', 5)
    }

    test('the transcription hears whom it finds in the call', async () => {
      const room = '7001'
      const ann = await person('ann', room)
      await stage.call(room, { ann: inCall.all })
      await publish(ann, ['audio', 'video'])
      const scribe = internal(await startTranscription(stage.server.socketUrl, stage.talk.url(), room))
      const listed = await scribe.wire.until((message) => !!entryFor(message, ann.id))
      expect(entryFor(listed, ann.id)).toMatchObject({ inCall: inCall.all })
      await listenTo(ann, scribe)
      await stage.call(room, { ann: inCall.not })
      const over = await scribe.wire.until((message) => at(entryFor(message, ann.id), 'inCall') === 0)
      expect(entryFor(over, scribe.id)).toMatchObject({ internal: true, inCall: 1 })
    }, 30_000)

    test('it may ask before anybody speaks', async () => {
      const room = '7002'
      const ann = await person('ann', room)
      await stage.call(room, { ann: inCall.all })
      const scribe = internal(await startTranscription(stage.server.socketUrl, stage.talk.url(), room))
      await Promise.all([listenTo(ann, scribe), publish(ann, ['audio'])])
    }, 30_000)

    test('a bridge speaks for its phones, whatever people are allowed, and says so when it does', async () => {
      const room = '7003'
      const ann = await person('ann', room)
      await stage.call(room, { ann: inCall.all })
      const bridge = internal(
        await openInternalClient(stage.server.socketUrl, { backend: stage.talk.url(), features: ['internal-incall'] }),
      )
      await bridge.join(room)
      const silent = await ann.wire.until((message) => !!entryFor(message, bridge.id))
      expect(entryFor(silent, bridge.id)).toMatchObject({ internal: true, inCall: 0 })
      await publish(bridge, ['audio'])
      bridge.say('incall', { incall: inCall.audio })
      await ann.wire.until((message) => at(entryFor(message, bridge.id), 'inCall') === inCall.audio)
      await listenTo(bridge, ann)
    }, 30_000)
  })
}
