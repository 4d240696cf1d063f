/** The original's own test suite, case by case and for both of its revisions, against our server over real sockets. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type HookReceiver, startHookReceiver } from '../../support/hook-receiver.ts'
import { textAt } from '../../support/json.ts'
import { authenticate, type RelayUnderTest, startRelayServer } from '../../support/relay-server.ts'

const created = { event: 'created' }
const joined = { event: 'joined' }
const unauthorized = { event: 'unauthorized' }

describe.each([1, 2] as const)('revision %d', (revision) => {
  let relay: RelayUnderTest
  let receiver: HookReceiver

  beforeAll(async () => {
    receiver = startHookReceiver()
    const create = revision === 1 ? `createcallback = ${receiver.url}/hook\n` : ''
    const hooks = `joincallback = ${receiver.url}/hook\nleavecallback = ${receiver.url}/hook\n`
    relay = await startRelayServer(`revision = ${revision}\n${create}${hooks}webhooksecret = 0123456789abcdef`)
  })
  afterAll(async () => {
    await relay.stop()
    await receiver[Symbol.asyncDispose]()
  })

  test('auth_failure [L4]', async () => {
    await using wrong = await relay.connect('auth')
    await using right = await relay.connect('auth')
    wrong.say(authenticate('ann', 'not hers'))
    expect(await wrong.next()).toEqual(unauthorized)
    right.say(authenticate('ann', 'pw-ann'))
    expect(textAt(await right.next(), 'event')).toBe(revision === 1 ? 'created' : 'authenticated')
    wrong.say(authenticate('ben', 'pw-ben'))
    expect(textAt(await wrong.next(), 'event')).toBe(revision === 1 ? 'joined' : 'authenticated')
  })

  test('ping [L3]', async () => {
    await using ann = await relay.connect('ping')
    ann.say('ping')
    expect(await ann.next()).toBe('pong')
    ann.say(authenticate('ann', 'pw-ann'))
    await ann.next()
    ann.say('ping')
    expect(await ann.next()).toBe('pong')
  })

  test('callbacks [L21]', async () => {
    const before = receiver.calls.length
    const ann = await relay.enter('ann', 'callbacks')
    const ben = await relay.enter('ben', 'callbacks')
    await ann.next()
    ann.close()
    expect(textAt(await ben.next(), 'event')).toBe('left')
    ben.close()
    await receiver.came(before + 4)
    expect(receiver.printed().slice(before)).toEqual([
      `${revision === 1 ? 'create' : 'join'} callbacks ann []`,
      'join callbacks ben [ann]',
      'leave callbacks ann [ben]',
      'leave callbacks ben []',
    ])
  })
})

test('revision 1: join_and_send_message [L10, L11, L14]', async () => {
  await using relay = await startRelayServer()
  await using one = await relay.connect()
  await using two = await relay.connect()
  one.say(authenticate('ann', 'pw-ann'))
  expect(await one.next()).toEqual(created)
  two.say(authenticate('ben', 'pw-ben'))
  expect(await two.next()).toEqual(joined)
  expect(await one.next()).toEqual(joined)
  one.say('hello there')
  expect(await two.next()).toBe('hello there')
  two.say({ event: 'answer', data: [1] })
  expect(await one.next()).toEqual({ event: 'answer', data: [1] })
  two.close()
  expect(await one.next()).toEqual({ event: 'left', data: { username: 'ben' } })
})

test('revision 2: join_and_send_message [L15, L16, L17, L18]', async () => {
  await using relay = await startRelayServer('revision = 2')
  await using one = await relay.connect()
  await using two = await relay.connect()
  await using three = await relay.connect()
  one.say(authenticate('ann', 'pw-ann'))
  const first = textAt(await one.next(), 'data', 'peer_id')
  two.say(authenticate('ben', 'pw-ben'))
  const second = textAt(await two.next(), 'data', 'peer_id')
  expect(await one.next()).toEqual({ event: 'joined', data: { peer_id: second ?? '', username: 'ben' } })
  three.say(authenticate('cas', 'pw-cas'))
  const third = textAt(await three.next(), 'data', 'peer_id')
  for (const client of [one, two]) {
    expect(await client.next()).toEqual({ event: 'joined', data: { peer_id: third ?? '', username: 'cas' } })
  }
  one.say({ event: 'offer', to: second, data: { sdp: 'v=0' } })
  expect(await two.next()).toEqual({ event: 'offer', to: second ?? '', data: { sdp: 'v=0' }, from: first ?? '' })
  await three.nothing()
  two.say({ to: first })
  expect(await one.next()).toEqual({ to: first ?? '', from: second ?? '' })
  one.say({ event: 'to nobody' })
  expect(await one.next()).toEqual({ event: 'invalid_message' })
  three.close()
  for (const client of [one, two]) {
    expect(await client.next()).toEqual({ event: 'left', data: { username: 'cas', peer_id: third ?? '' } })
  }
})
