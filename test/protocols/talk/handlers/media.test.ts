/** What clients say about media, and what the SFU is ordered to do. */
import { describe, expect, test } from 'bun:test'
import { sessionId } from '../../../../src/core/ids.ts'
import { isClientSession } from '../../../../src/protocols/talk/session.ts'
import { candidateLine, mediaStage, offer, publishes, ranges, receives, says, sdp } from '../media/stage.ts'
import { clouds, codeOf, inShort, talkServer } from '../server.ts'

const candidate = (address = '192.0.2.9', more: { readonly [name: string]: string } = {}) => ({
  type: 'candidate',
  roomType: 'video',
  payload: { candidate: { candidate: candidateLine(address), sdpMid: '0', sdpMLineIndex: 0 } },
  ...more,
})

test('[R60] without an SFU everything is a message like any other', () => {
  const server = talkServer()
  const [a, b] = server.room(2)
  for (const data of [offer(), { x: 1 }, { type: 'candidate' }]) says(a, b, data)
  expect(inShort(b.hears())).toEqual(['message', 'message', 'message'])
  expect([a.hears(), server.world.commands]).toEqual([[], []])
})

test('[R60] with one, other data goes its way as the text that came, and objects need a type', () => {
  const stage = mediaStage()
  const [a, b] = stage.room(2)
  const recipients = [{ type: 'session', sessionid: b.id }, { type: 'room' }]
  for (const recipient of recipients) {
    a.sends(recipient, { type: 'mute', payload: { name: 'audio' } })
    a.sends(recipient, 'text')
    expect(inShort(b.hears())).toEqual(['message', 'message'])
    expect(a.asks({ id: 'x', type: 'message', message: { recipient, data: { x: 1 } } }).map(codeOf)).toEqual([
      'invalid_format',
    ])
    expect(b.hears()).toEqual([])
  }
  a.sends({ type: 'user', userid: 'user 2' }, { x: 1 })
  expect(inShort(b.hears())).toEqual(['message'])
})

test('[R60] what is said about media to everybody is news for people, and nothing for the SFU', () => {
  const stage = mediaStage()
  const [a, b] = stage.call(2)
  for (const type of ['room', 'call']) for (const data of [offer(), candidate()]) a.sends({ type }, data)
  expect(inShort(b.hears())).toEqual(['message', 'message', 'message', 'message'])
  expect([a.hears(), stage.orders()]).toEqual([[], []])
})

test('[R61] an offer that is none is refused with its id and goes to nobody', () => {
  const stage = mediaStage()
  const [a, b] = stage.call(2)
  for (const [payload, code] of [
    [{}, 'no_sdp'],
    [{ sdp: 'hello' }, 'invalid_sdp'],
  ] as const) {
    const heard = says(a, b, { type: 'offer', roomType: 'video', payload }, 'o1')
    expect(heard).toMatchObject([{ id: 'o1', type: 'error', error: { code } }])
  }
  expect([stage.orders(), b.hears()]).toEqual([[], []])
})

test('[R63] an offer publishes, whoever the recipient is; the answer comes from the own session', () => {
  const stage = mediaStage()
  const [a, b] = stage.call(2)
  const text = sdp('audio', 'video')
  expect(says(a, b, offer(text, { sid: '77', videocodec: 'vp9' }))).toEqual([])
  const { leg, ...order } = stage.order('publish')
  expect(order).toEqual({
    do: 'publish',
    stream: { publisher: a.id, type: 'video' },
    sid: '77',
    settings: { bitrate: 0, mediaTypes: 3, videoCodec: 'vp9' },
    origin: { country: undefined },
  })
  const said = stage.order('say')
  expect(said).toMatchObject({ leg, saying: { say: 'offer', sdp: text } })
  stage.tells(
    { event: 'opened', leg, sid: '77' },
    { event: 'answer', leg, request: said.request, sid: '77', sdp: text },
  )
  expect(a.hears()).toEqual([
    {
      type: 'message',
      message: {
        sender: { type: 'session', sessionid: a.id, userid: 'user 1' },
        data: {
          to: a.id,
          from: a.id,
          type: 'answer',
          roomType: 'video',
          payload: { type: 'answer', sdp: text },
          sid: '77',
        },
      },
    },
  ])
  expect(b.hears()).toEqual([])
})

test('the SFU is told where the client is, as far as that is known', () => {
  const stage = mediaStage()
  const connection = stage.world.open({ country: 'NL' })
  const params = { url: clouds.one, params: { userid: 'nel' } }
  stage.world.text(connection, JSON.stringify({ type: 'hello', hello: { version: '1.0', auth: params } }))
  const recipient = { type: 'session', sessionid: 'whoever' }
  stage.world.text(connection, JSON.stringify({ type: 'message', message: { recipient, data: offer() } }))
  expect(stage.order('publish').origin).toEqual({ country: 'NL' })
})

test('[R64] one publisher per kind of stream; the same sid or none renegotiates, another one starts anew', () => {
  const stage = mediaStage()
  const [a] = stage.call(2)
  const first = publishes(stage, a, { sid: '1' })
  for (const more of [{ sid: '1' }, {}]) {
    says(a, a, offer(sdp('audio'), more))
    expect(stage.order('say')).toMatchObject({ leg: first, saying: { say: 'offer' } })
  }
  says(a, a, offer(sdp('video'), { roomType: 'screen' }))
  expect(stage.order('publish')).toMatchObject({ stream: { type: 'screen' }, settings: { mediaTypes: 4 } })
  stage.orders()

  says(a, a, offer(sdp('audio'), { sid: '2' }))
  expect(stage.order('close')).toEqual({ do: 'close', leg: first })
  const next = stage.order('publish')
  expect(next.leg).not.toBe(first)
  expect(stage.order('say')).toMatchObject({ leg: next.leg })
})

test('[R65] the SFU is asked for the least of what client and backend wish for', () => {
  const stage = mediaStage()
  const client = stage.user('ann', [], 'small')
  const bitrates = [
    [{ bitrate: 500_000 }, 500_000],
    [{ bitrate: 5_000_000, roomType: 'audio' }, 1_000_000],
    [{ roomType: 'screen' }, 2_000_000],
  ] as const
  for (const [wish, bitrate] of bitrates) {
    says(client, client, offer(sdp('audio'), wish))
    expect(stage.order('publish').settings.bitrate).toBe(bitrate)
    stage.order('say')
  }
})

describe('[R66] what may be published', () => {
  const cases = [
    [['publish-audio'], sdp('audio'), 'video', true],
    [['publish-audio'], sdp('audio', 'video'), 'video', false],
    [['publish-audio'], sdp('audio', 'VIDEO'), 'video', false],
    [['publish-audio'], sdp('audio', ['video', 'inactive']), 'video', false],
    [['publish-audio'], sdp('audio').concat('m=video 0 UDP/TLS/RTP/SAVPF 96\r\n'), 'video', true],
    [['publish-audio'], sdp('audio').concat('m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=bundle-only\r\n'), 'video', false],
    // Janus switches these on, too.
    [['publish-audio'], sdp('audio').concat('m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=Bundle-Only:x\r\n'), 'video', false],
    [['publish-audio'], sdp().concat('m=video 0 UDP/TLS/RTP/SAVPF 96\r\n'), 'video', false],
    [['publish-audio'], sdp('audio').concat('m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=bundle-only-not\r\n'), 'video', true],
    [['publish-video'], sdp('audio'), 'audio', false],
    [['publish-media'], sdp('audio', 'video'), 'video', true],
    [['publish-media'], sdp('video'), 'screen', false],
    [['publish-screen'], sdp('video'), 'screen', true],
    [['control'], sdp('audio'), 'video', false],
    [['control'], sdp('application'), 'video', true],
  ] as const
  for (const [permissions, text, roomType, allowed] of cases) {
    const lines = text.split('\r\n').filter((line) => /^m=|bundle|inactive/.test(line))
    test(`with ${permissions}: ${roomType} of ${lines.join(' ')} is ${allowed ? 'taken' : 'refused'}`, () => {
      const stage = mediaStage()
      const [a] = stage.call(2)
      stage.permits(a, permissions)
      const heard = says(a, a, offer(text, { roomType }))
      expect(heard.map(codeOf)).toEqual(allowed ? [] : ['not_allowed'])
      expect(stage.orders().length > 0).toBe(allowed)
    })
  }

  test('internal clients may publish everything', () => {
    const stage = mediaStage()
    const bot = stage.internal()
    expect(says(bot, bot, offer(sdp('video'), { roomType: 'screen' }))).toEqual([])
    expect(stage.orders()).toHaveLength(2)
  })
})

describe('[R68] whose streams may be had', () => {
  const request = { type: 'requestoffer', roomType: 'video' }

  test('those of the same call', () => {
    const stage = mediaStage()
    const [a, b] = stage.call(2)
    expect(says(a, b, { ...request, payload: { substream: 1 } })).toEqual([])
    const { leg, ...order } = stage.order('subscribe')
    expect(order).toEqual({
      do: 'subscribe',
      stream: { publisher: b.id, type: 'video' },
      origin: { country: undefined },
    })
    expect(stage.order('say')).toMatchObject({
      leg,
      sid: undefined,
      saying: { say: 'request-offer', selection: { substream: 1 } },
    })
    says(a, b, { ...request, sid: 's1' })
    expect(stage.order('say')).toMatchObject({ leg, sid: 's1' })
  })

  test('not those of whoever is not in the call, in another room, or nowhere; nor does it help to be outside', () => {
    const stage = mediaStage()
    const [a, b, c] = stage.room(3)
    stage.request({
      type: 'incall',
      incall: { changed: [a, b].map(({ roomSession }) => ({ sessionId: roomSession, inCall: 3 })) },
    })
    const elsewhere = stage.user('zoe')
    elsewhere.joins('attic')
    for (const client of [a, b, c, elsewhere]) client.hears()
    for (const [from, to] of [
      [a, c],
      [c, a],
      [a, elsewhere],
      [elsewhere, a],
      [a, 'nobody'],
    ] as const)
      expect(says(from, to, request).map(codeOf)).toEqual(['not_allowed'])
    expect(stage.orders()).toEqual([])
  })

  test('internal clients have and give without being in the call, but nothing crosses to another backend', () => {
    const stage = mediaStage()
    const [a] = stage.call(2)
    const bot = stage.internal(['internal-incall'])
    bot.joins('den')
    const stranger = stage.user('zoe', [], 'two')
    for (const client of [a, bot]) client.hears()
    expect([says(bot, a, request), says(a, bot, request)]).toEqual([[], []])
    expect(says(bot, stranger, request).map(codeOf)).toEqual(['client_not_found'])
    expect(says(bot, 'nobody', request).map(codeOf)).toEqual(['client_not_found'])
  })

  test('everybody has everything if the operator says so, of his own backend', () => {
    const stage = mediaStage({ allowSubscribeAny: true })
    const [a, b] = stage.room(2)
    const stranger = stage.user('zoe', [], 'two')
    expect(says(a, b, request)).toEqual([])
    expect(says(a, stranger, request).map(codeOf)).toEqual(['client_not_found'])
  })

  test('nobody has his own', () => {
    const stage = mediaStage()
    const [a] = stage.call(2)
    expect([says(a, a, request), stage.orders()]).toEqual([[], []])
  })
})

test('[R69] what is said on a stream that is received goes to that connection; without it, it is not found', () => {
  const stage = mediaStage()
  const [a, b] = stage.call(2)
  const answer = { type: 'answer', roomType: 'video', sid: 's1', payload: { type: 'answer', sdp: sdp('audio') } }
  const select = { type: 'selectStream', roomType: 'video', payload: { video: false } }
  for (const data of [answer, candidate(), select]) expect(says(a, b, data).map(codeOf)).toEqual(['client_not_found'])
  const leg = receives(stage, a, b)
  says(a, b, answer)
  expect(stage.order('say')).toMatchObject({ leg, sid: 's1', saying: { say: 'answer', sdp: sdp('audio') } })
  says(a, b, candidate('192.0.2.9', { sid: 's0' }))
  const stale = stage.order('say')
  expect(stale).toMatchObject({ leg, sid: 's0', saying: { say: 'candidate' } })
  stage.tells({ event: 'failed', leg, request: stale.request, why: 'stale sid', detail: '' })
  expect(a.hears()).toMatchObject([{ id: 'm1', error: { code: 'processing_failed' } }])
  says(a, b, { ...candidate(), roomType: 'screen' })
  expect(a.hears().length + stage.orders().length).toBe(0)
})

test('[R70] a client has its own stream offered to another; only a failure comes back', () => {
  const stage = mediaStage()
  const [a, b] = stage.call(2)
  const send = { type: 'sendoffer', roomType: 'screen' }
  says(a, b, send)
  const { leg, stream } = stage.order('subscribe')
  expect(stream).toEqual({ publisher: a.id, type: 'screen' })
  const first = stage.order('say')
  stage.tells({ event: 'offer', leg, request: first.request, sid: 's1', update: false, sdp: sdp('video') })
  expect([a.hears(), b.hears()]).toMatchObject([[], [{ message: { sender: { sessionid: a.id }, data: { to: b.id } } }]])
  says(a, b, send, 'again')
  const { request } = stage.order('say')
  stage.tells({ event: 'failed', leg, request, why: 'refused', detail: '' })
  expect([a.hears(), b.hears()]).toMatchObject([[{ id: 'again', error: { code: 'processing_failed' } }], []])
})

test('[R70] not to oneself, to nobody, to another backend, or without permission; for a virtual session to its owner', () => {
  const stage = mediaStage()
  const [a, b] = stage.call(2)
  const stranger = stage.user('zoe', [], 'two')
  const send = { type: 'sendoffer', roomType: 'screen' }
  for (const to of [a, stranger, 'nobody']) expect(says(a, to, send)).toEqual([])
  stage.permits(a, ['publish-audio'])
  expect(says(a, b, send).map(codeOf)).toEqual(['not_allowed'])
  expect(stage.orders()).toEqual([])
  const bot = stage.internal()
  bot.joins('den')
  bot.say({ type: 'internal', internal: { type: 'addsession', addsession: { sessionid: 'phone', roomid: 'den' } } })
  const virtual = [...stage.state.hub.all()].find(({ kind }) => kind === 'virtual')?.id ?? ''
  bot.hears()
  says(b, virtual, send)
  const { leg } = stage.order('subscribe')
  const { request } = stage.order('say')
  stage.tells({ event: 'offer', leg, request, sid: 's1', update: false, sdp: sdp('video') })
  expect(bot.hears()).toMatchObject([{ message: { sender: { sessionid: b.id }, data: { type: 'offer' } } }])
})

test('[R70] nobody is offered what he might not ask for', () => {
  const stage = mediaStage()
  const [a, b, elsewhere, outside] = stage.call(2)
  outside.joins('den')
  for (const client of [a, b, outside]) client.hears()
  const send = { type: 'sendoffer', roomType: 'video' }
  for (const to of [elsewhere, outside]) expect(says(a, to, send).map(codeOf)).toEqual(['not_allowed'])
  expect(says(elsewhere, b, send).map(codeOf)).toEqual(['not_allowed'])
  expect(stage.orders()).toEqual([])
})

test('[R71] choosing layers and media of what is received; nothing chosen is nothing done', () => {
  const stage = mediaStage()
  const [a, b] = stage.call(2)
  const leg = receives(stage, a, b)
  says(a, b, { type: 'selectStream', roomType: 'video', payload: { substream: 0, video: true } })
  const { request, saying } = stage.order('say')
  expect(saying).toEqual({ say: 'select', selection: { substream: 0, video: true } })
  stage.tells({ event: 'done', leg, request })
  says(a, b, { type: 'selectStream', roomType: 'video' })
  says(a, a, { type: 'selectStream', roomType: 'video', payload: { substream: 0 } })
  expect([a.hears(), stage.orders()]).toEqual([[], []])
  expect(stage.state.legs.unanswered).toBe(0)
})

test('[R72] candidates to oneself belong to what one publishes, if one may publish anything', () => {
  const stage = mediaStage()
  const [a] = stage.call(2)
  expect(says(a, a, candidate()).map(codeOf)).toEqual(['client_not_found'])
  const leg = publishes(stage, a, { sid: '9' })
  says(a, a, candidate('192.0.2.9', { sid: '9' }))
  expect(stage.order('say')).toMatchObject({ leg, sid: '9', saying: { candidate: { sdpMid: '0' } } })
  says(a, a, { type: 'endOfCandidates', roomType: 'video' })
  expect(stage.order('say')).toMatchObject({ leg, saying: { say: 'candidate', candidate: { candidate: '' } } })
  expect(says(a, a, { type: 'answer', roomType: 'video', payload: { sdp: sdp('audio') } }).map(codeOf)).toEqual([
    'processing_failed',
  ])
  stage.permits(a, ['publish-screen'])
  stage.orders()
  expect(says(a, a, candidate()).map(codeOf)).toEqual(['not_allowed'])
})

test('[R73] candidates in blocked ranges are dropped without a word, alone and within descriptions', () => {
  const stage = mediaStage({ candidates: { allowed: ranges('10.0.0.1'), blocked: ranges('10.0.0.0/8') } })
  const [a, b] = stage.call(2)
  const lines = ['10.0.0.1', '10.0.0.2'].map(candidateLine)
  says(a, a, offer(sdp(['audio', ...lines])))
  stage.order('publish')
  const { saying } = stage.order('say')
  expect(saying).toEqual({ say: 'offer', sdp: sdp(['audio', lines[0] ?? '']) })
  expect([says(a, a, candidate('10.0.0.2')), says(a, a, candidate('host.local'))]).toEqual([[], []])
  expect(stage.orders()).toEqual([])

  const leg = receives(stage, a, b)
  const inner = { candidate: lines[1] ?? '', sdpMid: '0', sdpMLineIndex: 0 }
  stage.tells({ event: 'candidate', leg, sid: 's1', candidate: inner })
  stage.tells({ event: 'offer', leg, request: undefined, sid: 's1', update: true, sdp: sdp(['audio', ...lines]) })
  expect(a.hears()).toMatchObject([{ message: { data: { payload: { sdp: sdp(['audio', lines[0] ?? '']) } } } }])
})

test('[R79] too many streams, or too much that is not answered, and nothing more is asked for him', () => {
  const stage = mediaStage()
  const [a, b, , named] = stage.call(2)
  const request = { type: 'requestoffer', roomType: 'video' }
  says(a, b, request)
  for (let more = 1; more < 500; more++)
    says(a, b, { type: 'selectStream', roomType: 'video', payload: { video: true } })
  expect(stage.orders()).toHaveLength(501)
  expect(says(a, b, request).map(codeOf)).toEqual(['processing_failed'])

  const session = stage.state.hub.get(sessionId(b.id))
  if (!isClientSession(session)) throw new Error('no session')
  for (let leg = 0; leg < 2_000; leg++) {
    stage.state.legs.addSubscriber({ session, type: 'video', publisher: sessionId(`${named.id} ${leg}`) })
  }
  expect(says(b, b, offer()).map(codeOf)).toEqual(['client_not_found'])
  expect(says(b, a, request).map(codeOf)).toEqual(['client_not_found'])
  expect(says(a, b, { type: 'sendoffer', roomType: 'screen' }).map(codeOf)).toEqual(['client_not_found'])
  expect(stage.orders()).toEqual([])
})

test('[R79] what a client says is ordered in its order, and a slow SFU keeps nobody', () => {
  const stage = mediaStage()
  const [a, b] = stage.call(2)
  says(a, a, offer())
  says(a, a, candidate())
  says(a, b, { type: 'requestoffer', roomType: 'video' })
  a.sends({ type: 'session', sessionid: b.id }, { type: 'mute' })
  expect(stage.orders().map((order) => (order.do === 'say' ? order.saying.say : order.do))).toEqual([
    'publish',
    'offer',
    'candidate',
    'subscribe',
    'request-offer',
  ])
  expect(inShort(b.hears())).toEqual(['message'])
})
