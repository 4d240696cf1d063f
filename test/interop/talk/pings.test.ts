/** Pings over real sockets: at once and again and again, and the end of those who answer nothing. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createRoutes } from '../../../src/io/http-routes.ts'
import { listenHttp } from '../../../src/io/listen.ts'
import { createSockets } from '../../../src/io/sockets.ts'
import { talkPaths } from '../../../src/io/talk-routes.ts'
import { opcodes } from '../../io/raw/frames.ts'
import { metricsOf } from '../../io/raw/metrics.ts'
import { openRaw, rawMember } from '../../io/raw/socket.ts'
import { stageBackends } from '../../support/conversation/socket-stage.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import type { RunningServer } from '../../support/running-server.ts'
import type { StubTalk } from '../../support/stub-talk.ts'
import { startStubTalk } from '../../support/stub-talk.ts'

const suite = 'pings'

describe.skipIf(oursMissing(suite) || notRunnable(suite, debian.openssl))(suite, () => {
  const parts = new AsyncDisposableStack()
  let talk: StubTalk
  let server: RunningServer
  beforeAll(async () => {
    talk = parts.use(await startStubTalk())
    server = parts.use(await startOurs({ backends: stageBackends(talk) }))
  }, 30_000)
  afterAll(() => parts.disposeAsync(), 30_000)

  test('[R57] a connection is pinged at once, and the pong tells the round trip', async () => {
    await using raw = await rawMember(server.address, talk.url(), 'pinged', 'den')
    await raw.frame(({ opcode }) => opcode === opcodes.ping)
    const values = await metricsOf(server.url)
    expect(values.get('signaling_client_rtt_count')).toBe(1)
    expect(values.get('signaling_client_rtt_sum')).toBeLessThan(5_000)
  })

  test('pongs that nobody asked for are no round trip', async () => {
    await using raw = await openRaw(server.address, { mute: true })
    const count = async () => (await metricsOf(server.url)).get('signaling_client_rtt_count') ?? 0
    const before = await count()
    for (const payload of ['1', '-1', 'NaN', '', '1e400', '99999999999999', 'x']) {
      raw.sendFrame(payload, { opcode: opcodes.pong })
    }
    raw.say({ id: 'after', type: 'message' })
    await raw.message(({ id }) => id === 'after')
    expect(await count()).toBe(before)
  })
})

/** With a pulse of a few milliseconds instead of 25 and 60 seconds. */
test('[R57] pings go on; who answers them stays, whoever says something stays, who is silent is dropped', async () => {
  using parts = new DisposableStack()
  const closed: number[] = []
  const listener = {
    opened() {},
    text() {},
    binary() {},
    closed: (id: number) => void closed.push(id),
    overflowed() {},
  }
  const pulse = { pingEvery: 20, silenceLimit: 500, sweepEvery: 5 }
  const sockets = parts.use(createSockets({ bytes: 1_000, messages: 10 }, listener, () => {}, { pulse }))
  const gate = { isStopping: () => false, maxConnectionsPerAddress: 0, refusedUpgrade: () => {} }
  const fetch = createRoutes({
    version: 'x',
    headers: new Headers(),
    frontEnds: [talkPaths({ gate, sockets, headers: new Headers() })],
    config: () => ({ app: { debug: false, trustedProxies: [] }, stats: { allowedIps: [] }, turn: { servers: [] } }),
    roomApi: undefined,
    stats: () => ({}),
    serverInfo: () => ({}),
    metrics: async () => new Response(),
    isStopping: () => false,
  })
  const listening = listenHttp(
    { kind: 'tcp', host: '127.0.0.1', port: 0 },
    { fetch, longestMessage: 1_000, readTimeout: 5_000, note: () => {} },
  )
  parts.defer(() => listening.stop())
  const address = `127.0.0.1:${listening.port}`

  await using answers = await openRaw(address)
  await using talks = await openRaw(address, { mute: true })
  await using silent = await openRaw(address, { mute: true })
  const talking = setInterval(() => talks.sendFrame('still here'), 20)
  parts.defer(() => clearInterval(talking))
  // Dropped, not closed: nobody is there who could read a close frame.
  expect(await silent.closed()).toEqual({ code: undefined, reason: '' })
  const pings = () => answers.frames.filter(({ opcode }) => opcode === opcodes.ping).length
  const soFar = pings()
  await answers.frame(() => pings() > soFar + 10)
  expect(soFar).toBeGreaterThan(2)
  expect([answers.isClosed, talks.isClosed, sockets.size]).toEqual([false, false, 2])
  expect(closed).toEqual([3])
})
