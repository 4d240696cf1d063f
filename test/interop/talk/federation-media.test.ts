/** A call between people of two Nextclouds: media of both go through the Janus of the server that has the room. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { debian, notRunnable } from '../../support/deb.ts'
import {
  entryIn,
  type FederationStage,
  federationStage,
  type Host,
  isEvent,
  type Traveller,
} from '../../support/federation-stage.ts'
import { type Janus, janusPrograms, leavesNothingBehind, startJanus } from '../../support/janus.ts'
import { at, type JsonObject, textAt } from '../../support/json.ts'
import { createReceiver, createSender } from '../../support/media-peer.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import { onThisMachine } from '../../support/two-servers.ts'

const suites = [
  { suite: 'federation: media, and only the other server has an SFU', hasOwn: false },
  { suite: 'federation: media, and both servers have an SFU', hasOwn: true },
]

type Person = Pick<Host | Traveller, 'wire' | 'id' | 'roomSession'>

for (const { suite, hasOwn } of suites) {
  describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.openssl, ...janusPrograms))(suite, () => {
    const parts = new AsyncDisposableStack()
    let janus: Janus
    let own: Janus
    let stage: FederationStage
    let present: AsyncDisposableStack
    let rooms = 0

    beforeAll(async () => {
      janus = parts.use(await startJanus())
      own = parts.use(await startJanus())
      const mcu = ({ url }: Janus): string => `${onThisMachine}[mcu]\ntype = janus\nurl = ${url}\n`
      stage = parts.use(await federationStage(startOurs, startOurs, hasOwn ? mcu(own) : onThisMachine, mcu(janus)))
      present = new AsyncDisposableStack()
    }, 40_000)
    afterEach(async () => {
      await present.disposeAsync()
      present = new AsyncDisposableStack()
      // Each server that is connected has a handle for itself.
      await leavesNothingBehind(janus, 1)
      await leavesNothingBehind(own, hasOwn ? 1 : 0)
    }, 40_000)
    afterAll(() => parts.disposeAsync(), 30_000)

    /** Two in the call; `aliceThere` is who she is to everybody else. */
    async function inCall(): Promise<{ readonly alice: Traveller; readonly bob: Host; readonly aliceThere: string }> {
      const room = `studio${++rooms}`
      const bob = await stage.host('bob', room)
      const alice = await stage.traveller('alice')
      for (const { wire } of [alice, bob]) {
        present.defer(async () => {
          wire.send({ id: 'bye', type: 'bye', bye: {} })
          await wire.closed()
        })
      }
      await alice.joins(room)
      const came = await bob.wire.until(
        (message) => entryIn(message, (one) => at(one, 'federated') === true) !== undefined,
      )
      const aliceThere = textAt(
        entryIn(came, (one) => at(one, 'federated') === true),
        'sessionid',
      )
      const users = [alice, bob].map(({ roomSession }) => ({ sessionId: roomSession, inCall: 7 }))
      const { talk, server } = stage.there
      const incall = { incall: 7, changed: users, users }
      expect((await talk.post(server.url, room, { type: 'incall', incall })).status).toBe(200)
      for (const { wire } of [alice, bob]) await wire.until(isEvent('participants', 'update'))
      return { alice, bob, aliceThere: aliceThere ?? '' }
    }

    const says = ({ wire, id: from }: Person, to: string, data: JsonObject): void =>
      wire.send({
        id: 'm',
        type: 'message',
        message: { recipient: { type: 'session', sessionid: to }, data: { roomType: 'video', ...data, from, to } },
      })

    async function hears({ wire }: Person, type: string): Promise<JsonObject> {
      const message = await wire.until((heard) => textAt(heard, 'message', 'data', 'type') === type, 15_000)
      return at(message, 'message', 'data') as JsonObject
    }

    async function publish(who: Person): Promise<void> {
      const sender = present.use(createSender())
      says(who, who.id, { type: 'offer', sid: '1', payload: { type: 'offer', sdp: await sender.offer() } })
      const answer = await hears(who, 'answer')
      expect(answer).toMatchObject({ to: who.id, from: who.id })
      await sender.answered(textAt(answer, 'payload', 'sdp') ?? '')
      await sender.connected
    }

    async function receive(who: Person, from: string): Promise<ReturnType<typeof createReceiver>> {
      says(who, from, { type: 'requestoffer' })
      const offer = await hears(who, 'offer')
      expect(offer).toMatchObject({ to: who.id, from })
      const receiver = present.use(createReceiver())
      const sdp = await receiver.answer(textAt(offer, 'payload', 'sdp') ?? '')
      says(who, from, { type: 'answer', sid: textAt(offer, 'sid') ?? '', payload: { type: 'answer', sdp } })
      await receiver.connected
      return receiver
    }

    test('[R83] each hears and sees the other', async () => {
      const { alice, bob, aliceThere } = await inCall()
      await publish(alice)
      await publish(bob)
      const receivers = [await receive(alice, bob.id), await receive(bob, aliceThere)]
      await Promise.all(receivers.flatMap((one) => [one.hears('audio', 10), one.hears('video', 10)]))
      expect((await own.rooms()).length).toBe(0)
      expect((await janus.rooms()).length).toBe(2)
    }, 40_000)

    test('[R80] [R83] whoever leaves the federated room takes his streams along, and the others go on', async () => {
      const { alice, bob, aliceThere } = await inCall()
      await publish(alice)
      await publish(bob)
      const hers = await receive(alice, bob.id)
      await receive(bob, aliceThere)
      await hers.hears('video', 2)
      alice.wire.send({ id: 'out', type: 'room', room: { roomid: '' } })
      await alice.wire.until((message) => textAt(message, 'id') === 'out')
      await bob.wire.until(isEvent('room', 'leave'))
      // His stream and his handle are left, and the server's own handle.
      for (let turn = 0; turn < 200 && (await janus.handles()).length > 2; turn++) await Bun.sleep(20)
      expect([(await janus.rooms()).length, (await janus.handles()).length]).toEqual([1, 2])
    }, 40_000)

    test('[R87] media go on while the link is cut, and so does talking of them afterwards', async () => {
      const { alice, bob, aliceThere } = await inCall()
      await publish(alice)
      const receiver = await receive(bob, aliceThere)
      stage.way.cut()
      await alice.wire.until(isEvent('room', 'federation_interrupted'))
      await receiver.hears('video', 10)
      await alice.wire.until(isEvent('room', 'federation_resumed'), 15_000)
      await publish(bob)
      await (await receive(alice, bob.id)).hears('video', 5)
    }, 60_000)
  })
}
