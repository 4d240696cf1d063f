/** Events in Talk's words, once per form. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { sessionId } from '../../../src/core/ids.ts'
import { encodeJson, RawJson } from '../../../src/protocols/json-wire.ts'
import { createRenderer, frameOfNews, messageText, withoutDisplayName } from '../../../src/protocols/talk/render.ts'
import type { ClientSession } from '../../../src/protocols/talk/session.ts'
import type { JoinEntry, TalkEvent } from '../../../src/protocols/talk/vocabulary.ts'
import { parseJson } from '../../support/json.ts'
import { sessionNamed } from './server.ts'

const hidden: ReadonlySet<string> = new Set(['hide-displaynames'])
const anybody = sessionNamed('anybody')
const nameless = sessionNamed('nameless', { permissions: hidden })
const relayed = sessionNamed('relayed', { features: ['chat-relay'] })
const relayedNameless = sessionNamed('both', { features: ['chat-relay'], permissions: hidden })

type MessageEvent = TalkEvent & { readonly event: 'message' }
const messageEvent = (data: string, as: 'message' | 'control' = 'message'): MessageEvent => ({
  event: 'message',
  as,
  from: { session: sessionId('sender'), userId: 'alice', backend: 'one' },
  recipientType: 'room',
  data: new RawJson(data),
})
const textsFor = (event: TalkEvent, receiver: ClientSession): readonly string[] =>
  createRenderer(event)(receiver).map(({ text }) => text)
const kindsFor = (event: TalkEvent, receiver: ClientSession = anybody): readonly string[] =>
  createRenderer(event)(receiver).map(({ kind }) => kind)

test('[R33] a message has its sender, the kind of recipient, and the data as it came', () => {
  expect(textsFor(messageEvent('{"b":1.0,  "a":2}'), anybody)).toEqual([
    '{"type":"message","message":{"sender":{"type":"room","sessionid":"sender","userid":"alice"},"data":{"b":1.0,  "a":2}}}',
  ])
  const recipient = { type: 'session', sessionid: 'phone', userid: '+49' } as const
  expect(messageText({ ...messageEvent('1', 'control'), recipientType: 'session' }, recipient)).toBe(
    '{"type":"control","control":{"sender":{"type":"session","sessionid":"sender","userid":"alice"},"recipient":{"type":"session","sessionid":"phone","userid":"+49"},"data":1}}',
  )
})

test('[R33] user ids and names of virtual sessions are escaped, whatever they are', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (userId, name) => {
      const event = { ...messageEvent('1'), from: { session: sessionId('s'), userId, backend: 'one' } }
      expect(parseJson(messageText(event, { type: 'session', sessionid: name }))).toEqual({
        type: 'message',
        message: {
          sender: { type: 'room', sessionid: 's', ...(userId === '' ? {} : { userid: userId }) },
          recipient: { type: 'session', sessionid: name },
          data: 1,
        },
      })
    }),
  )
})

test('a form is made once and shared by all who see it', () => {
  const render = createRenderer(messageEvent('1'))
  expect(render(anybody)).toBe(render(relayed))
  const comment = createRenderer(roomMessage({ type: 'chat', chat: { refresh: true, comment: { id: 1 } } }))
  expect(comment(anybody)).toBe(comment(nameless))
  expect(comment(relayed)).toBe(comment(relayed))
})

test('[R12] who must not see names hears of no nickname, but of everything else', () => {
  const nickname = '{"type":"nickChanged","payload":{"name":"Al"}}'
  expect(textsFor(messageEvent(nickname), nameless)).toEqual([])
  expect(textsFor(messageEvent(nickname), anybody)).toHaveLength(1)
  expect(textsFor(messageEvent(nickname, 'control'), nameless)).toHaveLength(1)
  for (const other of ['null', '"nickChanged"', '["nickChanged"]', '{"kind":"nickChanged"}', '7']) {
    expect(textsFor(messageEvent(other), nameless)).toHaveLength(1)
  }
})

test('[R45] a hint to refresh the chat is known as such, from clients and from Talk', () => {
  expect(kindsFor(messageEvent('{"type":"chat","chat":{"refresh":true}}'))).toEqual(['chat-refresh'])
  for (const other of [
    '{"type":"chat","chat":{"refresh":1}}',
    '{"type":"chat","chat":null}',
    '"\\"refresh\\""',
    'null',
  ]) {
    expect([other, ...kindsFor(messageEvent(other))]).toEqual([other, 'plain'])
  }
  expect(kindsFor(roomMessage({ type: 'chat', chat: { refresh: true } }))).toEqual(['chat-refresh'])
})

const entry: JoinEntry = {
  sessionid: sessionId('a'),
  userid: 'alice',
  user: new RawJson('{"displayname":"Alice","x":{"b":1,"a":2}}'),
}

test('[R12] join entries come with and without the name', () => {
  const event: TalkEvent = { event: 'joined', entries: [entry] }
  expect(textsFor(event, anybody)[0]).toContain('"user":{"displayname":"Alice","x":{"b":1,"a":2}}')
  expect(textsFor(event, nameless)[0]).toContain('"user":{"x":{"b":1,"a":2}}')
})

test('[R12] without the name an empty user is left out, and what is no object is left alone', () => {
  const shown = (user: string): string | undefined =>
    withoutDisplayName({ ...entry, user: new RawJson(user) }).user?.text
  expect(shown('{"displayname":"Alice"}')).toBeUndefined()
  expect([shown('{"x":1}'), shown('null'), shown('"Alice"'), shown('[]')]).toEqual(['{"x":1}', 'null', '"Alice"', '[]'])
  const bare: JoinEntry = { sessionid: sessionId('b'), userid: '' }
  expect(withoutDisplayName(bare)).toBe(bare)
})

function roomMessage(data: object | string): TalkEvent {
  return { event: 'room-message', room: 'den', data: new RawJson(typeof data === 'string' ? data : encodeJson(data)) }
}
const dataFor = (data: object | string, receiver: ClientSession): readonly unknown[] =>
  textsFor(roomMessage(data), receiver).map((text) => JSON.parse(text).event.message.data)

const comment = { id: 1, actorDisplayName: 'Alice', message: 'hello' }

test('[R17] a comment reaches clients with chat-relay, the others are told to refresh', () => {
  const data = { type: 'chat', chat: { refresh: true, comment } }
  expect(dataFor(data, relayed)).toEqual([{ type: 'chat', chat: { comment } }])
  expect(dataFor(data, anybody)).toEqual([{ type: 'chat', chat: { refresh: true } }])
})

test('[R17] several comments are sent one by one', () => {
  const data = { type: 'chat', chat: { refresh: true, comment, comments: [{ id: 2 }, null, { id: 3 }] } }
  expect(dataFor(data, relayed)).toEqual(
    [comment, { id: 2 }, { id: 3 }].map((each) => ({ type: 'chat', chat: { comment: each } })),
  )
})

test("[R12] [R17] comments come without the author's name for those who must not see names", () => {
  const data = { type: 'chat', chat: { refresh: true, comments: [comment, { id: 2 }, 'text'] } }
  expect(dataFor(data, relayedNameless)).toEqual(
    [{ ...comment, actorDisplayName: '' }, { id: 2 }, 'text'].map((each) => ({
      type: 'chat',
      chat: { comment: each },
    })),
  )
  expect(dataFor({ type: 'chat', chat: { comment } }, nameless)).toEqual([
    { type: 'chat', chat: { comment: { ...comment, actorDisplayName: '' } } },
  ])
})

test('[R17] whatever else Talk has for a room comes as it was sent, strange shapes too', () => {
  const strange = [
    '{"type":"chat","chat":{"refresh":true}}',
    '{"type":"chat"}',
    '{"type":"chat","chat":null}',
    '{"type":"chat","chat":[]}',
    '{"type":"chat","chat":{"comment":null,"comments":null}}',
    '{"type":"chat","chat":{"comments":{"0":1}}}',
    '{"type":"other","chat":{"comment":1}}',
    'null',
    '"chat"',
    '[1, 2]',
    '1.50',
  ]
  for (const text of strange) {
    for (const receiver of [anybody, relayed, nameless]) {
      expect(textsFor(roomMessage(text), receiver)).toEqual([
        `{"type":"event","event":{"target":"room","type":"message","message":{"roomid":"den","data":${text}}}}`,
      ])
    }
  }
})

test('[R39] a disinvitation names room and reason', () => {
  expect(textsFor({ event: 'disinvited', room: 'den', reason: 'deleted' }, anybody).map(parseJson)).toEqual([
    {
      type: 'event',
      event: { target: 'roomlist', type: 'disinvite', disinvite: { roomid: 'den', reason: 'deleted' } },
    },
  ])
})

test('[R8] a list of participants is known as such', () => {
  const update = {
    type: 'event',
    event: { target: 'participants', type: 'update', update: { roomid: 'den' } },
  } as const
  expect(frameOfNews(update).kind).toBe('participants')
  expect(frameOfNews({ type: 'room', room: { roomid: 'den' } }).kind).toBe('plain')
  expect(kindsFor({ event: 'news', message: update })).toEqual(['participants'])
})
