/** The credentials that our own pages hand out, taken as they are by those who use them. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type BrowserUnderTest, startChromium } from '../../support/chromium.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { parseJson, textAt } from '../../support/json.ts'
import { oursMissing } from '../../support/ours.ts'
import { selfSigned } from '../../support/self-signed.ts'
import { startTurn, type TurnUnderTest } from '../../support/turn-under-test.ts'
import { type EchoPeer, runUclient, startEchoPeer } from '../../support/uclient.ts'

const suite = 'TURN credentials that we hand out'
const apiKey = 'api-key-of-the-tests'

describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.openssl))(suite, () => {
  const parts = new AsyncDisposableStack()
  const tls = selfSigned()
  let server: TurnUnderTest
  beforeAll(async () => {
    const options = { tls, legacyChannels: true, sections: `[turn]\napikey = ${apiKey}\n` }
    server = parts.use(await startTurn(options, 'ours'))
  }, 30_000)
  afterAll(() => parts.disposeAsync(), 20_000)

  describe.skipIf(notRunnable(suite, debian.turnClient, debian.turnPeer))("with coturn's client", () => {
    let peer: EchoPeer
    beforeAll(async () => {
      peer = parts.use(await startEchoPeer())
    }, 10_000)

    for (const method of ['GET', 'POST']) {
      test.concurrent(`/turn/credentials, asked with ${method}`, async () => {
        const query = `service=turn&api=${apiKey}&key=${apiKey}&username=janus`
        const answer = await fetch(`${server.url}/turn/credentials?${query}`, {
          method,
          ...(method === 'POST' ? { body: new URLSearchParams(query) } : {}),
        })
        expect(answer.status).toBe(200)
        const given = parseJson(await answer.text())
        expect(given).toMatchObject({
          ttl: 86_400,
          uris: expect.arrayContaining([
            `turn:127.0.0.1:${server.port}?transport=udp`,
            `turn:127.0.0.1:${server.port}?transport=tcp`,
            `turns:localhost:${server.tlsPort}?transport=tcp`,
          ]),
        })
        const [username, password] = [textAt(given, 'username') ?? '', textAt(given, 'password') ?? '']
        const run = await runUclient(server, { words: [], peer, username, password })
        expect([run.exitCode, run.lost, run.received]).toEqual([0, 0, run.sent])
      }, 30_000)
    }
  })

  describe.skipIf(notRunnable(suite, debian.turnClient, debian.turnPeer))('that an application gives (authurl)', () => {
    test('let its users in, and nobody else', async () => {
      const asked: string[] = []
      await using application = Bun.serve({
        port: 0,
        hostname: '127.0.0.1',
        async fetch(request) {
          const name = textAt(parseJson(await request.text()), 'username')
          asked.push(name ?? '')
          return name === 'carol' ? Response.json({ password: 'what she knows' }) : new Response('', { status: 403 })
        },
      })
      const lines = [`authurl = ${application.url.href}`]
      await using hooked = await startTurn({ legacyChannels: true, lines }, 'ours')
      await using peer = await startEchoPeer()
      const carol = { words: [], peer, username: 'carol', password: 'what she knows' }
      const mallory = { ...carol, username: 'mallory' }
      const [hers, his] = await Promise.all([runUclient(hooked, carol), runUclient(hooked, mallory)])
      expect([hers.exitCode, hers.lost, hers.received]).toEqual([0, 0, hers.sent])
      expect(his.exitCode).not.toBe(0)
      // Asked once for each name by each worker, not once for each request.
      expect(new Set(asked)).toEqual(new Set(['carol', 'mallory']))
      expect(asked.length).toBeLessThanOrEqual(32)
    }, 40_000)
  })

  describe.skipIf(notRunnable(suite, debian.chromium))('with Chromium', () => {
    let browser: BrowserUnderTest
    beforeAll(async () => {
      browser = parts.use(await startChromium(Bun.file(new URL('call.html', import.meta.url)), [tls.cert]))
    }, 30_000)

    test('/ice is a configuration as a browser takes it', async () => {
      const answer = await fetch(`${server.url}/ice?service=turn`, { headers: { authorization: `Bearer ${apiKey}` } })
      expect(answer.status).toBe(200)
      const page = await browser.open()
      const { outcome }: { outcome?: unknown } = await page.evaluate(`bothEnds(${await answer.text()})`)
      const path = { local: 'relay', remote: 'relay' }
      expect(outcome).toMatchObject({ heard: ['hello back', 'hello'], paths: [path, path] })
      await page.close()
    }, 30_000)
  })

  test('nothing without the key, or with another', async () => {
    for (const path of ['/ice?service=turn', '/turn/credentials?service=turn']) {
      for (const key of ['', '&key=another&api=another']) {
        const answer = await fetch(`${server.url}${path}${key}`)
        expect(answer.status).toBeGreaterThanOrEqual(400)
        expect(await answer.text()).not.toContain('password')
      }
    }
  })
})
