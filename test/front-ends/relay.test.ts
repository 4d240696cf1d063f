/** The relay in the whole server: webhooks over a restart, a reload, one answer for rooms and TURN. */
import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { isGenuineWebhook } from '../../src/auth/webhook-signature.ts'
import { loadConfig } from '../../src/config/load.ts'
import { startHookReceiver } from '../support/hook-receiver.ts'
import { authenticate, startRelayServer } from '../support/relay-server.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { startTurnClient, udpTransport } from '../support/turn-client.ts'

const secret = '0123456789abcdef'
const hooks = (url: string): string =>
  ['create', 'join', 'leave'].map((event) => `${event}callback = ${url}/${event}\n`).join('') +
  `webhooksecret = ${secret}\n`

test('each event goes to its own address, signed, and whoever is in when the server stops has left', async () => {
  await using receiver = startHookReceiver()
  await using relay = await startRelayServer(hooks(receiver.url))
  const ann = await relay.enter('ann')
  await relay.enter('ben')
  await ann.next()
  await relay.stop()
  expect((await ann.closed).code).toBe(1012)
  expect(receiver.calls.map(({ path, body }) => `${path} ${body.username} ${body.sequence}`)).toEqual([
    '/create ann 1',
    '/join ben 2',
    expect.stringMatching(/^\/leave (ann|ben) 3$/),
    expect.stringMatching(/^\/leave (ann|ben) 4$/),
  ])
  for (const { signature, text: body } of receiver.calls) {
    expect(isGenuineWebhook({ secret, signature, body, now: Date.now() })).toBeTrue()
  }
})

test('what a receiver that was down has missed comes after a restart, before what is new', async () => {
  using folder = tempFolder()
  await using receiver = startHookReceiver()
  receiver.answer = () => 503
  const settings = `${hooks(receiver.url)}outboxfolder = ${folder.path}\n`
  {
    await using relay = await startRelayServer(settings)
    await relay.enter('ann')
  }
  const before = receiver.calls.length
  receiver.answer = () => 200
  await using relay = await startRelayServer(settings)
  await relay.enter('ben')
  await receiver.came(before + 3)
  expect(
    receiver.calls.slice(before, before + 3).map(({ body }) => [body.event, body.username, body.sequence]),
  ).toEqual([
    ['create', 'ann', 1],
    ['leave', 'ann', 2],
    ['create', 'ben', 3],
  ])
})

test('a receiver that hangs holds its room up for its time only, and what members say not at all', async () => {
  await using receiver = startHookReceiver()
  const { promise: hanging, resolve: release } = Promise.withResolvers<number>()
  await using relay = await startRelayServer(`${hooks(receiver.url)}webhooktimeout = 0.2\n`)
  const [ann, ben] = [await relay.enter('ann'), await relay.enter('ben')]
  await ann.next()
  receiver.answer = ({ body }) => (body.room === 'den' ? hanging : 200)
  const cas = await relay.connect()
  cas.say(authenticate('cas', 'pw-cas'))
  await receiver.came(3)
  ann.say('still here')
  expect(await ben.next()).toBe('still here')
  await using elsewhere = await relay.enter('ann', 'attic')
  await elsewhere.nothing()
  expect(await cas.next()).toEqual({ event: 'joined' })
  release(200)
})

test('a folder that cannot be used: it does not start, and says why', async () => {
  using folder = tempFolder()
  writeFileSync(folder.file('file'), '')
  const settings = `${hooks('http://127.0.0.1:1')}outboxfolder = ${folder.file('file')}\n`
  await expect(startRelayServer(settings)).rejects.toThrow(folder.file('file'))
})

test('the numbers are those of the moment', async () => {
  await using relay = await startRelayServer()
  const ann = await relay.enter('ann')
  await relay.connect()
  const metrics = async () => (await (await fetch(`${relay.url}/metrics`)).text()).split('\n')
  expect(await metrics()).toEqual(
    expect.arrayContaining([
      'heliograph_relay_connections 2',
      'heliograph_relay_rooms 1',
      'heliograph_relay_members 1',
      'heliograph_webhook_calls_waiting 0',
      'heliograph_relay_joins_total 1',
    ]),
  )
  ann.close()
  await ann.closed
})

test('one answer for both: who may come into a room may use the TURN server, also after a reload', async () => {
  const turn = '[turn-server]\nlisten = 127.0.0.1:0\nrelayaddress = 127.0.0.1\nworkers = 1\npath = portable\n'
  await using relay = await startRelayServer(turn)
  const { port } = relay.server.turnListening[0] ?? { port: 0 }
  const allocated = async (username: string, password: string) => {
    using client = await startTurnClient('udp', { host: '127.0.0.1', port }, { username, password })
    const answer = await client.ask('allocate', (writer) => writer.put('requestedTransport', udpTransport))
    return typeof answer === 'string' ? answer : (answer.get('errorCode')?.code ?? 'ok')
  }
  expect([await allocated('ann', 'pw-ann'), await allocated('ann', 'x'), await allocated('dan', 'new')]).toEqual([
    'ok',
    401,
    401,
  ])
  const text = `[http]\nlisten = 127.0.0.1:0\n[sessions]\nhashkey = ${'0'.repeat(32)}\n[relay]\nusers = dan:new\n${turn}`
  const { config } = loadConfig({ file: 'test', text, environment: {}, readFile: () => '' })
  if (!config) throw new Error('the configuration is good')
  relay.server.reload(config)
  await using ann = await relay.connect()
  ann.say(authenticate('ann', 'pw-ann'))
  expect(await ann.next()).toEqual({ event: 'unauthorized' })
  ann.say(authenticate('dan', 'new'))
  expect(await ann.next()).toEqual({ event: 'created' })
  while ((await allocated('dan', 'new')) !== 'ok') await Bun.sleep(1)
  expect(await allocated('ann', 'pw-ann')).toBe(401)
})
