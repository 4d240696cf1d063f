/** Outgoing calls. */
import { expect, test } from 'bun:test'
import { at, type Json, parseJson, textAt } from '../../../support/json.ts'
import { type Client, inShort, talkServer } from '../server.ts'

const wish = { type: 'dialout', dialout: { number: '+4912345', options: { x: 1 } } }

/** So many who can make calls. */
function scene(count: number) {
  const server = talkServer()
  const bots = Array.from({ length: count }, () => server.internal(['start-dialout']))
  const dial = () => {
    server.request(wish, '1234')
    const request = server.lastRequest()
    return (): readonly [number, Json] | undefined => {
      const reply = server.world.replies.get(request)
      return reply && [reply.status, at(parseJson(reply.body), 'dialout') ?? null]
    }
  }
  return { server, bots, dial }
}

/** Takes the question and answers it. */
function answer(bot: Client | undefined, word: object): void {
  const id = textAt(bot?.hears().at(-1), 'id') ?? 'none'
  bot?.say(
    JSON.stringify({ id, type: 'internal', internal: { type: 'dialout', dialout: { roomid: '1234', ...word } } }),
  )
}
const status = (name: string) => ({ type: 'status', status: { callid: 'c1', status: name } })
const error = (code: string) => ({ type: 'error', error: { code, message: `${code}!` } })

test('[R19] an internal client that can is asked, and accepted is answered with the call id', () => {
  const { bots, dial } = scene(1)
  const reply = dial()
  const [bot] = bots
  const [question] = bot?.hears() ?? []
  expect(at(question, 'internal', 'dialout')).toEqual({
    roomid: '1234',
    backend: 'https://one.example/',
    request: { number: '+4912345', options: { x: 1 } },
  })
  expect(reply()).toBeUndefined()
  const id = textAt(question, 'id') ?? ''
  bot?.say({ id, type: 'internal', internal: { type: 'dialout', dialout: status('accepted') } })
  expect(reply()).toEqual([200, { callid: 'c1' }])
})

test('[R19] they are asked one after the other, 45 s each; the first refusal is the answer', () => {
  const { server, bots, dial } = scene(3)
  const [a, b, c] = bots
  const reply = dial()
  expect(bots.map((bot) => inShort(bot.hears()))).toEqual([['internal'], [], []])
  server.world.pass(45_000)
  expect(inShort(b?.hears() ?? [])).toEqual(['internal'])
  b?.say(JSON.stringify({ id: 'not asked', type: 'internal', internal: { type: 'dialout', dialout: error('busy') } }))
  b?.loses()
  answer(c, error('busy'))
  expect(reply()).toEqual([502, { error: { code: 'timeout', message: expect.any(String) } }])
  expect(a?.hears()).toEqual([])
})

test('[R19] a refusal lets the next one try', () => {
  const { bots, dial } = scene(2)
  const reply = dial()
  answer(bots[0], error('busy'))
  answer(bots[1], status('accepted'))
  expect(reply()).toEqual([200, { callid: 'c1' }])
})

test('[R19] whoever says anything but accepted has refused', () => {
  for (const [word, code] of [
    [error('busy'), 'busy'],
    [{ type: 'error', error: { code: 'silent' } }, 'silent'],
    [{ type: 'error' }, 'unsupported_type'],
    [status('ringing'), 'unsupported_status'],
    [{ type: 'status' }, 'unsupported_status'],
    [{ type: 'odd' }, 'unsupported_type'],
  ] as const) {
    const { bots, dial } = scene(1)
    const reply = dial()
    answer(bots[0], word)
    expect(reply()).toMatchObject([502, { error: { code } }])
  }
})

test('[R19] nobody is there: in a room, of another backend, without the feature, lost, or no internal client', () => {
  const { server, dial } = scene(0)
  server.room(1, '1234')
  server.internal(['start-dialout']).joins('1234')
  server.internal(['start-dialout'], 'two')
  server.internal()
  server.internal(['start-dialout']).loses()
  server.user('alice', ['start-dialout'])
  expect(dial()()).toMatchObject([404, { error: { code: 'no_client_available' } }])
})

test('[R19] what is no number or no room is refused at once', () => {
  const { server } = scene(1)
  for (const [room, number, code] of [
    ['1234', '', 'number_missing'],
    ['1234', '4912345', 'invalid_number'],
    ['1234', '+4', 'invalid_number'],
    ['1234', '+49 12', 'invalid_number'],
    ['den', '+4912345', 'invalid_roomid'],
    ['', '+4912345', 'invalid_roomid'],
  ] as const) {
    const reply = server.request({ type: 'dialout', dialout: { number } }, room)
    expect(reply?.status).toBe(400)
    expect(reply?.body).toContain(code)
  }
})

test('[R19] later news of the call is shared in the room, and gone 5 s after its end', () => {
  const { server, bots, dial } = scene(1)
  const [a] = server.room(1, '1234')
  dial()
  answer(bots[0], status('accepted'))
  const news = (name: string) =>
    bots[0]?.say(
      JSON.stringify({ type: 'internal', internal: { type: 'dialout', dialout: { roomid: '1234', ...status(name) } } }),
    )
  news('ringing')
  news('cleared')
  const shared = () =>
    a
      .hears()
      .map((message) => [at(message, 'transient', 'type') ?? null, at(message, 'transient', 'value', 'status') ?? null])
  expect(shared()).toEqual([
    ['set', 'accepted'],
    ['set', 'ringing'],
    ['set', 'cleared'],
  ])
  server.world.pass(4_999)
  expect(shared()).toEqual([])
  server.world.pass(1)
  expect(shared()).toEqual([['remove', null]])
})

test('[R19] an error that answers nothing is told to the room', () => {
  const { server, bots } = scene(1)
  const [a] = server.room(1, '1234')
  bots[0]?.say(
    JSON.stringify({ type: 'internal', internal: { type: 'dialout', dialout: { roomid: '1234', ...error('busy') } } }),
  )
  expect(a.hears()).toEqual([{ type: 'dialout', dialout: error('busy') }])
  bots[0]?.say(
    JSON.stringify({
      type: 'internal',
      internal: { type: 'dialout', dialout: { roomid: 'elsewhere', ...error('busy') } },
    }),
  )
  expect(a.hears()).toEqual([])
})

test('[R19] one cannot answer for another', () => {
  const { bots, dial } = scene(2)
  const reply = dial()
  const id = textAt(bots[0]?.hears()[0], 'id') ?? ''
  bots[1]?.say(JSON.stringify({ id, type: 'internal', internal: { type: 'dialout', dialout: status('accepted') } }))
  expect(reply()).toBeUndefined()
})

test('[R19] an error that is the answer is for Nextcloud, not for the room', () => {
  const { server, bots, dial } = scene(1)
  const [a] = server.room(1, '1234')
  const reply = dial()
  answer(bots[0], error('busy'))
  expect([reply()?.[0], a.hears()]).toEqual([502, []])
})

test('[R19] when Nextcloud gives up nobody else is asked, and nothing is left', () => {
  const { server, bots, dial } = scene(2)
  dial()
  server.world.input((now) => server.talk.abandoned(server.lastRequest(), now))
  expect([server.state.dialouts.size, bots.map((bot) => inShort(bot.hears()))]).toEqual([0, [['internal'], []]])
  server.world.pass(60_000)
  expect(bots[1]?.hears()).toEqual([])
  // Another request is not concerned.
  const reply = dial()
  server.world.input((now) => server.talk.abandoned(server.lastRequest() + 1, now))
  answer(bots[0], status('accepted'))
  expect(reply()).toEqual([200, { callid: 'c1' }])
})
