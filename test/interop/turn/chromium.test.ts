/** A browser that may use nothing but the relay: data both ways and moving pictures, over every transport. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type BrowserUnderTest, startChromium } from '../../support/chromium.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { oursMissing } from '../../support/ours.ts'
import { selfSigned } from '../../support/self-signed.ts'
import { restCredential, serverUnderTest, startTurn, type TurnUnderTest } from '../../support/turn-under-test.ts'

const suite = 'TURN with Chromium'

describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.chromium, debian.openssl, ...serverUnderTest))(
  suite,
  () => {
    const parts = new AsyncDisposableStack()
    let server: TurnUnderTest
    let browser: BrowserUnderTest

    beforeAll(async () => {
      const tls = selfSigned()
      server = parts.use(await startTurn({ tls }))
      browser = parts.use(await startChromium(Bun.file(new URL('call.html', import.meta.url)), [tls.cert]))
    }, 40_000)
    afterAll(() => parts.disposeAsync(), 20_000)

    const urls = {
      udp: () => `turn:127.0.0.1:${server.port}?transport=udp`,
      tcp: () => `turn:127.0.0.1:${server.port}?transport=tcp`,
      tls: () => `turns:127.0.0.1:${server.tlsPort}?transport=tcp`,
    } as const

    const configuration = (url: string, secret = server.secret) => {
      const { username, password } = restCredential(secret)
      return JSON.stringify({ iceServers: [{ urls: url, username, credential: password }] })
    }

    for (const transport of ['udp', 'tcp', 'tls'] as const) {
      test(`two ends in one page over ${transport}`, async () => {
        const page = await browser.open()
        const path = { local: 'relay', remote: 'relay', relayProtocol: transport, url: urls[transport]() }
        const said: unknown = await page.evaluate(`bothEnds(${configuration(path.url)})`)
        expect(said).toEqual({
          outcome: { heard: ['hello back', 'hello'], frames: expect.any(Number), paths: [path, path] },
          failed: [],
        })
        await page.close()
      }, 30_000)
    }

    test('two ends in one page over udp, where ours moves datagrams the portable way', async () => {
      await using portable = await startTurn({ path: 'portable' })
      const page = await browser.open()
      const url = `turn:127.0.0.1:${portable.port}?transport=udp`
      const path = { local: 'relay', remote: 'relay', relayProtocol: 'udp', url }
      const said: unknown = await page.evaluate(`bothEnds(${configuration(url)})`)
      expect(said).toMatchObject({ outcome: { heard: ['hello back', 'hello'], paths: [path, path] }, failed: [] })
      await page.close()
    }, 30_000)

    test('two pages, one over udp, one over tls', async () => {
      const [caller, callee] = await Promise.all([browser.open(), browser.open()])
      await caller.evaluate(`globalThis.end = new End(${configuration(urls.udp())}), undefined`)
      await callee.evaluate(`globalThis.end = new End(${configuration(urls.tls())}), undefined`)
      const offer: unknown = await caller.evaluate('end.offer()')
      const answer: unknown = await callee.evaluate(`end.answer(${JSON.stringify(offer)})`)
      await caller.evaluate(`end.accept(${JSON.stringify(answer)})`)
      await Promise.all([caller.evaluate(`end.say('hello')`), callee.evaluate(`end.say('hello back')`)])
      expect(await Promise.all([caller.evaluate('end.heard()'), callee.evaluate('end.heard()')])).toEqual([
        'hello back',
        'hello',
      ])
      expect(await callee.evaluate('end.frames(10)')).toBeGreaterThanOrEqual(10)
      expect(await callee.evaluate('end.path()')).toMatchObject({
        local: 'relay',
        remote: 'relay',
        relayProtocol: 'tls',
      })
      await Promise.all([caller.close(), callee.close()])
    }, 30_000)

    test('a wrong credential gives no candidate, and the browser is told 401', async () => {
      const page = await browser.open()
      await page.evaluate(`globalThis.end = new End(${configuration(urls.udp(), 'another secret')}), undefined`)
      const offer: unknown = await page.evaluate('end.offer()')
      expect(JSON.stringify(offer)).not.toContain('candidate:')
      const failed: unknown = await page.evaluate('end.failed()')
      expect(failed).toEqual(expect.arrayContaining([expect.stringMatching(/^401 /)]))
      await page.close()
    }, 30_000)
  },
)
