/** The hot functions one by one: µs of CPU per call, warm. For comparing two states of the code, not two programs. */
import { randomBytes } from 'node:crypto'
import { connectionId } from '../src/core/ids.ts'
import { createThrottle } from '../src/core/throttle.ts'
import { runFrontEnd, type World } from '../src/io/run-front-end.ts'
import { encodeJson, RawJson, rawSlice } from '../src/protocols/json-wire.ts'
import { createBackends } from '../src/protocols/talk/backend/backends.ts'
import { createTalk } from '../src/protocols/talk/connection.ts'
import { createSessionIds } from '../src/protocols/talk/sealed-id.ts'
import type { Talk, TalkAnswer, TalkAsk } from '../src/protocols/talk/vocabulary.ts'
import { decode } from '../src/protocols/talk/wire.ts'
import { time } from './timing.ts'

const ids = createSessionIds({ hashKey: 'h'.repeat(32), blockKey: 'b'.repeat(16) }, randomBytes)
const payload = JSON.stringify({ type: 'candidate', payload: { candidate: 'x'.repeat(60) } })
const frame = `{"type":"message","message":{"recipient":{"type":"session","sessionid":"${'s'.repeat(54)}"},"data":${payload}}}`

time('decode a message of 100 bytes', () => decode(frame))
time('cut its payload out', () => rawSlice(frame, ['message', 'data']))
time('encode a small event', () => encodeJson({ type: 'event', event: { target: 'room', data: new RawJson(payload) } }))
time('make the two ids of a session', () => ids.create(1))

/** Members of one room, without sockets; the answer is what makes the first of them say something. */
async function roomOf(members: number): Promise<(text: string) => void> {
  let last = ''
  let users = 0
  const answerTo = (ask: TalkAsk): TalkAnswer => {
    if (ask.ask !== 'backend') return { answer: 'done' }
    return ask.request.type === 'auth'
      ? { answer: 'reply', reply: { type: 'auth', auth: { userid: `user-${++users}`, user: undefined } } }
      : {
          answer: 'reply',
          reply: { type: 'room', room: { roomid: 'den', session: undefined, permissions: undefined } },
        }
  }
  const world: World<Talk> = {
    now: () => 1_000,
    send: (_to, { text }) => {
      last = text
    },
    close: () => {},
    publish: () => {},
    ask: (ask) => Promise.resolve(answerTo(ask)),
    failed: () => ({ answer: 'unusable' }),
    command: () => {},
    reply: () => {},
    note: () => {},
    broke: (where, error) => console.error(where, error),
    wakeAt: () => {},
  }
  const anyone = {
    id: 'b',
    accepts: { kind: 'any' },
    secret: 's',
    sessionLimit: 0,
    maxStreamBitrate: 0,
    maxScreenBitrate: 0,
  } as const
  const settings = {
    version: '1',
    backends: createBackends([anyone]),
    internalSecret: undefined,
    queue: { bytes: 1_048_576, messages: 1_000 },
    valuesPerRoom: 10,
  }
  const runner = runFrontEnd(createTalk(settings, ids, createThrottle()), world)
  for (let number = 1; number <= members; number++) {
    const id = connectionId(number)
    runner.opened(id, { address: '192.0.2.1', userAgent: '' })
    runner.text(id, '{"id":"1","type":"hello","hello":{"version":"1.0","auth":{"url":"http://cloud/","params":{}}}}')
    await Promise.resolve()
    runner.text(id, `{"id":"2","type":"room","room":{"roomid":"den","sessionid":"s${number}"}}`)
    await Promise.resolve()
  }
  if (last === '') throw new Error('nobody was told anything')
  return (text) => runner.text(connectionId(1), text)
}

const toRoom = `{"type":"message","message":{"recipient":{"type":"room"},"data":${payload}}}`
for (const members of [2, 100, 500]) {
  const say = await roomOf(members)
  time(`machine and runner, per delivery in a room of ${members}`, () => say(toRoom), { perCall: members - 1 })
}
