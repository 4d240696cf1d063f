/** Talk's messages about media on real sockets, with a real Janus behind the server: by hand, as a client writes them. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { notRunnable } from '../../support/deb.ts'
import { at, type Json, type JsonObject, textAt } from '../../support/json.ts'
import { createReceiver, createSender } from '../../support/media-peer.ts'
import { oursMissing } from '../../support/ours.ts'
import { inCall, janusPrograms, type SfuStage, startSfuStage } from '../../support/sfu-stage.ts'
import { helloAs, openTalkClient, type TalkClient } from '../../support/talk-client.ts'

const suite = 'sfu: messages about media'

interface Person {
  readonly client: TalkClient
  readonly id: string
  /** Says something about media, to itself unless another is named. */
  says(data: JsonObject, to?: Person | string, id?: string): void
  /** The data of the next message about media of that type. */
  hears(type: string): Promise<JsonObject>
  /** The code of the refusal of that request. */
  refused(id: string): Promise<string | undefined>
}

describe.skipIf(oursMissing(suite) || notRunnable(suite, ...janusPrograms))(suite, () => {
  const parts = new AsyncDisposableStack()
  let stage: SfuStage
  let present: AsyncDisposableStack

  beforeAll(async () => {
    stage = parts.use(await startSfuStage({ more: 'blockedcandidates = 10.0.0.0/8\ntimeout = 3\n' }))
    present = new AsyncDisposableStack()
  }, 20_000)
  afterEach(async () => {
    await present.disposeAsync()
    present = new AsyncDisposableStack()
    await stage.isEmpty()
  }, 40_000)
  afterAll(() => parts.disposeAsync(), 20_000)

  async function person(name: string, room: string): Promise<Person> {
    const client = await openTalkClient(stage.server.socketUrl)
    present.defer(async () => {
      // With a bye the session is gone at once.
      client.send({ id: 'bye', type: 'bye', bye: {} })
      await client.closed()
    })
    const id = textAt(await helloAs(client, stage.talk.url(), name), 'hello', 'sessionid') ?? ''
    client.send({ id: 'join', type: 'room', room: { roomid: room, sessionid: `rsid-${name}` } })
    await client.until((message) => textAt(message, 'id') === 'join')
    const nameOf = (to: Person | string): string => (typeof to === 'string' ? to : to.id)
    return {
      client,
      id,
      says: (data, to = id, request = 'm') =>
        client.send({
          id: request,
          type: 'message',
          message: { recipient: { type: 'session', sessionid: nameOf(to) }, data },
        }),
      async hears(type) {
        const message = await client.until((heard) => textAt(heard, 'message', 'data', 'type') === type, 15_000)
        return at(message, 'message', 'data') as JsonObject
      },
      refused: async (request) =>
        textAt(await client.until((heard) => textAt(heard, 'id') === request, 15_000), 'error', 'code'),
    }
  }

  async function pair(room: string): Promise<readonly [Person, Person]> {
    const both = [await person('anna', room), await person('ben', room)] as const
    await stage.call(room, { anna: inCall.all, ben: inCall.all })
    for (const { client } of both) await client.until((heard) => textAt(heard, 'event', 'target') === 'participants')
    return both
  }

  const sdpOf = (data: JsonObject): string => textAt(data, 'payload', 'sdp') ?? ''

  async function publish(from: Person, sid: string): Promise<ReturnType<typeof createSender>> {
    const sender = present.use(createSender())
    from.says({ type: 'offer', roomType: 'video', sid, payload: { type: 'offer', sdp: await sender.offer() } })
    const answer = await from.hears('answer')
    expect(answer).toMatchObject({ to: from.id, from: from.id, roomType: 'video', sid })
    await sender.answered(sdpOf(answer))
    await sender.connected
    return sender
  }

  async function takeUp(to: Person, from: Person, offer: JsonObject): Promise<ReturnType<typeof createReceiver>> {
    const receiver = present.use(createReceiver())
    const sdp = await receiver.answer(sdpOf(offer))
    to.says(
      { type: 'answer', roomType: 'video', sid: textAt(offer, 'sid') ?? '', payload: { type: 'answer', sdp } },
      from,
    )
    await receiver.connected
    return receiver
  }

  test('[R63] [R69] who publishes is received', async () => {
    const [anna, ben] = await pair('plain')
    ben.says({ type: 'requestoffer', roomType: 'video' }, anna)
    await publish(anna, '1')
    const offer = await ben.hears('offer')
    expect(offer).toMatchObject({ to: ben.id, from: anna.id, roomType: 'video', sid: expect.any(String) })
    const receiver = await takeUp(ben, anna, offer)
    await Promise.all([receiver.hears('audio', 5), receiver.hears('video', 5)])
  }, 30_000)

  test('[R64] [R78] whoever publishes anew, with another sid, is followed without a request', async () => {
    const [anna, ben] = await pair('anew')
    await publish(anna, '1')
    ben.says({ type: 'requestoffer', roomType: 'video' }, anna)
    const first = await ben.hears('offer')
    await (await takeUp(ben, anna, first)).hears('video', 2)
    await publish(anna, '2')
    const second = await ben.hears('offer')
    expect(second['sid']).not.toBe(first['sid'])
    await (await takeUp(ben, anna, second)).hears('video', 5)
  }, 30_000)

  test('bad input: the documented error each time, and nothing is left behind', async () => {
    const [anna, ben] = await pair('bad')
    const listener = await person('cleo', 'bad')
    stage.talk.answerNext('room', { kind: 'fields', fields: { permissions: [] } }, 'rsid-dan')
    const mute = await person('dan', 'bad')
    const sender = present.use(createSender())
    const sdp = await sender.offer()
    const offer = (text: Json): JsonObject => ({
      type: 'offer',
      roomType: 'video',
      payload: { type: 'offer', sdp: text },
    })
    const candidate = (text: Json): JsonObject => ({
      type: 'candidate',
      roomType: 'video',
      payload: { candidate: { candidate: text } },
    })
    const line = 'candidate:1 1 udp 1 127.0.0.1 9 typ host'
    const refusals: readonly (readonly [Person, JsonObject, Person | string, string])[] = [
      [anna, { type: 'offer', roomType: 'video', payload: {} }, anna, 'no_sdp'],
      [anna, offer('hello'), anna, 'invalid_sdp'],
      [anna, offer(sdp.replace(/candidate:/, 'candidate:x ')), anna, 'invalid_sdp'],
      [anna, { ...offer(sdp), roomType: 'smell' }, anna, 'invalid_format'],
      [anna, { type: 'candidate', roomType: 'video', payload: {} }, anna, 'no_candidate'],
      [anna, candidate('nonsense'), anna, 'invalid_candidate'],
      [anna, candidate(line), anna, 'client_not_found'],
      [anna, candidate(line), ben, 'client_not_found'],
      [mute, offer(sdp), mute, 'not_allowed'],
      [mute, candidate(line), mute, 'not_allowed'],
      [listener, { type: 'requestoffer', roomType: 'video' }, anna, 'not_allowed'],
      [anna, { type: 'requestoffer', roomType: 'video' }, 'nobody', 'not_allowed'],
      // Nobody publishes it, and nobody does in time.
      [anna, { type: 'requestoffer', roomType: 'screen' }, ben, 'client_not_found'],
      [anna, { type: 'answer', roomType: 'video', payload: { type: 'answer', sdp } }, ben, 'client_not_found'],
    ]
    for (const [index, [who, data, to, code]] of refusals.entries()) {
      who.says(data, to, `r${index}`)
      expect([data, await who.refused(`r${index}`)]).toEqual([data, code])
    }
  }, 30_000)

  test('a stale sid, and candidates in blocked ranges', async () => {
    const [anna, ben] = await pair('stale')
    await publish(anna, '1')
    ben.says({ type: 'requestoffer', roomType: 'video' }, anna)
    const offer = await ben.hears('offer')
    const receiver = present.use(createReceiver())
    const sdp = await receiver.answer(sdpOf(offer))
    const line = (address: string): JsonObject => ({
      candidate: { candidate: `candidate:1 1 udp 1 ${address} 9 typ host`, sdpMid: '0' },
    })
    ben.says({ type: 'answer', roomType: 'video', sid: 'old', payload: { type: 'answer', sdp } }, anna, 'a1')
    expect(await ben.refused('a1')).toBe('processing_failed')
    ben.says({ type: 'candidate', roomType: 'video', sid: 'old', payload: line('127.0.0.1') }, anna, 'c1')
    expect(await ben.refused('c1')).toBe('processing_failed')
    anna.says({ type: 'candidate', roomType: 'video', sid: 'old', payload: line('127.0.0.1') }, anna, 'c2')
    expect(await anna.refused('c2')).toBe('processing_failed')
    ben.says({ type: 'candidate', roomType: 'video', payload: line('10.1.2.3') }, anna, 'c3')
    expect((await ben.client.untilQuiet()).filter((heard) => textAt(heard, 'id') === 'c3')).toEqual([])
    ben.says(
      { type: 'answer', roomType: 'video', sid: textAt(offer, 'sid') ?? '', payload: { type: 'answer', sdp } },
      anna,
    )
    await receiver.connected
    await receiver.hears('video', 2)
  }, 30_000)

  test('[R77] [R78] Janus dies and comes back: who publishes is asked for it, who receives is offered it', async () => {
    const [anna, ben] = await pair('restart')
    await publish(anna, '1')
    ben.says({ type: 'requestoffer', roomType: 'video' }, anna)
    await (await takeUp(ben, anna, await ben.hears('offer'))).hears('video', 2)
    await stage.janus.kill()
    anna.says(
      { type: 'offer', roomType: 'screen', payload: { sdp: await present.use(createSender(['video'])).offer() } },
      anna,
      'o1',
    )
    expect(await anna.refused('o1')).toBe('client_not_found')
    await stage.janus.start()
    const asked = [await anna.hears('unshareScreen'), await anna.hears('unshareScreen')]
    expect(asked.map(({ roomType }) => roomType).sort()).toEqual(['screen', 'video'])
    const lists = await anna.client.until((heard) => textAt(heard, 'event', 'target') === 'participants')
    expect(at(lists, 'event', 'update', 'users')).toHaveLength(2)
    await publish(anna, '2')
    await (await takeUp(ben, anna, await ben.hears('offer'))).hears('video', 5)
  }, 60_000)
})
