/** What clients may say and what they may hear. */
import { expect, test } from 'bun:test'
import { clientMessages, documentedMessages, ServerMessage } from '../../../../src/protocols/talk/messages/index.ts'

const fits = (type: keyof typeof clientMessages, message: unknown): boolean =>
  clientMessages[type].safeParse({ type, ...(message as object) }).success

test('[R20] a message without a mandatory field does not fit', () => {
  const room = { recipient: { type: 'room' } }
  const wrong: readonly (readonly [keyof typeof clientMessages, object])[] = [
    ['hello', {}],
    ['hello', { hello: { version: 1 } }],
    ['room', {}],
    ['room', { room: { roomid: 7 } }],
    ['message', { message: room }],
    ['message', { message: { ...room, data: null } }],
    ['message', { message: { recipient: { type: 'session' }, data: 1 } }],
    ['message', { message: { recipient: { type: 'user', userid: '' }, data: 1 } }],
    ['control', { control: { recipient: { type: 'planet' }, data: 1 } }],
    ['internal', { internal: { type: 'addsession', addsession: { sessionid: 'v' } } }],
    ['internal', { internal: { type: 'addsession', addsession: { sessionid: 'v', roomid: 'r', flags: -1 } } }],
    ['internal', { internal: { type: 'incall', incall: {} } }],
    ['internal', { internal: { type: 'odd' } }],
    ['transient', { transient: {} }],
    ['transient', { transient: { type: 'set', key: 'k', ttl: '1' } }],
  ]
  for (const [type, message] of wrong) expect([type, message, fits(type, message)]).toEqual([type, message, false])
})

test('[R20] what has all that it needs fits, with more than that as well', () => {
  const right: readonly (readonly [keyof typeof clientMessages, object])[] = [
    ['hello', { hello: {} }],
    ['bye', {}],
    ['bye', { bye: { more: 1 } }],
    ['room', { room: {} }],
    ['message', { message: { recipient: { type: 'call', more: 1 }, data: false, more: 1 } }],
    [
      'internal',
      { internal: { type: 'dialout', dialout: { type: 'status', status: { callid: 'c', status: 's', x: 1 } } } },
    ],
    ['transient', { transient: { type: 'odd' } }],
  ]
  for (const [type, message] of right) expect([type, message, fits(type, message)]).toEqual([type, message, true])
})

test('what the server says fits, and something like it does not', () => {
  const right: readonly object[] = [
    { type: 'welcome', welcome: { version: '1', features: [] } },
    { type: 'bye', bye: { reason: 'session_resumed' } },
    { id: '1', type: 'room', room: { roomid: '' } },
    { type: 'event', event: { target: 'room', type: 'leave', leave: ['a'] } },
    { type: 'control', control: { recipient: { type: 'session', sessionid: 'v' }, data: {} } },
    { type: 'transient', transient: { type: 'initial', data: { k: 1 } } },
  ]
  const wrong: readonly object[] = [
    { type: 'welcome', welcome: { version: '1' } },
    { type: 'bye', bye: { reason: 'because' } },
    { id: null, type: 'room', room: { roomid: '' } },
    { type: 'event', event: { target: 'room', type: 'leave', leave: [] } },
    { type: 'event', event: { target: 'room', type: 'join', join: [] } },
    { type: 'message', message: { recipient: { type: 'session', sessionid: 'v' }, data: {} } },
  ]
  for (const message of right) expect([message, ServerMessage.safeParse(message).success]).toEqual([message, true])
  for (const message of wrong) expect([message, ServerMessage.safeParse(message).success]).toEqual([message, false])
})

test('every message has a name and a description for the reference page', () => {
  const metas = [...documentedMessages.client, ...documentedMessages.server].map((schema) => schema.meta())
  expect(metas.every((meta) => meta?.id && meta.description)).toBe(true)
  expect(new Set(metas.map((meta) => meta?.id)).size).toBe(metas.length)
})
