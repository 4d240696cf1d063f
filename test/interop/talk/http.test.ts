/** What stands beside the WebSocket: the HTTP routes, and how Talk is reached, with the original and with our server. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { stageBackends } from '../../support/conversation/socket-stage.ts'
import type { Side } from '../../support/conversation/stage.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { parseJson, textAt } from '../../support/json.ts'
import { startOriginal } from '../../support/original.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import type { RunningServer } from '../../support/running-server.ts'
import type { StubTalk } from '../../support/stub-talk.ts'
import { startStubTalk } from '../../support/stub-talk.ts'
import { helloAs, openTalkClient } from '../../support/talk-client.ts'

const path = 'ocs/v2.php/apps/spreed/api/v3/signaling/backend'
const turn = '[turn]\napikey = the-turn-key\nsecret = the-turn-secret\nservers = turn:192.0.2.1:3478?transport=udp\n'
const withOriginal = 'HTTP routes of the original'
const withOurs = 'HTTP routes of our server'

describe.skipIf(notRunnable(withOriginal, debian.signalingServer, debian.nats, debian.openssl))(withOriginal, () =>
  routes('original'),
)
describe.skipIf(oursMissing(withOurs) || notRunnable(withOurs, debian.openssl))(withOurs, () => routes('ours'))

function routes(side: Side): void {
  const parts = new AsyncDisposableStack()
  let talk: StubTalk
  let server: RunningServer
  beforeAll(async () => {
    talk = parts.use(await startStubTalk())
    const start = side === 'ours' ? startOurs : startOriginal
    server = parts.use(await start({ backends: stageBackends(talk), more: turn }))
  }, 30_000)
  afterAll(() => parts.disposeAsync(), 30_000)

  test('GET /api/v1/welcome says hello with version, features and date', async () => {
    const answer = await fetch(`${server.url}/api/v1/welcome`)
    expect(answer.headers.get('Content-Type')).toBe('application/json; charset=utf-8')
    expect(answer.headers.get('X-Spreed-Signaling-Features')?.split(', ')).toContain('audio-video-permissions')
    expect(answer.headers.get('Server')).toMatch(/^(nextcloud-spreed-signaling|heliograph)\//)
    expect(Math.abs(Date.parse(answer.headers.get('Date') ?? '') - Date.now())).toBeLessThan(45_000)
    const text = await answer.text()
    expect(text).toEndWith('}\n')
    expect(JSON.parse(text)).toEqual({ 'nextcloud-spreed-signaling': 'Welcome', version: expect.any(String) })
  })

  test('wrong methods and unknown paths are refused', async () => {
    expect((await fetch(`${server.url}/api/v1/welcome`, { method: 'POST' })).status).toBe(405)
    expect((await fetch(`${server.url}/api/v1/room/den`)).status).toBe(405)
    expect((await fetch(`${server.url}/no/such/path`)).status).toBe(404)
    expect((await fetch(`${server.url}/spreed`)).status).toBe(400)
  })

  test('stats and metrics are for this machine only', async () => {
    const stats = await fetch(`${server.url}/api/v1/stats`)
    expect(stats.status).toBe(200)
    expect(await stats.json()).toMatchObject({ rooms: expect.any(Number), sessions: expect.any(Number) })
    const metrics = await fetch(`${server.url}/metrics`)
    expect(metrics.status).toBe(200)
    expect(await metrics.text()).toContain('signaling_hub_sessions')
    for (const route of ['/api/v1/stats', '/metrics']) {
      const elsewhere = await fetch(server.url + route, { headers: { 'X-Real-IP': '192.0.2.7' } })
      expect(elsewhere.status).toBe(403)
    }
  })

  test('TURN credentials are made for who has the key', async () => {
    const ask = (query: string) => fetch(`${server.url}/turn/credentials?${query}`)
    expect((await ask('service=turn')).status).toBe(400)
    expect((await ask('service=stun&key=the-turn-key')).status).toBe(400)
    expect((await ask('service=turn&key=wrong')).status).toBe(403)
    for (const name of ['key', 'api']) {
      const answer = await ask(`service=turn&username=someone&${name}=the-turn-key`)
      expect(answer.status).toBe(200)
      const credentials = parseJson(await answer.text())
      const username = textAt(credentials, 'username') ?? ''
      expect(username).toMatch(/^\d+:someone$/)
      expect(credentials).toEqual({
        username,
        password: createHmac('sha1', 'the-turn-secret').update(username).digest('base64'),
        ttl: 86_400,
        uris: ['turn:192.0.2.1:3478?transport=udp'],
      })
    }
  })

  test('room requests: a body too large is refused, by its length already', async () => {
    const post = (bytes: number) =>
      talk.post(server.url, 'den', { type: 'message', message: { data: 'x'.repeat(bytes) } })
    expect((await post(60_000)).status).toBe(200)
    // The original's bound is 64 KiB (256 later), ours 4 MiB unless configured.
    expect((await post(side === 'ours' ? 4_200_000 : 300_000)).status).toBe(413)
    const answer = await talk.post(server.url, 'den', { type: 'message', message: { data: 1 } })
    expect(answer.headers.get('Content-Type')).toBe('application/json; charset=utf-8')
    expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(await answer.text()).toBe('{}')
  })

  test('Talk is asked as it wants to be asked, over HTTP and HTTPS', async () => {
    await using client = await openTalkClient(server.socketUrl)
    await helloAs(client, talk.secureUrl() + path, 'tls-user')
    const asked = await talk.request(({ text }) => text.includes('tls-user'))
    expect(asked).toMatchObject({ method: 'POST', path: `/one/${path}`, authentic: true, type: 'auth' })
    expect(asked.headers).toMatchObject({
      accept: 'application/json',
      'ocs-apirequest': 'true',
      'user-agent': expect.stringMatching(/^(nextcloud-spreed-signaling|heliograph)\//),
      'x-spreed-signaling-features': expect.stringContaining('audio-video-permissions'),
    })
    expect(asked.headers['content-type']).toStartWith('application/json')
    expect(talk.requests.filter(({ type }) => type === 'capabilities').at(-1)).toMatchObject({
      method: 'GET',
      path: '/one/ocs/v2.php/cloud/capabilities',
    })
  })

  test('a Talk that redirects is followed on its own host only; other misbehaviour is an error and no more', async () => {
    await using client = await openTalkClient(server.socketUrl)
    await helloAs(client, talk.url() + path, 'redirected-user')
    const join = async (id: string) => {
      client.send({ id, type: 'room', room: { roomid: `room-${id}` } })
      const answer = await client.until((message) => textAt(message, 'id') === id)
      return textAt(answer, 'type')
    }
    talk.answerNext('room', { kind: 'redirect', to: 'same-host' }, 'room-same')
    expect(await join('same')).toBe('room')
    talk.answerNext('room', { kind: 'redirect', to: 'other-host' }, 'room-other')
    expect(await join('other')).toBe('error')
    expect(talk.requests.filter(({ path: asked }) => asked.includes('redirected'))).toHaveLength(1)
    // A connection that Talk closed without a word may be an idle one that timed out: asking once more is allowed.
    talk.answerNext('room', { kind: 'close' }, 'room-close')
    expect(await join('close')).toMatch(/^(error|room)$/)
    talk.answerNext('room', { kind: 'status', status: 503 }, 'room-503')
    expect(await join('503')).toBe('error')
    talk.answerNext('room', { kind: 'slow', ms: 100 }, 'room-slow')
    expect(await join('slow')).toBe('room')
  })
}
