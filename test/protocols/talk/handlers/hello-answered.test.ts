/** What comes of a hello when the backend has spoken. */
import { expect, test } from 'bun:test'
import type { TalkAnswer } from '../../../../src/protocols/talk/vocabulary.ts'
import { answerFromData, notAsked, refusal } from '../nextcloud.ts'
import { clouds, inShort, talkServer } from '../server.ts'

/** What a client hears when its hello is answered like this, and then of a second try that goes well. */
function heard(answer: TalkAnswer) {
  const server = talkServer()
  const client = server.visitor()
  const auth = { url: clouds.one, params: { userid: 'alice' } }
  server.isSlow = true
  client.hello({ version: '1.0', auth })
  server.answer(answer)
  const first = client.hears()
  server.isSlow = false
  return { first, second: inShort(client.hello({ version: '1.0', auth })), server }
}

test("[R48] what the backend refuses is told in the backend's words, and the connection stays usable", () => {
  const { first, second } = heard(refusal('no_such_user', 'Nobody of that name.'))
  expect(first).toEqual([
    { id: 'hello', type: 'error', error: { code: 'no_such_user', message: 'Nobody of that name.' } },
  ])
  expect(second).toEqual(['hello'])
})

test('[R48] an answer that is no answer to the question is auth_failed', () => {
  const answers: readonly TalkAnswer[] = [
    { answer: 'unusable' },
    { answer: 'done' },
    answerFromData('room', { type: 'room', room: { roomid: 'den' } }),
    answerFromData('auth', { type: 'room', room: { roomid: 'den' } }),
  ]
  for (const answer of answers) {
    const { first, second } = heard(answer)
    expect([inShort(first), second]).toEqual([['error auth_failed'], ['hello']])
  }
})

test('[R48] a backend that cannot be asked is internal_error', () => {
  expect(inShort(heard(notAsked).first)).toEqual(['error internal_error'])
})

test('a guest has neither user id nor user', () => {
  const { first } = heard(answerFromData('auth', { type: 'auth', auth: { version: '1.0' } }))
  expect(first[0]).toMatchObject({ type: 'hello', hello: { userid: '' } })
})

test('an answer that comes when the client has gone makes no session', () => {
  const server = talkServer()
  server.isSlow = true
  const client = server.visitor()
  client.hello({ version: '1.0', auth: { url: clouds.one, params: {} } })
  client.loses()
  server.answer()
  expect([server.state.hub.size, server.state.pending.size, server.state.awaiting.size]).toEqual([0, 0, 0])
})
