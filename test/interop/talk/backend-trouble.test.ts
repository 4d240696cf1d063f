/** A Nextcloud that is slow, gone or talks nonsense, seen from a client's socket; and clients that do not wait for it. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { metricsOf } from '../../io/raw/metrics.ts'
import {
  countUp,
  numberHeard,
  numbersOf,
  openRaw,
  type RawWebSocket,
  rawMember,
  sayNumbered,
} from '../../io/raw/socket.ts'
import { stageBackends } from '../../support/conversation/socket-stage.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { textAt } from '../../support/json.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import type { RunningServer } from '../../support/running-server.ts'
import type { StubTalk } from '../../support/stub-talk.ts'
import { startStubTalk } from '../../support/stub-talk.ts'
import type { TalkAnswer } from '../../support/talk-answers.ts'

const suite = 'a Nextcloud in trouble'

describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.openssl))(suite, () => {
  const parts = new AsyncDisposableStack()
  let talk: StubTalk
  let server: RunningServer
  beforeAll(async () => {
    talk = parts.use(await startStubTalk())
    const gone = { id: 'gone', url: 'http://127.0.0.1:9/cloud/', secret: 'the-secret-of-nobody' }
    server = parts.use(await startOurs({ backends: [...stageBackends(talk), gone], backendTimeout: 1 }))
  }, 30_000)
  afterAll(() => parts.disposeAsync(), 30_000)

  /** Sends the hello and answers the type of the answer, or the code of the error. */
  async function hello(raw: RawWebSocket, id: string, url = talk.url()): Promise<string | undefined> {
    raw.say({ id, type: 'hello', hello: { version: '1.0', auth: { url, params: { userid: `user of ${id}` } } } })
    const answer = await raw.message((message) => textAt(message, 'id') === id)
    return textAt(answer, 'error', 'code') ?? textAt(answer, 'type')
  }

  async function join(raw: RawWebSocket, id: string): Promise<string | undefined> {
    raw.say({ id, type: 'room', room: { roomid: `room of ${id}`, sessionid: `session of ${id}` } })
    const answer = await raw.message((message) => textAt(message, 'id') === id)
    return textAt(answer, 'error', 'code') ?? textAt(answer, 'type')
  }

  const troubles: readonly (readonly [string, TalkAnswer, 'no answer' | 'not asked'])[] = [
    ['answers a page for people', { kind: 'html' }, 'no answer'],
    ['answers half a JSON text', { kind: 'garbage' }, 'no answer'],
    ['breaks off within its answer', { kind: 'truncated' }, 'not asked'],
    ['does not answer', { kind: 'hang' }, 'not asked'],
    ['throttles in the envelope', { kind: 'throttled' }, 'not asked'],
    ['answers something else', { kind: 'wrong-type' }, 'no answer'],
    ['answers 500', { kind: 'status', status: 500 }, 'no answer'],
    ['answers 429', { kind: 'status', status: 429 }, 'not asked'],
    ['sends us elsewhere', { kind: 'redirect', to: 'other-host' }, 'no answer'],
    ['answers without end', { kind: 'huge', bytes: 20_000_000 }, 'no answer'],
  ]
  test.each(troubles)(
    '[R48] one that %s fails the hello and the join, and the connection stays usable',
    async (_, how, means) => {
      await using raw = await openRaw(server.address)
      talk.answerNext('auth', how, 'user of first')
      expect(await hello(raw, 'first')).toBe(means === 'no answer' ? 'auth_failed' : 'internal_error')
      expect(await hello(raw, 'second')).toBe('hello')
      talk.answerNext('room', how, 'session of third')
      expect(await join(raw, 'third')).toBe(means === 'no answer' ? 'room_join_failed' : 'internal_error')
      expect(await join(raw, 'fourth')).toBe('room')
      expect(raw.isClosed).toBe(false)
    },
  )

  test('[R48] one that is gone is an internal error, and costs the others nothing', async () => {
    await using raw = await openRaw(server.address)
    expect(await hello(raw, 'first', 'http://127.0.0.1:9/cloud/')).toBe('internal_error')
    expect(await hello(raw, 'second')).toBe('hello')
  })

  test('while one question hangs, the others are answered', async () => {
    const release = Promise.withResolvers<void>()
    talk.answerNext('auth', { kind: 'held', until: release.promise }, 'user of held')
    await using held = await openRaw(server.address)
    const late = hello(held, 'held')
    await talk.request(({ text }) => text.includes('user of held'))
    await using other = await openRaw(server.address)
    expect(await hello(other, 'other')).toBe('hello')
    expect(await join(other, 'other room')).toBe('room')
    release.resolve()
    expect(await late).toBe('hello')
  })

  test('[R46] what a client says while its join is under way is handled afterwards, in order', async () => {
    await using listener = await rawMember(server.address, talk.url(), 'listener', 'held room')
    await using talker = await openRaw(server.address)
    expect(await hello(talker, 'talker')).toBe('hello')
    const release = Promise.withResolvers<void>()
    talk.answerNext('room', { kind: 'held', until: release.promise }, 'session of the talker')
    talker.say({ id: 'join', type: 'room', room: { roomid: 'held room', sessionid: 'session of the talker' } })
    sayNumbered(talker, { from: 1, to: 900, weight: 1 })
    await talk.request(({ text }) => text.includes('session of the talker'))
    release.resolve()
    await numberHeard(listener, 900)
    expect(numbersOf(listener)).toEqual(countUp(1, 900))
    const kinds = listener.messages.map((message) => textAt(message, 'event', 'type') ?? textAt(message, 'type'))
    expect(kinds.lastIndexOf('join')).toBeLessThan(kinds.indexOf('message'))
  })

  test('[R46] who says more than 1,000 things meanwhile is closed with 1008, and counted', async () => {
    await using talker = await openRaw(server.address)
    expect(await hello(talker, 'floods')).toBe('hello')
    talk.answerNext('room', { kind: 'hang' }, 'session that floods')
    talker.say({ id: 'join', type: 'room', room: { roomid: 'flooded', sessionid: 'session that floods' } })
    sayNumbered(talker, { from: 1, to: 1_001, weight: 1 })
    expect(await talker.closed()).toEqual({ code: 1008, reason: 'too many messages at once' })
    const values = await metricsOf(server.url)
    expect(values.get('signaling_client_inbox_overflows_total')).toBe(1)
  })

  test('[R22] while a hello is checked the two seconds stand still, and start anew afterwards', async () => {
    await using raw = await openRaw(server.address)
    talk.answerNext('auth', { kind: 'hang' }, 'user of slow')
    // One second for the first question, one for the second: together longer than a client may be silent.
    talk.answerNext('auth', { kind: 'hang' }, 'user of slow again')
    expect(await hello(raw, 'slow')).toBe('internal_error')
    expect(await hello(raw, 'slow again')).toBe('internal_error')
    expect(await hello(raw, 'at last')).toBe('hello')
  })
})
