import { expect, test } from 'bun:test'
import type { SfuCommand } from '../../../src/sfu/sfu.ts'
import { codes, command, event, proxyServer } from './server.ts'

const requestOf = (order: SfuCommand | undefined): number => (order && 'request' in order ? order.request : 0)
const place = { hostname: '192.0.2.9', port: 5000, rtcpPort: 5001 }

/** A publisher of one session, and another session that may have it copied. */
function stage() {
  const server = proxyServer()
  const { id } = server.session()
  const publisher = server.publisher(id)
  const { id: other } = server.session('two')
  server.ordered()
  const ask = (type: string, more = {}, from = other): void =>
    server.say(from, command({ type, clientId: publisher.clientId, ...place, ...more }))
  /** Asked for, and Janus has begun. */
  const forwarded = (): SfuCommand | undefined => {
    ask('publish-remote')
    const order = server.ordered().at(-1)
    server.sfu({ event: 'done', leg: publisher.leg, request: requestOf(order) })
    server.hear(other)
    return order
  }
  return { ...server, id, other, made: publisher, ask, forwarded }
}

test('[P40] another session has the streams listed', () => {
  const { made, other, say, hear, ordered, sfu } = stage()
  say(other, command({ type: 'get-publisher-streams', clientId: made.clientId }))
  const [order] = ordered()
  expect(order).toMatchObject({ do: 'list-streams', leg: made.leg })
  const streams = [{ mid: '0', mindex: 0, type: 'audio', codec: 'opus' }]
  sfu({ event: 'streams', leg: made.leg, request: requestOf(order), streams })
  expect(hear(other)).toEqual([{ id: 'r', type: 'command', command: { id: made.clientId, streams } }])
})

test('[P40] media is copied to where it is wanted', () => {
  const { made, other, hear, ordered, sfu, ask } = stage()
  ask('publish-remote')
  const [order] = ordered()
  const to = { id: expect.stringMatching(/192\.0\.2\.9:5000/), host: '192.0.2.9', port: 5000, rtcpPort: 5001 }
  expect(order).toEqual({ do: 'forward', leg: made.leg, request: requestOf(order), to })
  expect(hear(other)).toEqual([])
  sfu({ event: 'done', leg: made.leg, request: requestOf(order) })
  expect(hear(other)).toEqual([{ id: 'r', type: 'command', command: { id: made.clientId } }])
})

test('[P40] what is asked for again is begun again; what Janus refuses was never begun', () => {
  const { made, other, hear, ordered, sfu, ask, forwarded } = stage()
  forwarded()
  ask('publish-remote')
  const orders = ordered()
  expect(orders.map((order) => order.do)).toEqual(['stop-forwarding', 'forward'])
  sfu({ event: 'failed', leg: made.leg, request: requestOf(orders[1]), why: 'refused', detail: 'no' })
  expect(codes(hear(other))).toEqual(['internal_error'])
  ask('unpublish-remote')
  expect(codes(hear(other))).toEqual(['unknown_client'])
})

test('[P40] not of nobody, and not to what is no place', () => {
  const { other, hear, ordered, ask } = stage()
  ask('publish-remote', { clientId: 'nobody' })
  ask('publish-remote', { hostname: 'a b' })
  ask('publish-remote', { hostname: 'x/y' })
  ask('get-publisher-streams', { clientId: 'nobody' })
  expect(codes(hear(other))).toEqual(Array(4).fill('unknown_client'))
  ask('publish-remote', { port: 0 })
  ask('publish-remote', { rtcpPort: 65_536 })
  expect(codes(hear(other))).toEqual(['invalid_format', 'invalid_format'])
  expect(ordered()).toEqual([])
})

test('[P41] what a session began it may end, nobody else', () => {
  const { id, made, other, hear, ordered, sfu, ask, forwarded } = stage()
  forwarded()
  ask('unpublish-remote', {}, id)
  expect(codes(hear(id))).toEqual(['unknown_client'])
  ask('unpublish-remote')
  const order = ordered().at(-1)
  expect(order).toMatchObject({ do: 'stop-forwarding', leg: made.leg, to: { host: '192.0.2.9' } })
  sfu({ event: 'done', leg: made.leg, request: requestOf(order) })
  expect(hear(other)).toEqual([{ id: 'r', type: 'command', command: { id: made.clientId } }])
  ask('unpublish-remote')
  expect(codes(hear(other))).toEqual(['unknown_client'])
})

test('[P41] it ends with its session', () => {
  const { made, other, ordered, say, forwarded } = stage()
  forwarded()
  ordered()
  say(other, { type: 'bye' })
  expect(ordered()).toMatchObject([{ do: 'stop-forwarding', leg: made.leg }])
})

test('[P42] the publisher goes: who has it copied is told, and whoever just asked is refused', () => {
  const { id, made, other, say, hear, ask, forwarded } = stage()
  forwarded()
  ask('get-publisher-streams')
  ask('publish-remote', { port: 6000 })
  say(id, command({ type: 'delete-publisher', clientId: made.clientId }))
  const heard = hear(other)
  expect(codes(heard)).toEqual(['unknown_client', 'unknown_client', undefined])
  expect(heard[2]).toEqual(event('publisher-closed', { clientId: made.clientId }))
})
