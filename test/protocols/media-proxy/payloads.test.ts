import { expect, test } from 'bun:test'
import type { SfuCommand, SfuFailure } from '../../../src/sfu/sfu.ts'
import { codes, command, event, payload, proxyServer, ranges, sdp } from './server.ts'

const requestOf = (order: SfuCommand | undefined): number => (order && 'request' in order ? order.request : 0)
const candidate = (address: string): string => `candidate:1 1 udp 1 ${address} 1 typ host`

test('[P14] an offer is answered with the answer of Janus, a request for an offer with the offer', () => {
  const server = proxyServer()
  const { say, hear, ordered, sfu } = server
  const { id } = server.session()
  const publisher = server.publisher(id)
  const subscriber = server.subscriber(id, publisher.clientId)
  say(id, payload({ type: 'offer', clientId: publisher.clientId, sid: 's', payload: { type: 'offer', sdp: sdp() } }))
  const [offer] = ordered()
  expect(offer).toMatchObject({ do: 'say', leg: publisher.leg, sid: 's', saying: { say: 'offer', sdp: sdp() } })
  sfu({ event: 'answer', leg: publisher.leg, request: requestOf(offer), sid: 's', sdp: 'v=a' })
  const answer = { type: 'offer', clientId: publisher.clientId, payload: { type: 'answer', sdp: 'v=a' } }
  expect(hear(id)).toEqual([{ id: 'r', type: 'payload', payload: answer }])

  for (const type of ['requestoffer', 'sendoffer']) {
    say(id, payload({ type, clientId: subscriber.clientId }, type))
    const [order] = ordered()
    expect(order).toMatchObject({ do: 'say', leg: subscriber.leg, saying: { say: 'request-offer' } })
    const { leg, sid, clientId } = subscriber
    sfu({ event: 'offer', leg, request: requestOf(order), sid, update: false, sdp: 'v=o' })
    const body = { type, clientId, payload: { type: 'offer', sdp: 'v=o' } }
    expect(hear(id)).toEqual([{ id: type, type: 'payload', payload: body }])
  }
})

test('[P14] what has no answer of its own is confirmed', () => {
  const server = proxyServer()
  const { say, hear, ordered, sfu } = server
  const { id } = server.session()
  const { clientId, leg, sid } = server.subscriber(id, server.publisher(id).clientId)
  for (const [type, body, saying] of [
    ['answer', { type: 'answer', sdp: sdp() }, { say: 'answer', sdp: sdp() }],
    ['candidate', { candidate: { candidate: candidate('192.0.2.1'), sdpMid: '0' } }, { say: 'candidate' }],
    ['endOfCandidates', null, { say: 'candidate', candidate: { candidate: '' } }],
    ['selectStream', { substream: 1, video: false }, { say: 'select', selection: { substream: 1, video: false } }],
  ] as const) {
    say(id, payload({ type, clientId, sid, payload: body }))
    const [order] = ordered()
    expect(order).toMatchObject({ do: 'say', leg, sid, saying })
    sfu({ event: 'done', leg, request: requestOf(order) })
    expect(hear(id)).toEqual([{ id: 'r', type: 'payload', payload: { type, clientId, payload: null } }])
  }
})

test('of a candidate Janus gets what it looks at: what is nested without end cannot be made a text', () => {
  const server = proxyServer()
  const { id } = server.session()
  const { clientId } = server.publisher(id)
  const candidate = { candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 }
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const body = JSON.stringify(candidate).replace('{', `{"x":${deep},`)
  server.say(
    id,
    `{"type":"payload","payload":{"type":"candidate","clientId":"${clientId}","payload":{"candidate":${body}}}}`,
  )
  expect(server.ordered().at(-1)).toMatchObject({ do: 'say' })
  const said = server.world.commands.at(-1)
  expect(JSON.stringify(said)).toContain(JSON.stringify({ say: 'candidate', candidate }))
})

test('[P14] not to clients of others, nor of nobody', () => {
  const server = proxyServer()
  const { say, hear, ordered } = server
  const [{ id }, { id: other }] = [server.session(), server.session('two')]
  const { clientId } = server.publisher(id)
  ordered()
  say(other, payload({ type: 'offer', clientId, payload: { type: 'offer', sdp: sdp() } }))
  say(other, payload({ type: 'endOfCandidates', clientId: 'nobody' }))
  expect(codes(hear(other))).toEqual(['unknown_client', 'unknown_client'])
  expect(ordered()).toEqual([])
})

test('[P15] what cannot be said to such a client', () => {
  const server = proxyServer()
  const { say, hear, ordered } = server
  const { id } = server.session()
  const publisher = server.publisher(id).clientId
  const subscriber = server.subscriber(id, publisher).clientId
  ordered()
  const whole = { sdp: sdp() }
  for (const [type, clientId, body] of [
    ['offer', subscriber, whole],
    ['answer', publisher, whole],
    ['requestoffer', publisher, null],
    ['selectStream', publisher, {}],
    ['selectStream', subscriber, { substream: 'high' }],
    ['offer', publisher, { type: 'offer' }],
    ['offer', publisher, { sdp: 'nonsense' }],
    ['offer', publisher, { sdp: sdp('a=candidate:nonsense') }],
    ['candidate', publisher, { candidate: { candidate: 'nonsense' } }],
    ['candidate', publisher, { candidate: 'nonsense' }],
    ['hangup', publisher, {}],
  ] as const) {
    say(id, payload({ type, clientId, payload: body }))
    expect([type, ...codes(hear(id))]).toEqual([type, 'unsupported_payload'])
  }
  for (const [type, body] of [
    ['offer', {}],
    ['answer', null],
    ['candidate', {}],
  ] as const) {
    say(id, payload({ type, clientId: publisher, payload: body }))
    expect([type, ...codes(hear(id))]).toEqual([type, 'invalid_format'])
  }
  expect(ordered()).toEqual([])
})

test('[P16] blocked candidates pass in no direction and in no shape', () => {
  const filter = { blocked: ranges('10.0.0.0/8'), allowed: ranges('10.1.0.0/16') }
  const server = proxyServer({ wishes: { filter } })
  const { say, hear, ordered, sfu } = server
  const { id } = server.session()
  const { clientId, leg } = server.publisher(id)
  for (const address of ['10.2.0.1', '10.1.0.1', '192.0.2.1']) {
    say(id, payload({ type: 'candidate', clientId, payload: { candidate: { candidate: candidate(address) } } }))
  }
  expect(ordered()).toMatchObject([
    { saying: { candidate: { candidate: candidate('10.1.0.1') } } },
    { saying: { candidate: { candidate: candidate('192.0.2.1') } } },
  ])
  // Nothing was wrong with it: it is confirmed as the others will be.
  expect(hear(id)).toEqual([{ id: 'r', type: 'payload', payload: { type: 'candidate', clientId, payload: null } }])

  const [blocked, allowed] = [`a=${candidate('10.2.0.1')}`, `a=${candidate('10.1.0.1')}`]
  say(id, payload({ type: 'offer', clientId, payload: { sdp: sdp(blocked, allowed) } }))
  const [offer] = ordered()
  expect(offer).toMatchObject({ saying: { say: 'offer', sdp: sdp(allowed) } })
  sfu({ event: 'answer', leg, request: requestOf(offer), sid: 's', sdp: sdp(allowed, blocked) })
  expect(hear(id)).toMatchObject([{ payload: { payload: { sdp: sdp(allowed) } } }])
  sfu({ event: 'candidate', leg, sid: 's', candidate: { candidate: candidate('10.2.0.1') } })
  sfu({ event: 'candidate', leg, sid: 's', candidate: { candidate: candidate('10.1.0.1') } })
  expect(hear(id)).toHaveLength(1)
})

test.each([
  ['unknown leg', 'unknown_client'],
  ['stale sid', 'internal_error'],
  ['no publisher', 'internal_error'],
  ['timeout', 'timeout'],
  ['not available', 'internal_error'],
  ['refused', 'internal_error'],
] satisfies readonly (readonly [SfuFailure, string])[])('[P17] Janus says %s: %s', (why, code) => {
  const server = proxyServer()
  const { say, hear, ordered, sfu } = server
  const { id } = server.session()
  const { clientId, leg } = server.publisher(id)
  say(id, payload({ type: 'offer', clientId, payload: { sdp: sdp() } }))
  const request = requestOf(ordered().at(-1))
  sfu({ event: 'failed', leg, request, why, detail: 'secret detail' })
  sfu({ event: 'failed', leg, request, why, detail: 'secret detail' })
  const heard = hear(id)
  expect(codes(heard)).toEqual([code])
  expect(JSON.stringify(heard)).not.toContain('secret detail')
})

test('[P17] what is asked of a client that goes meanwhile is refused', () => {
  const server = proxyServer()
  const { say, hear, ordered, sfu } = server
  const { id } = server.session()
  const { clientId, leg } = server.publisher(id)
  say(id, payload({ type: 'offer', clientId, payload: { sdp: sdp() } }, 'offer'))
  const request = requestOf(ordered().at(-1))
  say(id, command({ type: 'delete-publisher', clientId }, 'delete'))
  sfu({ event: 'answer', leg, request, sid: 's', sdp: 'v=a' })
  expect(hear(id)).toMatchObject([
    { id: 'offer', error: { code: 'unknown_client' } },
    { id: 'delete', command: { id: clientId } },
  ])
})

test('[P18] candidates of Janus, and their end', () => {
  const server = proxyServer()
  const { hear, sfu } = server
  const { id } = server.session()
  const { clientId, leg } = server.publisher(id)
  const found = { candidate: candidate('192.0.2.1'), sdpMid: '0', sdpMLineIndex: 0 }
  sfu({ event: 'candidate', leg, sid: 's', candidate: found })
  sfu({ event: 'candidate', leg, sid: 's', candidate: { candidate: '' } })
  expect(hear(id)).toEqual([
    { type: 'payload', payload: { type: 'candidate', clientId, payload: { candidate: found } } },
    event('ice-completed', { clientId }),
  ])
})
