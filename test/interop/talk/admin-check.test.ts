/** Talk's admin page and a signaling server: what it asks for, in which order, and what it shows in the end. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { stageBackends } from '../../support/conversation/socket-stage.ts'
import { debian, nextRelease, notRunnable } from '../../support/deb.ts'
import { freePort } from '../../support/free-port.ts'
import { startNewerOriginal, startOriginal } from '../../support/original.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import type { RunningServer } from '../../support/running-server.ts'
import type { StubTalk } from '../../support/stub-talk.ts'
import { startStubTalk } from '../../support/stub-talk.ts'
import { askWelcome, demanded, testWebSocket, wished } from '../../support/talk-admin-check.ts'

const suite = "Talk's admin check of our server"

describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.openssl))(suite, () => {
  const parts = new AsyncDisposableStack()
  let talk: StubTalk
  let server: RunningServer
  beforeAll(async () => {
    talk = parts.use(await startStubTalk())
    server = parts.use(await startOurs({ backends: stageBackends(talk) }))
  }, 30_000)
  afterAll(() => parts.disposeAsync(), 30_000)

  test('[R1] Nextcloud finds nothing missing, and will send only what changed', async () => {
    expect(await askWelcome(server.url)).toEqual({
      shows: 'OK',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      usesChangedUsers: true,
    })
  })

  test('however the address was typed', async () => {
    const { address } = server
    for (const setting of [`HTTP://${address}/`, `ws://${address}`, `WS://${address}//`]) {
      expect([setting, (await askWelcome(setting)).shows]).toEqual([setting, 'OK'])
    }
  })

  test('[R2] the browser connects, says hello with a token, and says bye', async () => {
    const api = `${talk.url()}ocs/v2.php/apps/spreed/api/v3/signaling/backend`
    const token = await talk.token({ sub: 'admin', userdata: { displayname: 'Admin' } })
    const tested = await testWebSocket(server.url, api, { '1.0': {}, '2.0': { token } })
    expect(tested).toMatchObject({ url: server.socketUrl, helloVersion: '2.0', wasClean: true })
    for (const name of [...demanded, ...wished, 'virtual-sessions']) expect(tested.features).toContain(name)
  })

  test('a token of another Nextcloud is what it shows as a failed connection', async () => {
    const api = `${talk.url()}ocs/v2.php/apps/spreed/api/v3/signaling/backend`
    await expect(testWebSocket(server.url, api, { '1.0': {}, '2.0': { token: 'e30.e30.e30' } })).rejects.toThrow(
      'refused',
    )
  })
})

const older = "Talk's admin check of the originals"

describe.skipIf(notRunnable(older, debian.signalingServer, nextRelease.signalingServer, debian.nats, debian.openssl))(
  older,
  () => {
    test('they are too old, or not quite new', async () => {
      await using talk = await startStubTalk()
      await using first = await startOriginal({ backends: stageBackends(talk) })
      expect(await askWelcome(first.url)).toEqual({
        shows: 'UPDATE_REQUIRED',
        version: expect.any(String),
      })
      await using second = await startNewerOriginal({ backends: stageBackends(talk) })
      expect(await askWelcome(second.url)).toEqual({
        shows: 'UPDATE_OPTIONAL',
        version: expect.stringMatching(/^2\.0\.2/),
        missing: ['chat-relay', 'changed-users'],
      })
    }, 30_000)
  },
)

describe('the check itself sees what Talk sees', () => {
  const good = [...demanded, ...wished].join(', ')

  test.each([
    ['no JSON', '<html>', {}, 'JSON_INVALID'],
    ['no object', '"hello"', {}, 'JSON_INVALID'],
    ['no version', '{}', {}, 'UPDATE_REQUIRED'],
    ['no features', '{"version":"1"}', {}, 'UPDATE_REQUIRED'],
    ['no federation', '{"version":"1"}', { features: good.replace('federation, ', '') }, 'UPDATE_REQUIRED'],
    ['one of the wished for', '{"version":"1"}', { features: good.replace(', chat-relay', '') }, 'UPDATE_OPTIONAL'],
    ['a clock behind', '{"version":"1"}', { features: good, skew: -60_000 }, 'TIME_OUT_OF_SYNC'],
    ['a clock ahead', '{"version":"1"}', { features: good, skew: 60_000 }, 'TIME_OUT_OF_SYNC'],
    ['a clock that is a little off', '{"version":"1"}', { features: good, skew: 30_000 }, 'OK'],
    ['an error', '{"version":"1"}', { features: good, status: 502 }, 'status'],
  ] as const)('%s', async (_, body, how: { features?: string; skew?: number; status?: number }, shows) => {
    const headers = {
      Date: new Date(Date.now() + (how.skew ?? 0)).toUTCString(),
      ...(how.features === undefined ? {} : { 'X-Spreed-Signaling-Features': how.features }),
    }
    await using stub = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: () => new Response(body, { status: how.status ?? 200, headers }),
    })
    expect((await askWelcome(`http://127.0.0.1:${stub.port}`)).shows).toBe(shows)
  })

  test('nothing that listens', async () => {
    expect(await askWelcome(`http://127.0.0.1:${await freePort()}`)).toEqual({ shows: 'CAN_NOT_CONNECT' })
  })
})
