/** What passes of the smaller words of another server, and in which shape. */
import { expect, test } from 'bun:test'
import { at, type Json, type JsonObject } from '../../../support/json.ts'
import { inShort } from '../server.ts'
import { guest } from './guest.ts'

const event = (target: string, type: string, body: Json): JsonObject => ({
  type: 'event',
  event: { target, type, [type]: body },
})

test('[R84] entries of joins keep what is known of people, and no more', () => {
  const { a, says } = guest()
  const entry = { sessionid: 'x', userid: 'u', roomsessionid: 'seat', features: ['f'], federated: true, else: 1 }
  says(event('room', 'join', [entry]))
  says(event('room', 'join', [{ sessionid: 'y', userid: 1, roomsessionid: 2, features: [], federated: 1 }]))
  const { else: _, ...known } = entry
  expect(a.hears().map((message) => at(message, 'event', 'join'))).toEqual([[known], [{ sessionid: 'y', userid: '' }]])
})

test('[R84] in-call flags come as numbers, whichever way they were written', () => {
  const { a, says } = guest()
  for (const incall of [true, false, 7, 'x'] as const) says(event('participants', 'update', { roomid: 'den', incall }))
  expect(a.hears().map((message) => at(message, 'event', 'update', 'incall'))).toEqual([1, 0, 7, undefined])
})

test('[R90] flags of somebody in another room do not pass, nor do lists that are none', () => {
  const { a, says } = guest()
  says(event('participants', 'flags', { roomid: 'cave', sessionid: 'x', flags: 1 }))
  says(event('participants', 'update', { roomid: 'den', users: { 0: { sessionId: 'x' } } }))
  says(event('participants', 'update', { roomid: 'den', users: [7] }))
  says(event('participants', 'update', { roomid: 'den', users: [{ userId: 'x' }] }))
  says(event('room', 'switchto', 'cave'))
  says(event('room', 'switchto', { roomid: 7 }))
  expect(a.hears()).toEqual([])
  says(event('participants', 'flags', { roomid: 'den', sessionid: 'x', flags: 1 }))
  expect(a.hears().map((message) => at(message, 'event', 'flags', 'roomid'))).toEqual(['my den'])
})

test('[R84] why a room is over is said in one of the two words there are', () => {
  for (const [reason, told] of [
    ['deleted', 'deleted'],
    ['disinvited', 'disinvited'],
    ['because', 'disinvited'],
    [7, 'disinvited'],
  ] as const) {
    const { a, says } = guest()
    says(event('roomlist', 'disinvite', { roomid: 'den', reason }))
    expect(at(a.hears()[0], 'event', 'disinvite', 'reason')).toBe(told)
  }
})

test('[R45] that there is chat to be read waits once for a client that is away; messages wait each', () => {
  const { a, says } = guest()
  const said = (chat: Json, type = 'chat'): void =>
    says(event('room', 'message', { roomid: 'den', data: { type, chat } }))
  a.loses()
  for (let n = 0; n < 3; n++) {
    said({ refresh: true })
    said({ refresh: false, n })
    said({ comment: { id: n }, refresh: true })
    said({ refresh: true, n }, 'else')
  }
  const data = a.returns().flatMap((message) => at(message, 'event', 'message', 'data') ?? [])
  expect(
    data.filter((one) => at(one, 'type') === 'chat' && JSON.stringify(one).includes('{"refresh":true}')),
  ).toHaveLength(1)
  expect(data).toHaveLength(10)
})

test('[R84] details of errors are about our room, or about none', () => {
  const { a, says } = guest()
  const told = (details: Json): Json | undefined => {
    says({ type: 'error', error: { code: 'x', message: 'y', details } })
    return a.hears()[0]
  }
  expect(at(told({ room: { roomid: 'den', x: 1 }, y: 2 }), 'error', 'details')).toEqual({
    room: { roomid: 'my den', x: 1 },
    y: 2,
  })
  expect(at(told('words'), 'error', 'details')).toBe('words')
  expect(at(told({ room: 'den' }), 'error', 'details')).toEqual({ room: 'den' })
  expect(at(told(null), 'error')).toEqual({ code: 'x', message: 'y' })
})

test('[R90] for whom a message was, is said where it was for one session', () => {
  const { a, says } = guest()
  const sender = { type: 'session', sessionid: 's' }
  for (const recipient of [
    { type: 'session', sessionid: 'v' },
    { type: 'room', sessionid: 'v' },
    { type: 'session' },
    7,
  ])
    says({ type: 'message', message: { sender, recipient, data: 1 } })
  expect(a.hears().map((message) => at(message, 'message', 'recipient'))).toEqual([
    { type: 'session', sessionid: 'v' },
    undefined,
    undefined,
    undefined,
  ])
})

test('[R90] bodies that are none do not pass', () => {
  const { here, a, says } = guest()
  for (const type of ['message', 'control', 'event', 'transient', 'room', 'error', 'dialout']) {
    for (const body of [undefined, null, 7, 'x', []]) says({ type, ...(body === undefined ? {} : { [type]: body }) })
  }
  says({ type: 'dialout', dialout: { type: 7 } })
  says({ type: 'transient', transient: { type: 'initial', data: [] } })
  says({ type: ['event'], event: { target: 'room', type: 'leave', leave: ['x'] } })
  expect([a.hears(), here.state.federation.size]).toEqual([[], 1])
  says({ type: 'dialout', dialout: { type: 'status', status: { status: 'x', callid: 'y' } } })
  expect(inShort(a.hears())).toHaveLength(1)
})

test('[R90] an answer to a wish of ours that nobody has any more is for nobody', () => {
  const { a, says } = guest()
  says({ id: 'federation-join-1', type: 'error', error: { code: 'x', message: 'y' } })
  expect(a.hears()).toEqual([])
  says({ id: 'mine', type: 'error', error: { code: 'x', message: 'y' } })
  expect(a.hears()).toMatchObject([{ id: 'mine' }])
})
