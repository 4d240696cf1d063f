/** No to a hello, and how long one may take. */
import { expect, test } from 'bun:test'
import { codeOf, inShort, internalAuth, talkServer } from './server.ts'

const guess = { version: '1.0', resumeid: 'a guess' }
const wrongSecret = {
  version: '1.0',
  auth: { ...internalAuth(), params: { random: 'r'.repeat(32), token: 'x', backend: 'https://one.example/' } },
}

test('[R22] two seconds without a hello end the connection', () => {
  const server = talkServer()
  const client = server.visitor()
  server.world.pass(1_999)
  expect(client.hears()).toEqual([])
  server.world.pass(1)
  expect([inShort(client.hears()), client.closed()?.code]).toEqual([['bye hello_timeout'], 1000])
})

test('[R22] a hello that comes after that is not heard any more', () => {
  const server = talkServer()
  const { state, talk, world } = server
  const client = server.visitor()
  world.clock.moveTo(world.clock.now() + 2_000)
  // The close has been asked for, and what was on its way comes in.
  const effects = [...talk.expired(world.clock.now())]
  const decoded = talk.decode(JSON.stringify({ type: 'hello', hello: { version: '1.0', auth: internalAuth() } }))
  if (decoded.ok) effects.push(...talk.received(client.connection, decoded.value, world.clock.now()))
  expect(effects.map(({ do: verb }) => verb)).toEqual(['send', 'close', 'note'])
  expect(state.hub.size).toBe(0)
})

test('[R22] after a refusal the two seconds start anew', () => {
  const server = talkServer()
  const client = server.visitor()
  server.world.pass(1_500)
  expect(inShort(client.hello({ version: '7.0' }))).toEqual(['error invalid_hello_version'])
  server.world.pass(1_999)
  expect(client.hears()).toEqual([])
  server.world.pass(1)
  expect(inShort(client.hears())).toEqual(['bye hello_timeout'])
})

test('[R22] while a hello is being checked the time stands still', () => {
  const server = talkServer()
  server.isSlow = true
  const client = server.visitor()
  client.hello({ version: '1.0', auth: { url: 'https://one.example/', params: {} } })
  server.world.pass(9_000)
  expect(client.closed()).toBeUndefined()
  server.answer()
  expect(inShort(client.hears())).toEqual(['hello'])
})

test('[R25] each wrong guess is answered later than the one before', () => {
  const server = talkServer()
  const client = server.visitor()
  for (const delay of [100, 200, 400, 800]) {
    expect(client.hello(guess)).toEqual([])
    server.world.pass(delay - 1)
    expect(client.hears()).toEqual([])
    server.world.pass(1)
    expect(inShort(client.hears())).toEqual(['error no_such_session'])
  }
})

test('[R46] what comes in while a refusal is held back has its turn after it', () => {
  const server = talkServer()
  const client = server.visitor()
  client.hello(guess)
  client.say({ id: '2', type: 'room', room: { roomid: 'den' } })
  client.hello({ version: '1.0', auth: internalAuth() })
  server.world.pass(100)
  expect(inShort(client.hears())).toEqual(['error no_such_session', 'error hello_expected', 'hello'])
})

test('[R25] after ten failures within 30 minutes the address gets too_many_requests, another one does not', () => {
  const server = talkServer()
  const tries = (address: string, hello = guess): string | undefined => {
    const client = server.visitor(address)
    const heard = [...client.hello(hello)]
    server.world.passUntil(() => heard.push(...client.hears()) > 0, 26_000)
    return codeOf(heard[0])
  }
  for (let count = 0; count < 10; count++) expect(tries('192.0.2.1')).toBe('no_such_session')
  expect(tries('192.0.2.1')).toBe('too_many_requests')
  expect(tries('192.0.2.2')).toBe('no_such_session')
  server.world.pass(30 * 60_000)
  expect(tries('192.0.2.1')).toBe('no_such_session')
})

test('[R26] a wrong secret and a foreign backend are refused after a delay', () => {
  const server = talkServer()
  const client = server.visitor()
  expect(client.hello(wrongSecret)).toEqual([])
  server.world.pass(100)
  expect(inShort(client.hears())).toEqual(['error invalid_token'])
  const { params } = internalAuth()
  const foreign = { type: 'internal', params: { ...(params as object), backend: 'https://elsewhere.example/' } }
  expect(client.hello({ version: '1.0', auth: foreign })).toEqual([])
  server.world.pass(200)
  expect(inShort(client.hears())).toEqual(['error invalid_backend'])
})

test('a refusal that is held back is forgotten with its connection', () => {
  const server = talkServer()
  const client = server.visitor()
  client.hello(guess)
  client.loses()
  server.world.pass(60_000)
  expect([client.hears(), server.talk.nextDeadline()]).toEqual([[], undefined])
})

test('every refusal is noted, with its code', () => {
  const server = talkServer()
  const client = server.visitor('192.0.2.7')
  client.hello({ version: '7.0' })
  client.hello(guess)
  const refused = { fact: 'hello-refused', address: '192.0.2.7' } as const
  expect(server.world.facts).toContainEqual({ ...refused, code: 'invalid_hello_version' })
  expect(server.world.facts).toContainEqual({ ...refused, code: 'no_such_session' })
  expect(server.world.facts).toContainEqual({
    fact: 'attempt-delayed',
    address: '192.0.2.7',
    action: 'HelloResume',
    delay: 100,
  })
})
