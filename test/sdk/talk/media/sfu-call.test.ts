import { describe, expect, test } from 'bun:test'
import type { SfuCallOptions } from '../../../../sdk/src/index.ts'
import { fakeScreen, fakeTrack, type Said, type SfuStage, sfuStage } from '../../support/sfu-stage.ts'
import { answerJoin, hello, inRoom, join, leave } from '../../support/talk-room.ts'

/** In the call with a microphone and a camera, and with A, who has both too; B only listens. */
async function inCall(options: SfuCallOptions = {}): Promise<SfuStage & { readonly offer0: Said }> {
  const stage = await sfuStage(options)
  stage.call.addTrack(fakeTrack('audio'))
  stage.call.addTrack(fakeTrack('video'))
  stage.call.start()
  await stage.inCall({ S1: 7, A: 7, B: 1 })
  const offer0 = (await stage.said()).find(({ data }) => data.type === 'offer')
  if (!offer0) throw new Error('nothing was offered')
  return { ...stage, offer0 }
}

const types = (said: readonly Said[]) => said.map(({ to, data: { type, roomType } }) => `${to} ${type} ${roomType}`)

test('whether there is an SFU is known from the hello', async () => {
  const { room } = await inRoom({}, 'mcu')
  expect([room.hasSfu, (await inRoom()).room.hasSfu]).toEqual([true, false])
})

test('without a call of that kind, offers of others are calls for a mesh as ever', async () => {
  const stage = await sfuStage()
  const called = stage.room.once('call')
  await stage.offer('A', undefined)
  expect((await called).id).toBe('A')
})

describe('what is sent', () => {
  test('goes out when Nextcloud has us in the call, under a sid, to ourselves', async () => {
    const stage = await sfuStage({ publish: { bitrate: 300_000, videoCodec: 'vp8' } })
    stage.call.addTrack(fakeTrack('video'))
    stage.call.start()
    expect([await stage.said(), stage.call.isActive]).toEqual([[], false])
    await stage.inCall({ S1: 7 })
    const said = await stage.said()
    expect(said).toMatchObject([
      {
        to: 'S1',
        data: {
          type: 'offer',
          roomType: 'video',
          from: 'S1',
          to: 'S1',
          sid: expect.stringMatching(/^\d+$/),
          payload: { type: 'offer', sdp: expect.any(String) },
          bitrate: 300_000,
          videocodec: 'vp8',
        },
      },
    ])
    expect(stage.connection(0).sent).toEqual(['video sendonly'])
    expect(stage.connection(0).channels).toEqual(['status undefined undefined'])
  })

  test('connects with the answer and its candidates; those of another sid are not for it', async () => {
    const stage = await inCall()
    const { offer0 } = stage
    const sid = offer0.data.sid
    const { ufrag }: { readonly ufrag: string } = JSON.parse(offer0.data.payload?.sdp ?? '')
    const candidate = (text: string) => ({ candidate: { candidate: text, usernameFragment: `sfu ${ufrag}` } })
    await stage.say('S1', { type: 'candidate', roomType: 'video', sid, payload: candidate('early') })
    await stage.say('S1', { type: 'candidate', roomType: 'video', sid: 'other', payload: candidate('stray') })
    await stage.answer({ ...offer0, data: { ...offer0.data, sid: 'other' } })
    expect(stage.connection(0).signalingState).toBe('have-local-offer')
    await stage.answer(offer0)
    expect([stage.connection(0).signalingState, stage.connection(0).candidates]).toEqual(['stable', ['early']])
    stage.connection(0).become('connected')
    expect(stage.call.publications.get('camera')?.state).toBe('connected')
  })

  test('another track is offered on the same connection, or with a new one where the server cannot update', async () => {
    for (const [features, isSame] of [
      [['mcu', 'update-sdp'], true],
      [['mcu'], false],
    ] as const) {
      const stage = await sfuStage({}, [...features])
      stage.call.addTrack(fakeTrack('audio'))
      stage.call.start()
      await stage.inCall({ S1: 3 })
      const [first] = await stage.said()
      if (first) await stage.answer(first)
      stage.world.chance = 0.7
      stage.call.addTrack(fakeTrack('video'))
      const [second] = await stage.said()
      expect([second?.data.type, second?.data.sid === first?.data.sid]).toEqual(['offer', isSame])
      expect(stage.connection(0).isClosed).toBe(!isSame)
    }
  })

  test('simulcast: a camera goes out in three sizes, a microphone does not', async () => {
    const stage = await inCall({ publish: { simulcast: true } })
    expect(stage.connection(0).sent).toEqual(['audio sendonly', 'video sendonly hml'])
  })

  test('a refusal for want of permission is told and not tried again, until asked', async () => {
    const stage = await inCall()
    const refused = stage.call.once('refused')
    await stage.refuse(stage.offer0.id, 'not_allowed')
    expect((await refused).error.code).toBe('not_allowed')
    expect([stage.call.publications.get('camera')?.state, stage.connection(0).isClosed]).toEqual(['refused', true])
    await stage.world.pass(60_000)
    expect(types(await stage.said()).filter((text) => text.includes('offer video'))).not.toContain('S1 offer video')
    stage.call.publications.get('camera')?.restart()
    expect(types(await stage.said())).toEqual(['S1 offer video'])
  })

  test('other refusals are tried again with another connection: at once, then with growing pauses', async () => {
    const stage = await sfuStage()
    stage.call.addTrack(fakeTrack('audio'))
    stage.call.start()
    await stage.inCall({ S1: 3 })
    let [last] = await stage.said()
    for (const pause of [0, 1_000, 2_000, 4_000, 8_000, 16_000, 16_000]) {
      await stage.refuse(last?.id ?? '', 'client_not_found')
      if (pause > 0) {
        await stage.world.pass(pause - 1)
        expect(await stage.said()).toEqual([])
        await stage.world.pass(1)
      }
      const said = await stage.said()
      expect(types(said)).toEqual(['S1 offer video'])
      last = said[0]
    }
    expect(stage.made).toHaveLength(8)
  })

  test('no answer within 15 s is a loss', async () => {
    const stage = await inCall()
    await stage.world.pass(14_999)
    expect(stage.connection(0).isClosed).toBe(false)
    await stage.world.pass(1)
    expect([stage.connection(0).isClosed, types(await stage.said())]).toEqual([
      true,
      expect.arrayContaining(['S1 offer video']),
    ])
  })

  test('is offered anew when the SFU has lost it, and not for the loss of a former one', async () => {
    const stage = await inCall()
    await stage.answer(stage.offer0)
    stage.connection(0).become('connected')
    stage.world.chance = 0.7
    await stage.say('S1', { type: 'unshareScreen', roomType: 'video', sid: 'former' })
    expect(types(await stage.said())).toEqual([])
    await stage.say('S1', { type: 'unshareScreen', roomType: 'video', sid: stage.offer0.data.sid })
    const [again] = await stage.said()
    expect([again?.data.type, again?.data.sid === stage.offer0.data.sid]).toEqual(['offer', false])
    expect(stage.connection(0).isClosed).toBe(true)
  })

  test('is offered anew when its path has failed, or was interrupted for five seconds', async () => {
    for (const lose of [
      async ({ made }: SfuStage) => made.at(-1)?.become('failed'),
      async ({ made }: SfuStage) => made.at(-1)?.endTransport(),
      async ({ made, world }: SfuStage) => {
        made.at(-1)?.become('disconnected')
        await world.pass(4_999)
        made.at(-1)?.become('connected')
        made.at(-1)?.become('disconnected')
        await world.pass(4_999)
        expect(made.at(-1)?.isClosed).toBe(false)
        await world.pass(1)
      },
    ]) {
      const stage = await sfuStage()
      stage.call.addTrack(fakeTrack('audio'))
      stage.call.start()
      await stage.inCall({ S1: 3 })
      const [offer] = await stage.said()
      if (offer) await stage.answer(offer)
      stage.connection(0).become('connected')
      await lose(stage)
      expect(types(await stage.said())).toEqual(['S1 offer video'])
    }
  })

  test('tells on its channel, once that is open', async () => {
    const stage = await inCall()
    expect(stage.call.tell({ type: 'audioOff' })).toBe(false)
    const { channel } = stage.connection(0)
    if (channel) channel.readyState = 'open'
    expect(stage.call.tell({ type: 'audioOff' })).toBe(true)
    expect(channel?.sent).toEqual(['{"type":"audioOff"}'])
  })
})

describe('what is received', () => {
  test('is asked for of everybody in the call who has media, whoever comes included', async () => {
    const stage = await sfuStage()
    stage.call.start()
    await stage.inCall({ S1: 1, A: 3, B: 1 })
    expect(types(await stage.said())).toEqual(['A requestoffer video'])
    stage.world.socket().say(join('C'))
    await stage.inCall({ B: 7, C: 5 })
    expect(types(await stage.said())).toEqual(['B requestoffer video', 'C requestoffer video'])
    expect(stage.call.publications.size).toBe(0)
  })

  test('only from whom it is wanted, as audio where the server calls it so', async () => {
    const wanted = new Set(['B'])
    const stage = await sfuStage({ streamType: 'audio', wants: ({ id }) => wanted.has(id) })
    stage.call.start()
    await stage.inCall({ S1: 1, A: 7, B: 7 })
    expect(types(await stage.said())).toEqual(['B requestoffer audio'])
    wanted.add('A')
    stage.call.review()
    expect(types(await stage.said())).toEqual(['A requestoffer audio'])
  })

  test('an offer is answered under its sid, and its tracks and words come with the name of who sends', async () => {
    const stage = await inCall()
    const track = stage.call.once('track')
    const status = stage.call.once('status')
    await stage.offer('A', '77')
    expect(await stage.said()).toMatchObject([{ to: 'A', data: { type: 'answer', roomType: 'video', sid: '77' } }])
    stage.connection(1).dispatchEvent(Object.assign(new Event('track'), { track: 'theirs' }))
    expect(await track).toMatchObject({
      peer: { id: 'A' },
      subscription: { type: 'video' },
      event: { track: 'theirs' },
    })
    const channel = new EventTarget()
    stage.connection(1).dispatchEvent(Object.assign(new Event('datachannel'), { channel }))
    channel.dispatchEvent(new MessageEvent('message', { data: '{"type":"audioOff"}' }))
    expect(await status).toMatchObject({ peer: { id: 'A' }, data: { type: 'audioOff' } })
  })

  test('an offer that nobody asked for replaces the connection; one of the same sid, or an update, does not', async () => {
    const stage = await inCall()
    await stage.offer('A', '77')
    await stage.offer('A', '77', 'video', { update: true })
    expect(stage.made).toHaveLength(2)
    await stage.offer('A', '78')
    expect([stage.made.length, stage.connection(1).isClosed, stage.connection(2).isClosed]).toEqual([3, true, false])
    const said = await stage.said()
    expect(said.filter(({ data }) => data.type === 'answer').map(({ to, data }) => `${to} ${data.sid}`)).toEqual([
      'A 77',
      'A 77',
      'A 78',
    ])
  })

  test('candidates of another sid are not for it', async () => {
    const stage = await inCall()
    await stage.offer('A', '77')
    for (const sid of ['76', '77']) {
      const candidate = { candidate: `of ${sid}`, usernameFragment: 'sfu 77' }
      await stage.say('A', { type: 'candidate', roomType: 'video', sid, payload: { candidate } })
    }
    expect(stage.connection(1).candidates).toEqual(['of 77'])
  })

  test('is asked for again when it was refused or nothing came, until an offer comes', async () => {
    const stage = await sfuStage()
    stage.call.start()
    await stage.inCall({ S1: 1, A: 7 })
    const [first] = await stage.said()
    await stage.refuse(first?.id ?? '', 'client_not_found')
    expect(types(await stage.said())).toEqual(['A requestoffer video'])
    await stage.world.pass(15_999)
    expect(await stage.said()).toEqual([])
    await stage.world.pass(1)
    expect(types(await stage.said())).toEqual(['A requestoffer video'])
    await stage.offer('A', '1')
    await stage.said()
    await stage.world.pass(60_000)
    expect(await stage.said()).toEqual([])
  })

  test('is asked for again when its path was lost', async () => {
    const stage = await inCall()
    await stage.offer('A', '77')
    await stage.said()
    stage.connection(1).become('connected')
    stage.connection(1).endTransport()
    expect([types(await stage.said()), stage.connection(1).isClosed]).toEqual([[], true])
    await stage.world.pass(1_000)
    expect(types(await stage.said())).toEqual(['A requestoffer video'])
  })

  test('is not asked for when the server has offered it anew meanwhile', async () => {
    const stage = await inCall()
    await stage.offer('A', '77')
    stage.connection(1).become('connected')
    stage.connection(1).become('failed')
    await stage.world.pass(999)
    await stage.offer('A', '78')
    await stage.said()
    await stage.world.pass(20_000)
    expect(types(await stage.said()).filter((text) => text.startsWith('A'))).toEqual([])
  })

  test('the part of it that was chosen is chosen again on the next connection', async () => {
    const stage = await inCall()
    await stage.offer('A', '77')
    await stage.said()
    stage.call.subscription('A')?.select({ substream: 0 })
    expect(await stage.said()).toEqual([])
    stage.connection(1).become('connected')
    expect(await stage.said()).toMatchObject([
      { to: 'A', data: { type: 'selectStream', roomType: 'video', sid: '77', payload: { substream: 0 } } },
    ])
    await stage.world.pass(1_000)
    expect((await stage.said()).map(({ data }) => data.payload)).toEqual([expect.objectContaining({ substream: 0 })])
    stage.call.subscription('A')?.select({ video: false })
    expect(await stage.said()).toMatchObject([{ data: { payload: { video: false } } }])
    await stage.offer('A', '78')
    stage.connection(2).become('connected')
    const [, selection] = await stage.said()
    expect(selection?.data).toMatchObject({ type: 'selectStream', sid: '78', payload: { substream: 0, video: false } })
  })

  test('ends when its sender has no media any more, leaves the call, or the room', async () => {
    for (const end of [
      (stage: SfuStage) => stage.inCall({ A: 1 }),
      (stage: SfuStage) => stage.inCall({ A: 0 }),
      async (stage: SfuStage) => stage.world.socket().say(leave('A')),
    ]) {
      const stage = await inCall()
      await stage.offer('A', '77')
      const ended = stage.call.once('unsubscribed')
      await end(stage)
      expect([(await ended).session, stage.connection(1).isClosed, stage.call.subscriptions]).toEqual(['A', true, []])
    }
  })
})

describe('screens', () => {
  test('a shared one is a stream of its own, offered to all in the call, newcomers included, until it is not shared', async () => {
    const stage = await inCall()
    stage.call.share(fakeScreen(fakeTrack('video')))
    const [offer] = await stage.said()
    expect(offer?.data).toMatchObject({ type: 'offer', roomType: 'screen' })
    if (offer) await stage.answer(offer)
    stage.connection(1).become('connected')
    expect(types(await stage.said())).toEqual(['A sendoffer screen', 'B sendoffer screen'])
    stage.world.socket().say(join('C'))
    await stage.inCall({ C: 1 })
    expect(types(await stage.said())).toEqual(['C sendoffer screen'])
    stage.call.unshare()
    expect(types(await stage.said())).toEqual(['S1 unshareScreen screen', 'room unshareScreen screen'])
    expect([stage.connection(1).isClosed, [...stage.call.publications.keys()]]).toEqual([true, ['camera']])
  })

  test('one whose last track ends is not shared any more', async () => {
    const stage = await inCall()
    const [picture, sound] = [fakeTrack('video'), fakeTrack('audio')]
    stage.call.share(fakeScreen(picture, sound))
    await stage.said()
    sound.end()
    expect(await stage.said()).toEqual([])
    picture.end()
    expect(types(await stage.said())).toEqual(['S1 unshareScreen screen', 'room unshareScreen screen'])
  })

  test("somebody's screen comes as an offer that nobody asked for, and ends with a word", async () => {
    const stage = await inCall()
    const subscribed = stage.call.once('subscribed')
    await stage.offer('B', '90', 'screen')
    expect(await subscribed).toMatchObject({ session: 'B', type: 'screen' })
    const unsubscribed = stage.call.once('unsubscribed')
    await stage.say('B', { type: 'unshareScreen', roomType: 'screen' })
    expect((await unsubscribed).type).toBe('screen')
    expect(stage.connection(1).isClosed).toBe(true)
  })

  test('an offer of somebody who is not in the room is nothing', async () => {
    const stage = await inCall()
    await stage.offer('stranger', '90', 'screen')
    expect(stage.made).toHaveLength(1)
  })
})

describe('comings and goings', () => {
  test('when the call ends for us all ends; when we come again all begins again', async () => {
    const stage = await inCall()
    await stage.offer('A', '77')
    await stage.said()
    const inactive = stage.call.once('active')
    await stage.inCall({ S1: 0 })
    expect([await inactive, stage.made.map(({ isClosed }) => isClosed)]).toEqual([{ isActive: false }, [true, true]])
    await stage.inCall({ S1: 7 })
    expect(types(await stage.said())).toEqual(['A requestoffer video', 'S1 offer video'])
  })

  test('a call that was ended for everybody is ended', async () => {
    const stage = await inCall()
    await stage.offer('A', '77')
    stage.world.socket().say({
      type: 'event',
      event: { target: 'participants', type: 'update', update: { roomid: 'den', incall: 0, all: true } },
    })
    expect([stage.call.isActive, stage.call.subscriptions]).toEqual([false, []])
  })

  test('a session that was resumed goes on as if nothing had been', async () => {
    const stage = await inCall()
    await stage.answer(stage.offer0)
    stage.connection(0).become('connected')
    stage.world.socket().end(1006)
    await stage.world.pass(1_000)
    await hello(stage.world, 'S1', 'mcu', 'update-sdp')
    expect(stage.connection(0).isClosed).toBe(false)
    expect(types(await stage.said())).toEqual([])
  })

  test('as somebody new we are in no call until Nextcloud says so; then all begins again under the new id', async () => {
    const stage = await inCall()
    stage.world.socket().end(1006)
    await stage.world.pass(1_000)
    stage.world.socket().open()
    const [resume] = stage.world.socket().heard() as { readonly id: string }[]
    stage.world.socket().say({ id: resume?.id, type: 'error', error: { code: 'no_such_session', message: '' } })
    await stage.world.settled()
    const [fresh] = stage.world.socket().heard() as { readonly id: string }[]
    const server = { features: ['mcu', 'update-sdp'] }
    const session = { sessionid: 'S2', resumeid: 'R2', userid: 'alice', server }
    stage.world.socket().say({ id: fresh?.id, type: 'hello', hello: session })
    await answerJoin(stage.world, 'S2', 'A', 'B')
    expect([stage.call.isActive, stage.connection(0).isClosed]).toEqual([false, true])
    await stage.inCall({ S2: 7, A: 7 })
    expect(types(await stage.said())).toEqual(['A requestoffer video', 'S2 offer video'])
  })

  test('leaving the room closes all, and nothing is said any more', async () => {
    const stage = await inCall()
    await stage.offer('A', '77')
    await stage.said()
    stage.call.close()
    expect(stage.made.map(({ isClosed }) => isClosed)).toEqual([true, true])
    await stage.inCall({ S1: 7, A: 7, B: 7 })
    await stage.world.pass(60_000)
    expect(types(await stage.said())).toEqual([])
  })
})
