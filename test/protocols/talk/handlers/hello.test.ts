/** The four ways to say hello, and what is no hello. */
import { expect, test } from 'bun:test'
import type { JsonObject } from '../../../support/json.ts'
import { clouds, inShort, internalAuth, internalSecret, talkServer } from '../server.ts'

const answerTo = (hello: JsonObject, server = talkServer()): readonly string[] => {
  const client = server.visitor()
  return inShort(client.hello(hello))
}
const auth = { url: clouds.one, params: { userid: 'alice' } }

test('[R3] another version than 1.0 and 2.0 is refused, also for a resume', () => {
  for (const version of ['', '3.0', '1', '1.0 ']) {
    expect(answerTo({ version, auth })).toEqual(['error invalid_hello_version'])
  }
  expect(answerTo({ auth })).toEqual(['error invalid_hello_version'])
  expect(answerTo({ version: '7.0', resumeid: 'x' })).toEqual(['error invalid_hello_version'])
})

test('[R4] an unknown client type is refused', () => {
  expect(answerTo({ version: '1.0', auth: { ...auth, type: 'starship' } })).toEqual(['error invalid_client_type'])
})

test('[R81] somebody of another Nextcloud comes with a token; there are no tickets for him', () => {
  const federation = { ...auth, type: 'federation', params: { token: 'eve' } }
  expect(answerTo({ version: '2.0', auth: federation })).toEqual(['hello'])
  expect(answerTo({ version: '1.0', auth: federation })).toEqual(['error invalid_hello_version'])
  expect(answerTo({ version: '2.0', auth: { ...federation, params: {} } })).toEqual(['error invalid_format'])
})

test('[R20] what a hello needs has to be there', () => {
  expect(answerTo({ version: '1.0' })).toEqual(['error invalid_format'])
  expect(answerTo({ version: '1.0', auth: { params: {} } })).toEqual(['error invalid_format'])
  expect(answerTo({ version: '1.0', auth: { url: clouds.one } })).toEqual(['error invalid_format'])
  expect(answerTo({ version: '2.0', auth: { url: clouds.one, params: {} } })).toEqual(['error invalid_format'])
  expect(answerTo({ version: '2.0', auth: { url: clouds.one, params: null } })).toEqual(['error invalid_format'])
  expect(answerTo({ version: '1.0', auth: { type: 'internal', params: {} } })).toEqual(['error invalid_format'])
})

test('[R48] a backend that is not ours is refused', () => {
  for (const url of [
    'https://elsewhere.example/',
    'http://one.example/',
    'not a url',
    'https://one.example.evil.example/',
  ]) {
    expect([url, ...answerTo({ version: '1.0', auth: { ...auth, url } })]).toEqual([url, 'error invalid_backend'])
  }
})

test('version 1.0 asks Nextcloud with the parameters as they came', () => {
  const server = talkServer()
  const client = server.visitor()
  client.say(
    '{"type":"hello","hello":{"version":"1.0","auth":{"url":"https://ONE.example/ocs/v2.php/apps/spreed/api/v3/signaling/backend","params":{"n":1.0,"userid":"alice"}}}}',
  )
  const [{ ask } = { ask: undefined }] = server.world.asked
  expect(ask).toMatchObject({
    ask: 'backend',
    url: clouds.one,
    request: { type: 'auth', auth: { version: '1.0', params: { text: '{"n":1.0,"userid":"alice"}' } } },
  })
  expect(inShort(client.hears())).toEqual(['hello'])
})

test('[R2] version 2.0 has the token read; Nextcloud is not asked', () => {
  const server = talkServer()
  const hello = (token: string) => answerTo({ version: '2.0', auth: { url: clouds.one, params: { token } } }, server)
  expect([hello('alice'), hello('bad')]).toEqual([['hello'], ['error invalid_token']])
  expect(server.world.asked.map(({ ask }) => ask.ask)).toEqual(['identify', 'identify'])
  expect([...server.state.hub.all()].map(({ userId }) => userId)).toEqual(['alice'])
})

test('[R26] an internal client proves that it knows the secret', () => {
  const server = talkServer()
  expect(answerTo({ version: '1.0', auth: internalAuth() }, server)).toEqual(['hello'])
  expect(answerTo({ version: '2.0', auth: internalAuth('two') }, server)).toEqual(['hello'])
  expect([...server.state.hub.all()].map(({ kind, backend }) => [kind, backend.id])).toEqual([
    ['internal', 'one'],
    ['internal', 'two'],
  ])
})

test('[R26] a random text of fewer than 32 characters proves nothing', () => {
  const server = talkServer()
  const client = server.visitor()
  client.hello({ version: '1.0', auth: internalAuth('one', 'r'.repeat(31)) })
  server.world.pass(100)
  expect(inShort(client.hears())).toEqual(['error invalid_token'])
})

test('[R26] without a configured secret there are no internal clients', () => {
  for (const secret of [undefined, '']) {
    const server = talkServer({ internalSecret: secret })
    expect(answerTo({ version: '1.0', auth: internalAuth() }, server)).toEqual(['error invalid_client_type'])
  }
  expect(internalSecret).not.toBe('')
})
