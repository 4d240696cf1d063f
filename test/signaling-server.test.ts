/** The whole server in this process: what it serves, measures, logs and never logs, and how it ends. */
import { afterEach, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Config } from '../src/config/config.ts'
import { loadConfig } from '../src/config/load.ts'
import { type Report, startReport } from '../src/observe/report.ts'
import { type SignalingServer, startSignalingServer } from '../src/signaling-server.ts'
import { readMetrics } from './io/raw/metrics.ts'
import { openRaw, openTcp, rawHello, rawMember, sayNumbered } from './io/raw/socket.ts'
import { stageBackends } from './support/conversation/socket-stage.ts'
import { debian, notRunnable } from './support/deb.ts'
import { freePort } from './support/free-port.ts'
import { textAt } from './support/json.ts'
import { type ServerConf, serverConf, testKeys } from './support/server-conf.ts'
import { type StubTalk, startStubTalk } from './support/stub-talk.ts'

let parts = new AsyncDisposableStack()
afterEach(async () => {
  await parts.disposeAsync()
  parts = new AsyncDisposableStack()
})

function configOf(conf: ServerConf): Config {
  const { config, faults } = loadConfig({ file: 'x', text: serverConf(conf), environment: {}, readFile: () => '' })
  if (!config) throw new Error(JSON.stringify(faults))
  return config
}

interface Running {
  readonly server: SignalingServer
  readonly report: Report
  readonly talk: StubTalk
  readonly address: string
  readonly log: () => string
}

async function start(settings: Partial<ServerConf> = {}): Promise<Running> {
  const talk = parts.use(await startStubTalk())
  let text = ''
  const write = (lines: string): void => {
    text += lines
  }
  const report = parts.use(startReport({ format: 'json', level: 'trace', write, now: Date.now }))
  const address = `127.0.0.1:${await freePort()}`
  const conf = { listen: address, backends: stageBackends(talk), more: '[app]\ndraintimeout = 1\n', ...settings }
  const server = await startSignalingServer(configOf(conf), report)
  parts.defer(() => server.stop())
  const log = (): string => {
    report.flush()
    return text
  }
  return { server, report, talk, address, log }
}

const needsOpenssl = notRunnable('the whole server in this process', debian.openssl)

test.skipIf(needsOpenssl)('the metrics are those of their page, no more and no less', async () => {
  const { talk, address } = await start()
  await using member = await rawMember(address, talk.url(), 'member', 'den')
  await using other = await rawMember(address, talk.url('small'), 'other', 'den')
  sayNumbered(member, { from: 1, to: 3, weight: 1 })
  await talk.post(`http://${address}`, 'den', { type: 'incall', incall: { all: true, incall: 7 } })
  member.sendFrame('no JSON')
  await fetch(`http://${address}/spreed`)
  await other.message((message) => textAt(message, 'type') === 'hello')

  const answer = await fetch(`http://${address}/metrics`)
  expect(answer.headers.get('Content-Type')).toStartWith('text/plain; version=0.0.4')
  const text = await answer.text()
  expect(text).toEndWith('\n')
  // coturn's names are a chapter of their own and off.
  const [page = ''] = readFileSync(resolve(import.meta.dir, '../docs/metrics.md'), 'utf8').split('\n## ')
  const documented = new Map([...page.matchAll(/^\| `([a-z_]+)` +\| (\w+) +\|/gm)].map((row) => [row[1], row[2]]))
  const served = new Map([...text.matchAll(/^# TYPE ([a-z_]+) (\w+)$/gm)].map((row) => [row[1], row[2]]))
  expect([...served].sort()).toEqual([...documented].sort())

  const values = readMetrics(text)
  for (const [sample, value] of [
    ['signaling_hub_sessions{backend="one",clienttype="client"}', 1],
    ['signaling_hub_sessions{backend="small",clienttype="client"}', 1],
    ['signaling_hub_sessions_total{backend="one",clienttype="client"}', 1],
    ['signaling_room_sessions{backend="one",room="den",clienttype="client"}', 1],
    ['signaling_backend_session_limit{backend="small"}', 1],
    ['signaling_backend_current', 4],
    ['signaling_hub_connections', 2],
    ['signaling_client_upgrades_refused_total', 1],
    ['signaling_client_garbled_total', 1],
    ['signaling_server_messages_total{type="message"}', 3],
    ['signaling_call_sessions{backend="one",room="den",clienttype="client"}', 1],
    ['signaling_server_internal_errors_total', 0],
  ] as const) {
    expect([sample, values.get(sample)]).toEqual([sample, value])
  }
})

test.skipIf(needsOpenssl)('sessions are counted by country, and a reload changes what countries are', async () => {
  const overrides = (country: string) => ({
    more: `[app]\ndraintimeout = 1\n[geoip-overrides]\n127.0.0.0/8 = ${country}\n`,
  })
  const { server, talk, address } = await start(overrides('DE'))
  await using _ = await rawMember(address, talk.url(), 'one', 'den')
  const backends = stageBackends(talk)
  server.reload(configOf({ listen: address, backends, ...overrides('FR') }))
  await using __ = await rawMember(address, talk.url(), 'two', 'den')
  await using ___ = await rawMember(address, talk.url(), 'three', 'den')
  const values = readMetrics(await (await fetch(`http://${address}/metrics`)).text())
  expect(['DE', 'FR'].map((country) => values.get(`signaling_client_countries_total{country="${country}"}`))).toEqual([
    1, 2,
  ])
})

test.skipIf(needsOpenssl)('no secret and no private id is in the log, however much is logged', async () => {
  const turn = '[turn]\napikey = the-turn-api-key\nsecret = the-turn-secret\nservers = turn:192.0.2.1\n'
  const { talk, address, log } = await start({ more: turn })
  const member = await rawMember(address, talk.url(), 'member', 'den')
  const token = await talk.token({ sub: 'with-token', userdata: { displayname: 'x' } })
  await using tokened = await openRaw(address)
  tokened.say({ id: 'v2', type: 'hello', hello: { version: '2.0', auth: { url: talk.url(), params: { token } } } })
  await tokened.message((message) => textAt(message, 'id') === 'v2')
  // Failures are told at length: each of these is one.
  await talk.post(`http://${address}`, 'den', { type: 'message', message: { data: 1 } }, 'bad-checksum')
  talk.answerNext('room', { kind: 'garbage' }, 'broken')
  member.say({ id: 'broken', type: 'room', room: { roomid: 'broken', sessionid: 'x' } })
  await member.message((message) => textAt(message, 'id') === 'broken')
  await fetch(`http://${address}/turn/credentials?service=turn&key=the-turn-api-key`)
  await using internal = await openRaw(address)
  const params = { random: 'r'.repeat(32), token: 'f'.repeat(64), backend: talk.url() }
  internal.say({ id: 'internal', type: 'hello', hello: { version: '1.0', auth: { type: 'internal', params } } })
  await internal.message((message) => textAt(message, 'id') === 'internal')
  member.destroy()
  await using back = await openRaw(address)
  back.say({ id: 'back', type: 'hello', hello: { version: '1.0', resumeid: member.resumeId } })
  await back.message((message) => textAt(message, 'id') === 'back')
  back.say({ id: 'wrong', type: 'hello', hello: { version: '1.0', resumeid: member.resumeId } })

  expect(log()).toContain(member.sessionId)
  expect(log()).toContain('"fact":"room-request-refused"')
  const secrets = [talk.secret('one'), talk.secret('two'), talk.secret('small'), ...Object.values(testKeys)]
  for (const secret of [...secrets, 'the-turn-api-key', 'the-turn-secret', token, member.resumeId, params.token]) {
    expect(secret.length).toBeGreaterThan(10)
    expect(log()).not.toContain(secret)
  }
})

test.skipIf(needsOpenssl)('a reload counts for the next hello; who is here stays', async () => {
  const { server, talk, address } = await start()
  await using member = await rawMember(address, talk.url('one'), 'member', 'den')
  const backends = stageBackends(talk).filter(({ id }) => id !== 'one')
  server.reload(configOf({ listen: address, backends }))
  await using raw = await openRaw(address)
  await expect(rawHello(raw, talk.url('one'), 'late')).rejects.toThrow('invalid_backend')
  await using other = await openRaw(address)
  await rawHello(other, talk.url('two'), 'late')
  expect(member.isClosed).toBe(false)
})

test.skipIf(needsOpenssl)('a drain lets nobody in and waits for those who are here; a stop does not', async () => {
  const { server, talk, address } = await start()
  await using member = await rawMember(address, talk.url(), 'member', 'den')
  let isDrained = false
  const drained = server.drain().then(() => {
    isDrained = true
  })
  await expect(openTcp(address)).rejects.toThrow()
  member.say({ id: 'still', type: 'message' })
  await member.message((message) => textAt(message, 'id') === 'still')
  expect(isDrained).toBe(false)
  member.say({ id: 'bye', type: 'bye', bye: {} })
  await member.closed()
  await drained
  await server.stop()
})

test.skipIf(needsOpenssl)(
  'an address that cannot be had: a failure that names it, and no listener is left',
  async () => {
    const taken = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
    parts.defer(() => taken.stop(true))
    const free = await freePort()
    await expect(start({ listen: `127.0.0.1:${free} 127.0.0.1:${taken.port}` })).rejects.toThrow(String(taken.port))
    await expect(openTcp(`127.0.0.1:${free}`)).rejects.toThrow()
  },
)

test('without a backend there is no room API, the rest is served', async () => {
  const report = parts.use(startReport({ format: 'json', level: 'error', write: () => {}, now: Date.now }))
  const address = `127.0.0.1:${await freePort()}`
  const text = `[http]\nlisten = ${address}\n[sessions]\nhashkey = ${testKeys.hashKey}\n`
  const { config } = loadConfig({ file: 'x', text, environment: {}, readFile: () => '' })
  if (!config) throw new Error('the configuration is as short as it may be')
  const server = await startSignalingServer(config, report)
  parts.defer(() => server.stop())
  const status = async (path: string, method = 'GET') => (await fetch(`http://${address}${path}`, { method })).status
  expect(await status('/api/v1/welcome')).toBe(200)
  expect(await status('/api/v1/room/den', 'POST')).toBe(404)
  await using raw = await openRaw(address)
  await expect(rawHello(raw, 'https://cloud.example.org/', 'someone')).rejects.toThrow('invalid_backend')
})
