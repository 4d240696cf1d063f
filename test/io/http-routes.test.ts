/** Every route on a real port: methods, statuses, headers, and who may see what. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { createThrottle } from '../../src/core/throttle.ts'
import { createRoutes, type LiveConfig, type RouteParts } from '../../src/io/http-routes.ts'
import { type Listening, listenHttp } from '../../src/io/listen.ts'
import { createRoomApi } from '../../src/io/room-api.ts'
import { createSockets } from '../../src/io/sockets.ts'
import { talkPaths } from '../../src/io/talk-routes.ts'
import { type IpRanges, parseIpRange } from '../../src/lib/ip-range.ts'
import { createBackends } from '../../src/protocols/talk/backend/backends.ts'
import { isObject, type Json, parseJson, textAt } from '../support/json.ts'
import { opcodes } from './raw/frames.ts'
import { openRaw, openTcp } from './raw/socket.ts'

const ranges = (...texts: readonly string[]): IpRanges => texts.map(parseIpRange).filter((range) => range !== undefined)
const turn = { apiKey: 'the-key', secret: 'the-turn-secret', servers: ['turn:192.0.2.1:3478', 'turns:192.0.2.1:5349'] }

const own = { secret: 'own', turn: ['turn:192.0.2.9:3478?transport=udp'], stun: ['stun:192.0.2.9:3478'] }

describe('routes', () => {
  const parts = new DisposableStack()
  let config: LiveConfig
  let isStopping = false
  let allowed = 0
  const refused: string[] = []
  let listening: Listening
  let url: string
  let address: string

  beforeAll(() => {
    const listener = { opened() {}, text() {}, binary() {}, closed() {}, overflowed() {} }
    const sockets = parts.use(createSockets({ bytes: 1_000, messages: 10 }, listener, () => {}))
    const roomApi = createRoomApi({
      abandoned: () => {},
      backends: createBackends([]),
      throttle: createThrottle(),
      maxBodySize: 1_000,
      requested: () => {},
      note: () => {},
    })
    const headers = new Headers({
      server: 'nextcloud-spreed-signaling/1.2.3',
      'x-spreed-signaling-features': 'a-feature, b-feature',
    })
    const gate = {
      isStopping: () => isStopping,
      get maxConnectionsPerAddress() {
        return allowed
      },
      refusedUpgrade: (from: string, why: string) => void refused.push(`${from}: ${why}`),
    }
    const routeParts: RouteParts = {
      version: '1.2.3',
      headers,
      frontEnds: [talkPaths({ gate, sockets, headers })],
      config: () => config,
      roomApi,
      ownTurn: () => own,
      stats: () => ({ rooms: 0 }),
      serverInfo: () => ({ version: '1.2.3' }),
      metrics: async () => new Response('a_metric 1\n'),
      isStopping: () => isStopping,
    }
    listening = listenHttp(
      { kind: 'tcp', host: '127.0.0.1', port: 0 },
      { fetch: createRoutes(routeParts), longestMessage: 1_000, readTimeout: 5_000, note: () => {} },
    )
    parts.defer(() => listening.stop())
    address = `127.0.0.1:${listening.port}`
    url = `http://${address}`
  })
  afterAll(() => parts.dispose())

  /** Who is trusted and who may see statistics. */
  function guard(trusted: readonly string[], allowedIps: readonly string[]): void {
    const app = { debug: false, trustedProxies: ranges(...trusted) }
    config = { app, stats: { allowedIps: ranges(...allowedIps) }, turn }
  }
  guard(['127.0.0.1'], ['127.0.0.1', '::1'])

  const routes: readonly (readonly [path: string, methods: string, statusOfGet: number])[] = [
    ['/api/v1/welcome', 'GET', 200],
    ['/api/v1/stats', 'GET', 200],
    ['/api/v1/serverinfo', 'GET', 200],
    ['/metrics', 'GET', 200],
    ['/healthz', 'GET', 200],
    ['/readyz', 'GET', 200],
    ['/turn/credentials', 'GET, POST', 400],
    ['/ice', 'GET, POST', 401],
    ['/spreed', 'GET', 400],
    ['/api/v1/room/den', 'POST', 405],
    ['/', '', 404],
    ['/api/v1/room/', '', 404],
    ['/api/v1/room/a/b', '', 404],
    ['/api/v1/room/%zz', '', 404],
    ['/api/v1/welcome/', '', 404],
    ['/API/V1/WELCOME', '', 404],
    ['/debug/pprof/', '', 404],
    ['/constructor', '', 404],
    ['/__proto__', '', 404],
  ]

  test.each(routes)('%s: other methods are refused, and every answer has the headers', async (path, methods, ofGet) => {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const answer = await fetch(url + path, { method, ...(method === 'POST' ? { body: 'x' } : {}) })
      const isKnown = methods.split(', ').includes(method === 'HEAD' ? 'GET' : method)
      if (method === 'GET') expect(answer.status).toBe(ofGet)
      if (methods !== '' && !isKnown) {
        expect([method, answer.status, answer.headers.get('Allow')]).toEqual([method, 405, methods])
      } else expect(answer.status).not.toBe(405)
      expect(answer.headers.get('Server')).toBe('nextcloud-spreed-signaling/1.2.3')
      expect(answer.headers.get('X-Spreed-Signaling-Features')).toBe('a-feature, b-feature')
      expect(Math.abs(Date.parse(answer.headers.get('Date') ?? '') - Date.now())).toBeLessThan(45_000)
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBeNull()
      const text = await answer.text()
      if (method === 'HEAD') expect(text).toBe('')
      else if (answer.status >= 400) expect(text).not.toBe('')
    }
  })

  test('a query does not matter', async () => {
    expect((await fetch(`${url}/api/v1/welcome?x=/nowhere`)).status).toBe(200)
    expect((await fetch(`${url}/healthz?`)).status).toBe(200)
  })

  const guarded = ['/api/v1/stats', '/api/v1/serverinfo', '/metrics']
  test.each<[string, string[], string[], Record<string, string>, number]>([
    ['one of us asks', ['127.0.0.1'], ['127.0.0.1'], {}, 200],
    ['nobody may', ['127.0.0.1'], [], {}, 403],
    ['a proxy asks for somebody', ['127.0.0.1'], ['127.0.0.1'], { 'X-Real-IP': '192.0.2.1' }, 403],
    ['a proxy asks for somebody who may', ['127.0.0.1'], ['192.0.2.0/24'], { 'X-Real-IP': '192.0.2.1' }, 200],
    ['somebody says he is a proxy', [], ['192.0.2.0/24'], { 'X-Real-IP': '192.0.2.1' }, 403],
    ['somebody says he was forwarded', [], ['192.0.2.0/24'], { 'X-Forwarded-For': '192.0.2.1' }, 403],
    ['a chain begins with a lie', ['127.0.0.1'], ['127.0.0.1'], { 'X-Forwarded-For': '127.0.0.1, 192.0.2.1' }, 403],
    ['the header is no address', ['127.0.0.1'], ['192.0.2.1'], { 'X-Real-IP': '192.0.2.1 OR 1=1' }, 403],
  ])('statistics when %s', async (_, trusted, allowedIps, headers, status) => {
    guard(trusted, allowedIps)
    for (const path of guarded) expect((await fetch(url + path, { headers })).status).toBe(status)
    guard(['127.0.0.1'], ['127.0.0.1'])
  })

  test('statistics are indented JSON with a line end', async () => {
    const answer = await fetch(`${url}/api/v1/stats`)
    expect(answer.headers.get('Content-Type')).toBe('application/json; charset=utf-8')
    expect(await answer.text()).toBe('{\n  "rooms": 0\n}\n')
  })

  test('ready until it is to stop, alive all the time', async () => {
    isStopping = true
    expect((await fetch(`${url}/readyz`)).status).toBe(503)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    await expect(openRaw(address)).rejects.toThrow('503')
    isStopping = false
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
  })

  test('the upgrade carries the headers too', async () => {
    await using raw = await openRaw(address)
    expect(raw.head).toMatch(/\r\nserver: nextcloud-spreed-signaling\/1\.2\.3\r\n/i)
    expect(raw.head).toMatch(/\r\nx-spreed-signaling-features: a-feature, b-feature\r\n/i)
    expect(raw.head).toMatch(/\r\nDate: /i)
    expect(raw.head).not.toMatch(/\r\nSec-WebSocket-Protocol:/i)
  })

  test('any origin may connect', async () => {
    await using raw = await openRaw(address, { headers: { Origin: 'https://elsewhere.example.org' } })
    expect(raw.isClosed).toBe(false)
  })

  test('without upgrade headers: 400, the reason for the client and for the log', async () => {
    refused.length = 0
    const answer = await fetch(`${url}/spreed`)
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain('Upgrade and Connection headers')
    expect(refused).toEqual(['127.0.0.1: without upgrade, sec-websocket-key, sec-websocket-version'])
  })

  test('more connections than one address may have: 429; others are let in', async () => {
    allowed = 2
    await using first = await openRaw(address, { headers: { 'X-Real-IP': '192.0.2.1' } })
    await using second = await openRaw(address, { headers: { 'X-Real-IP': '192.0.2.1' } })
    await expect(openRaw(address, { headers: { 'X-Real-IP': '192.0.2.1' } })).rejects.toThrow('429')
    await using other = await openRaw(address, { headers: { 'X-Real-IP': '192.0.2.2' } })
    first.destroy()
    await first.closed().catch(() => {})
    // The server hears of the end a moment later.
    while ((await openRaw(address, { headers: { 'X-Real-IP': '192.0.2.1' } }).catch(() => undefined)) === undefined) {
      await Bun.sleep(1)
    }
    expect([second.isClosed, other.isClosed]).toEqual([false, false])
    allowed = 0
  })

  test('janus-events: taken and closed with the reason', async () => {
    const headers = { 'Sec-WebSocket-Protocol': 'other, janus-events' }
    await using near = await openRaw(address, { headers })
    expect(near.head).toMatch(/\r\nsec-websocket-protocol: janus-events\r\n/i)
    expect((await near.closed()).code).toBe(1011)
    await using far = await openRaw(address, { headers: { ...headers, 'X-Real-IP': '192.0.2.1' } })
    expect((await far.closed()).code).toBe(1008)
    await near.frame(({ opcode }) => opcode === opcodes.close)
  })

  describe('TURN credentials', () => {
    const path = '/turn/credentials'
    const form = 'service=turn&username=someone&key=the-key'
    const asJson = JSON.stringify({ service: 'turn', username: 'someone', api: 'the-key' })
    const jsonType = { 'Content-Type': 'application/json' }
    const formType = { 'Content-Type': 'application/x-www-form-urlencoded' }

    test.each<[string, string, RequestInit]>([
      ['GET with key', `${path}?${form}`, {}],
      ['GET with api', `${path}?service=turn&username=someone&api=the-key`, {}],
      ['POST of a form', path, { method: 'POST', headers: formType, body: form }],
      ['POST of JSON', path, { method: 'POST', headers: jsonType, body: asJson }],
      ['POST with a query', `${path}?service=turn&username=someone`, { method: 'POST', body: 'api=the-key' }],
    ])('%s', async (_, where, init) => {
      const answer = await fetch(url + where, init)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('Content-Type')).toStartWith('application/json')
      const credentials = parseJson(await answer.text())
      const username = textAt(credentials, 'username') ?? ''
      const [expiry = '', name] = username.split(':')
      expect(name).toBe('someone')
      expect(Math.abs(Number(expiry) - Date.now() / 1000 - 86_400)).toBeLessThan(10)
      const password = createHmac('sha1', turn.secret).update(username).digest('base64')
      expect(credentials).toEqual({ username, password, ttl: 86_400, uris: turn.servers })
    })

    test('without a name one is made up, a long one is cut', async () => {
      const nameFor = async (query: string) => {
        const answer = parseJson(await (await fetch(`${url}${path}?service=turn&key=the-key${query}`)).text())
        return (isObject(answer) && textAt(answer, 'username')?.split(':')[1]) || ''
      }
      expect(await nameFor('')).toMatch(/^[0-9a-f]{32}$/)
      expect(await nameFor('')).not.toBe(await nameFor(''))
      expect(await nameFor(`&username=${'n'.repeat(2_000)}`)).toBe('n'.repeat(256))
    })

    test.each<[string, number, string, RequestInit]>([
      ['no service', 400, '?key=the-key', {}],
      ['another service', 400, '?service=stun&key=the-key', {}],
      ['no key', 400, '?service=turn', {}],
      ['an empty key', 400, '?service=turn&key=&api=', {}],
      ['a wrong key', 403, '?service=turn&key=the-kez', {}],
      ['a longer key', 403, '?service=turn&key=the-key-and-more', {}],
      ['broken JSON', 400, '', { method: 'POST', headers: jsonType, body: '{"service":' }],
      ['JSON that is no object', 400, '', { method: 'POST', headers: jsonType, body: '"turn"' }],
      ['numbers for texts', 400, '', { method: 'POST', headers: jsonType, body: '{"service":"turn","key":1}' }],
      ['a form too long', 400, '', { method: 'POST', headers: formType, body: `${form}&x=${'x'.repeat(5_000)}` }],
    ])('%s: %i', async (_, status, query, init) => {
      const answer = await fetch(url + path + query, init)
      expect(answer.status).toBe(status)
      expect(await answer.text()).not.toContain('the-key')
    })

    test('without a key nobody has it', async () => {
      const before = config
      config = { ...before, turn: { servers: turn.servers, secret: turn.secret } }
      expect((await fetch(`${url}${path}?service=turn&key=undefined`)).status).toBe(403)
      config = before
    })
  })

  describe('our own TURN server', () => {
    const ours = { apiKey: 'the-key', servers: [] }
    const ask = async (path: string): Promise<Json> =>
      parseJson(await (await fetch(`${url}${path}?service=turn&username=me&key=the-key`)).text())
    const passwordOf = (username: string, secret: string): string =>
      createHmac('sha1', secret).update(username).digest('base64')

    test('is handed out where no other is named, with its first secret', async () => {
      const before = config
      config = { ...before, turn: ours }
      const credentials = await ask('/turn/credentials')
      const username = textAt(credentials, 'username') ?? ''
      expect(credentials).toEqual({ username, password: passwordOf(username, 'own'), ttl: 86_400, uris: own.turn })
      config = { ...before, turn: { ...ours, secret: 'other' } }
      const others = await ask('/turn/credentials')
      expect(textAt(others, 'password')).toBe(passwordOf(textAt(others, 'username') ?? '', 'other'))
      config = before
      expect(await ask('/turn/credentials')).toMatchObject({ uris: turn.servers })
    })

    test('stands in /ice', async () => {
      const before = config
      config = { ...before, turn: ours }
      expect(await ask('/ice')).toMatchObject({ iceServers: [{ urls: own.stun }, { urls: own.turn }] })
      config = before
    })
  })

  test('requests one behind the other are answered in order', async () => {
    const tcp = await openTcp(address)
    let text = ''
    const done = new Promise<void>((resolve) => {
      tcp.on('data', (bytes: Buffer) => {
        text += bytes.toString()
        if (text.includes('404')) resolve()
      })
    })
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: ${address}\r\n\r\n`
    tcp.write(get('/healthz') + get('/metrics') + get('/nowhere'))
    await done
    tcp.destroy()
    expect([...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map((match) => match[1])).toEqual(['200', '200', '404'])
  })
})
