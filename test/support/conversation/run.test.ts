import { expect, test } from 'bun:test'
import { isObject, parseJson, textAt } from '../json.ts'
import type { Incoming } from '../talk-client.ts'
import { parseConversation } from './parse.ts'
import { hold } from './run.ts'
import type { Stage } from './stage.ts'

/** A server that repeats what it hears (twice where told so) and answers what a fence asks, all at once. */
function echoStage(): Stage & { readonly waited: number[] } {
  const waited: number[] = []
  return {
    side: 'original',
    clouds: { one: 'http://one/', two: 'http://two/', small: 'http://small/' },
    internalSecret: 'secret',
    waited,
    open: async () => {
      const queue: Incoming[] = []
      return {
        send: (text) => {
          const json = parseJson(text)
          if (!isObject(json)) return
          const times = json['mute'] ? 0 : json['twice'] ? 2 : 1
          for (let turn = 0; turn < times; turn++) queue.push({ kind: 'message', text, json })
          if (textAt(json, 'type') === 'bye') queue.push({ kind: 'closed', code: 1000, reason: '' })
        },
        sendBinary: () => undefined,
        next: async () => queue.shift() ?? { kind: 'nothing' },
        close: async () => undefined,
      }
    },
    post: async (roomId, body) => ({ status: body === 'bad' ? 400 : 200, body: JSON.stringify({ roomId }) }),
    answerNext: () => undefined,
    asked: async () => undefined,
    token: async () => 'a.b.c',
    pass: async (ms) => void waited.push(ms),
  }
}

const held = (...lines: readonly string[]) =>
  hold(parseConversation('some.txt', ['# Some', 'A opens', ...lines].join('\n')), echoStage())

test('what is said comes true', async () => {
  await held(
    'A> {"a":"<room>"}',
    'A< {"a":<string>}',
    'A< nothing',
    'unordered',
    'A> {"n":1}',
    'A> {"n":2}',
    'A< {"n":2}',
    'A< {"n":1}',
    'end',
    'token T: {}',
    'A> {"t":"<T>","pad":"<pad to 40>"}',
    'A< {"t":"a.b.c","pad":"xxxxxxxxxxxxxxxxxx"}',
    'backend> POST /api/v1/room/den {}',
    'A> {"meanwhile":1}',
    'A< {"meanwhile":1}',
    'backend< 200 {"roomId":"den"}',
    'A> {"type":"bye"}',
    'A< {"type":"bye"}',
    'A closed',
  )
})

test.each([
  ['another message', ['A> {"a":1}', 'A< {"a":2}'], 'some.txt:4: A< {"a":2}\n  .a should be 2, is 1'],
  ['no message', ['A> {"mute":1}', 'A< {"a":2}'], 'A heard nothing'],
  ['a message too many at the end', ['A> {"twice":1}', 'A< {...}'], 'after the last line\n  A heard {"twice":1}'],
  ['a message instead of silence', ['A> {"a":1}', 'A< nothing'], 'A heard {"a":1}'],
  ['an open connection', ['A closed'], 'A is open'],
  ['a refused request that no line expects', ['backend> POST /api/v1/room/x bad', 'A< nothing'], 'after the last line'],
  ['another status', ['backend> POST /api/v1/room/x bad', 'backend< 403'], 'answered with 400'],
  ['a question that Talk was not asked', ['talk< room {...}'], 'Talk was not asked that'],
  ['a name that stands for nothing', ['A> {"to":"<B.sid>"}'], '<B.sid> is not known'],
  ['somebody who never came', ['B> {}'], 'B has not come in yet'],
])('%s fails with the line', async (_, lines, message) => {
  const failure = await held(...lines).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(String(failure)).toContain(message)
})

test('time goes by on the stage, not here', async () => {
  const stage = echoStage()
  await hold(parseConversation('some.txt', '# Some\n+30000ms'), stage)
  expect(stage.waited).toEqual([30_000])
})
