/** The whole server with an SFU that is not there: it serves, says so, refuses media, and takes over other limits. */
import { afterEach, expect, test } from 'bun:test'
import type { Config } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load.ts'
import { reloaded } from '../../src/config/reload.ts'
import { startReport } from '../../src/observe/report.ts'
import { startSignalingServer } from '../../src/signaling-server.ts'
import { sdp } from '../protocols/talk/media/stage.ts'
import { stageBackends } from '../support/conversation/socket-stage.ts'
import { debian, notRunnable } from '../support/deb.ts'
import { freePort } from '../support/free-port.ts'
import { at, parseJson, textAt } from '../support/json.ts'
import { serverConf } from '../support/server-conf.ts'
import { startStubTalk } from '../support/stub-talk.ts'
import { helloAs, openTalkClient } from '../support/talk-client.ts'

let parts = new AsyncDisposableStack()
afterEach(async () => {
  await parts.disposeAsync()
  parts = new AsyncDisposableStack()
})

function configOf(text: string): Config {
  const { config, faults } = loadConfig({ file: 'x', text, environment: {}, readFile: () => '' })
  if (!config) throw new Error(JSON.stringify(faults))
  return config
}

const needsOpenssl = notRunnable('the whole server with an SFU', debian.openssl)

test.skipIf(needsOpenssl)('[R59] [R76] a server whose Janus is away serves, says so, and refuses media', async () => {
  const talk = parts.use(await startStubTalk())
  const [address, janus] = [`127.0.0.1:${await freePort()}`, `ws://127.0.0.1:${await freePort()}`]
  const conf = (bitrate: number): Config =>
    configOf(
      serverConf({
        listen: address,
        backends: stageBackends(talk),
        more: `[mcu]\ntype = janus\nurl = ${janus}\ntimeout = 1\nmaxstreambitrate = ${bitrate}\n`,
      }),
    )
  const report = parts.use(startReport({ format: 'json', level: 'info', write: () => {}, now: Date.now }))
  const server = await startSignalingServer(conf(500_000), report)
  parts.defer(() => server.stop())

  const info = await fetch(`http://${address}/api/v1/serverinfo`)
  expect(info.headers.get('x-spreed-signaling-features')).toContain('mcu')
  const told = parseJson(await info.text())
  expect(at(told, 'features')).toContain('update-sdp')
  expect(at(told, 'sfu')).toMatchObject({ mode: 'janus', janus: { url: janus, connected: false } })
  const stats = parseJson(await (await fetch(`http://${address}/api/v1/stats`)).text())
  expect(at(stats, 'mcu')).toMatchObject({ url: janus, connected: false })

  await using client = await openTalkClient(`ws://${address}/spreed`)
  const hello = await helloAs(client, talk.url(), 'anna')
  expect(at(hello, 'hello', 'server', 'features')).toContain('mcu')
  const bandwidth = async (room: string): Promise<unknown> => {
    client.send({ id: room, type: 'room', room: { roomid: room } })
    return at(await client.until((heard) => textAt(heard, 'id') === room), 'room', 'bandwidth', 'maxstreambitrate')
  }
  expect(await bandwidth('den')).toBe(500_000)
  server.reload(reloaded(conf(500_000), conf(300_000)).config)
  expect(await bandwidth('attic')).toBe(300_000)

  const recipient = { type: 'session', sessionid: textAt(hello, 'hello', 'sessionid') ?? '' }
  const data = { type: 'offer', roomType: 'video', payload: { sdp: sdp('audio') } }
  client.send({ id: 'offer', type: 'message', message: { recipient, data } })
  const refused = await client.until((heard) => textAt(heard, 'id') === 'offer')
  expect(textAt(refused, 'error', 'code')).toBe('client_not_found')
})
