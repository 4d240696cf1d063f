/** deploy/janus as it stands, and the settings of docs/janus.md, on a machine of their own: a call, its relay, its reports. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { root } from '../../../tools/files.ts'
import { type Child, startChild } from '../../support/child.ts'
import { debian, notRunnable } from '../../support/deb.ts'
import { janusPrograms } from '../../support/janus.ts'
import { at, isObject, type Json, parseJson } from '../../support/json.ts'
import { type Namespace, namespaces, namespacesMissing } from '../../support/netns.ts'
import { ourLauncher, oursMissing } from '../../support/ours.ts'
import { serverConf } from '../../support/server-conf.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const suite = 'sfu: deploy/janus as it stands'
const cannotRun = oursMissing(suite) || notRunnable(suite, debian.curl, ...janusPrograms) || namespacesMissing(suite)

/** The settings that docs/janus.md shows for server.conf. */
const page = await Bun.file(`${root}/docs/janus.md`).text()
const documented = [...page.matchAll(/^```ini\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block)
const settings = documented.find((block) => block.includes('[mcu]')) ?? ''

/** What it says that `/api/v1/stats` prints. */
const [, printed = ''] = /\/api\/v1\/stats\n( +\{\n[\s\S]*?\n {4}\})\n/.exec(page) ?? []

const address = '192.0.2.1'
const turnServer = `[turn-server]
listen = ${address}:3478
relayaddress = ${address}
realm = example.org
secret = secret-of-the-tests
allowedpeers = 192.0.2.0/24
`

describe.skipIf(cannotRun)(suite, () => {
  const parts = new AsyncDisposableStack()
  let machine: Namespace
  let janus: Child
  let server: Child

  beforeAll(async () => {
    const all = parts.use(namespaces())
    machine = all.add('machine')
    all.join(machine, `${address}/24`, all.add('world'), '192.0.2.2/24')
    const folder = parts.use(tempFolder())
    const conf = {
      listen: '127.0.0.1:8080',
      backends: [{ id: 'one', url: 'http://127.0.0.1:1/', secret: 'x'.repeat(32) }],
    }
    const file = folder.file('server.conf')
    writeFileSync(file, serverConf({ ...conf, more: settings + turnServer }))
    server = parts.use(startChild([...machine.inside, ourLauncher, 'serve', '--config', file]))
    await server.said(/"fact":"listening"/, 15_000)
    const command = [debian.janus.path, '--disable-colors', '--configs-folder', `${root}/deploy/janus`]
    janus = parts.use(
      startChild([...machine.inside, ...command, '--config', `${root}/deploy/janus/janus.jcfg`], { cwd: folder.path }),
    )
    await janus.said(/WebSockets transport plugin initialized/, 20_000)
  }, 60_000)
  afterAll(() => parts.disposeAsync(), 20_000)

  const curl = async (path: string): Promise<string> => {
    const command = [...machine.inside, debian.curl.path, '--silent', `http://127.0.0.1:8080${path}`]
    return new Response(Bun.spawn(command, { stdout: 'pipe' }).stdout).text()
  }
  const until = async (path: string, isSo: (text: string) => boolean): Promise<string> => {
    let text = await curl(path)
    for (let turn = 0; turn < 400 && !isSo(text); turn++) {
      await Bun.sleep(50)
      text = await curl(path)
    }
    return text
  }
  test('Janus has nothing to complain about and loads no more than it needs', () => {
    const said = janus.output()
    expect(said.match(/^\[(?:ERR|FATAL)\].*$/gm) ?? []).toEqual([])
    expect([...said.matchAll(/JANUS (.*) plugin initialized/g)].map(([, name]) => name).sort()).toEqual([
      'VideoRoom',
      'WebSockets transport',
      'WebSocketsEventHandler',
    ])
  })

  test('Heliograph is connected to it, and Janus reports to Heliograph', async () => {
    const stats = parseJson(await until('/api/v1/stats', (text) => text.includes('"connected": true')))
    const shape = (value: Json): Json =>
      isObject(value) ? Object.keys(value).map((key) => [key, shape(value[key] ?? 0)]) : 0
    expect(shape(stats)).toEqual(shape(parseJson(printed)))
    expect(at(stats, 'mcu')).toMatchObject({ url: 'ws://127.0.0.1:8188', connected: true, publishers: 0, clients: 0 })
    const metrics = await until('/metrics', (text) => text.includes('signaling_mcu_bandwidth{'))
    expect(metrics).toContain('signaling_mcu_bandwidth{direction="incoming"} 0')
  }, 20_000)

  test('a call: media arrives, Janus has a relay at our TURN server, and the metrics tell of it', async () => {
    const script = `${import.meta.dir}/deploy-call.ts`
    const child = Bun.spawn([...machine.inside, process.execPath, script], { stdin: 'pipe', stdout: 'pipe' })
    const metrics = await until('/metrics', (text) =>
      /media_bytes_total\{media="video",direction="outgoing"/.test(text),
    )
    await child.stdin.end()
    const [outcome] = await Promise.all([new Response(child.stdout).text(), child.exited])
    expect(parseJson(outcome)).toEqual({
      relayed: expect.stringMatching(/ 192\.0\.2\.1 \d+ typ relay /),
      sdpHasCandidates: false,
    })
    for (const media of ['audio', 'video']) {
      expect(metrics).toMatch(
        new RegExp(`signaling_mcu_media_bytes_total\\{media="${media}",direction="incoming"\\} [1-9]`),
      )
    }
    expect(metrics).toContain('signaling_mcu_peerconnection_state_total{state="webrtcup",reason=""} 2')
  }, 40_000)
})
