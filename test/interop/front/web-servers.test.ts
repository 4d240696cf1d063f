/** Our server behind nginx, Apache and Caddy, each set up as docs/front-webserver.md says. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { request } from 'node:http'
import { notRunnable } from '../../support/deb.ts'
import { parseJson, textAt } from '../../support/json.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import type { RunningServer } from '../../support/running-server.ts'
import { type StubTalk, startStubTalk } from '../../support/stub-talk.ts'
import { helloAs, openTalkClient } from '../../support/talk-client.ts'
import { type Front, startFront, webServers } from './web-server.ts'

/** May read the statistics; the other may not. Both are loopback addresses, so that no other machine takes part. */
const allowed = '127.0.0.3'
const stranger = '127.0.0.2'

const settings = `[app]\ntrustedproxies = 127.0.0.1\n[stats]\nallowed_ips = ${allowed}\n`

describe.each([...webServers])('behind $name', (webServer) => {
  const suite = `behind ${webServer.name}`
  describe.skipIf(notRunnable(suite, webServer.program) || oursMissing(suite))('the documented set-up', () => {
    const parts = new AsyncDisposableStack()
    let talk: StubTalk
    let ours: RunningServer
    let front: Front

    beforeAll(async () => {
      talk = parts.use(await startStubTalk())
      const backends = [{ id: 'one', url: talk.url(), secret: talk.secret() }]
      ours = parts.use(await startOurs({ backends, more: settings }))
      front = parts.use(await startFront(webServer, ours.address))
    })
    afterAll(() => parts.disposeAsync())

    test('passes the welcome on', async () => {
      const answer = await fetch(`${front.url}/api/v1/welcome`)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('x-spreed-signaling-features')).toContain('hello-v2')
      expect(textAt(parseJson(await answer.text()), 'nextcloud-spreed-signaling')).toBe('Welcome')
    })

    test('passes WebSockets on', async () => {
      await using client = await openTalkClient(front.socketUrl)
      const answer = await helloAs(client, authUrl(talk), 'alice')
      expect(textAt(answer, 'hello', 'userid')).toBe('alice')
      client.send({ id: 'bye', type: 'bye', bye: {} })
      await client.until((message) => textAt(message, 'type') === 'bye')
    })

    test.each(['with a length', 'chunked'] as const)('passes requests of Nextcloud on, %s', async (how) => {
      await using client = await openTalkClient(front.socketUrl)
      await helloAs(client, authUrl(talk), 'bob')
      client.send({ id: 'join', type: 'room', room: { roomid: 'den', sessionid: `room-session-${how}` } })
      await client.until((message) => textAt(message, 'id') === 'join')
      const body = { type: 'message', message: { data: { type: 'chat', chat: { refresh: true, how } } } }
      const answer = await talk.post(front.url, 'den', body, how === 'chunked' ? 'chunked' : undefined)
      expect(answer.status).toBe(200)
      const heard = await client.until((message) => textAt(message, 'event', 'type') === 'message')
      expect(textAt(heard, 'event', 'message', 'data', 'chat', 'how')).toBe(how)
    })

    test('keeps a wrong signature out', async () => {
      const body = { type: 'message', message: { data: { type: 'chat' } } }
      expect((await talk.post(front.url, 'den', body, 'bad-checksum')).status).toBe(403)
    })

    test('passes bodies on that are as large as the server takes', async () => {
      const body = (bytes: number) => ({
        type: 'message',
        message: { data: { type: 'big', padding: 'x'.repeat(bytes) } },
      })
      expect((await talk.post(front.url, 'den', body(4 * 1024 * 1024 - 100))).status).toBe(200)
    })

    test('tells the server who asks', async () => {
      expect(await stats(front.port, allowed)).toBe(200)
      expect(await stats(front.port, stranger)).toBe(403)
    })

    test.each(['X-Real-IP', 'X-Forwarded-For', 'Forwarded'])('lets nobody pass for another by %s', async (header) => {
      const claim = header === 'Forwarded' ? `for=${allowed}` : allowed
      expect(await stats(front.port, stranger, { [header]: claim })).toBe(403)
      expect(await stats(front.port, stranger, { [header]: `${claim}, ${claim}` })).toBe(403)
    })
  })
})

/** The status of the statistics page through the front, asked from the given loopback address. */
function stats(port: number, from: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const path = '/standalone-signaling/api/v1/stats'
    const asked = request({ host: '127.0.0.1', port, localAddress: from, path, headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asked.once('error', reject)
    asked.end()
  })
}

/** What a client presents in its hello: where Talk answers requests of the signaling server. */
function authUrl(talk: StubTalk): string {
  return `${talk.url()}ocs/v2.php/apps/spreed/api/v3/signaling/backend`
}
