/** `heliograph proxy` as an operator types it: what keeps it from starting, its listeners, and what its log never holds. */
import { afterAll, expect, test } from 'bun:test'
import { X509Certificate } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { connect } from 'node:tls'
import { startChild } from '../support/child.ts'
import { debian, notRunnable } from '../support/deb.ts'
import { freePort } from '../support/free-port.ts'
import { helloWith, openProxyClient, startMediaProxy, tokenOf } from '../support/media-proxy.ts'
import { ourLauncher } from '../support/ours.ts'
import { rsaPair } from '../support/rsa-keys.ts'
import { selfSigned } from '../support/self-signed.ts'
import { openTalkClient } from '../support/talk-client.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { heliograph } from './run.ts'

const folder = tempFolder()
afterAll(() => folder[Symbol.dispose]())
writeFileSync(folder.file('one.pem'), rsaPair('one').publicKey)

function conf(name: string, text: string): string {
  writeFileSync(folder.file(name), text)
  return folder.file(name)
}
const short = (listen: string, tokens = 'one = one.pem'): string =>
  `[http]\nlisten = ${listen}\n[tokens]\n${tokens}\n[mcu]\nurl = ws://127.0.0.1:9\n`

test('without a file, and with words that nobody knows: exit code 2', async () => {
  for (const args of [[], ['--nonsense'], ['--config']]) {
    const { code, stderr } = await heliograph('proxy', ...args)
    expect(code).toBe(2)
    expect(stderr).toStartWith('heliograph proxy: ')
  }
})

test('without a key it does not start, and says what to do', async () => {
  const file = conf('open.conf', short('127.0.0.1:0', ''))
  const { code, stderr } = await heliograph('proxy', '--config', file)
  expect(code).toBe(1)
  expect(stderr).toMatch(/\[tokens\]: there is no key in it.*openssl rsa/)
  expect(stderr).toEndWith(`heliograph cannot start: ${file} is not usable, see above\n`)
})

test('check-config --proxy: the same faults, without starting', async () => {
  const good = conf('good.conf', short('127.0.0.1:0'))
  expect(await heliograph('check-config', '--proxy', good)).toMatchObject({ code: 0, stdout: `${good}: no faults\n` })
  const bad = conf('bad.conf', short('nonsense', 'one = nowhere.pem'))
  const { code, stdout } = await heliograph('check-config', '--proxy', bad)
  expect(code).toBe(1)
  expect(stdout.split('\n').map((line) => line.split(': ', 2).join(': '))).toEqual([
    `${bad}:2: [http] listen`,
    `${bad}:4: [tokens] one`,
    `${bad}: not usable`,
    '',
  ])
  expect((await heliograph('check-config', '--proxy')).code).toBe(2)
})

test('a port that is taken: exit code 1, and what to do', async () => {
  using other = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const file = conf('taken.conf', short(`127.0.0.1:${other.port}`))
  const { code, stderr } = await heliograph('proxy', '--config', file)
  expect(code).toBe(1)
  expect(stderr).toContain('another program listens there')
})

test('welcome, headers, paths that are not there, and the guarded ones for whom they are', async () => {
  await using proxy = await startMediaProxy({
    janus: 'ws://127.0.0.1:9',
    isAlone: true,
    lines: { app: ['debug = true'], stats: ['allowed_ips = 192.0.2.1'] },
  })
  const get = (path: string, headers = {}) => fetch(`${proxy.url}${path}`, { headers })
  const welcome = await get('/welcome')
  expect(await welcome.json()).toMatchObject({ 'nextcloud-spreed-signaling-proxy': 'Welcome' })
  expect(welcome.headers.get('server')).toStartWith('nextcloud-spreed-signaling-proxy/')
  expect(welcome.headers.get('x-spreed-signaling-features')).toBe('remote-streams')
  for (const path of ['/stats', '/metrics', '/debug/pprof/']) {
    expect((await get(path)).status).toBe(403)
    // The connection comes from a trusted proxy, which may say for whom it asks.
    expect((await get(path, { 'x-real-ip': '192.0.2.1' })).status).toBe(200)
  }
  expect(await Promise.all(['/', '/spreed', '/api/v1/welcome'].map(async (path) => (await get(path)).status))).toEqual([
    404, 404, 404,
  ])
  expect((await fetch(`${proxy.url}/welcome`, { method: 'POST' })).status).toBe(405)
  expect((await get('/proxy')).status).toBe(400)
})

test('with TLS of its own; a renewed certificate is taken over', async () => {
  if (notRunnable('the media proxy with TLS', debian.openssl)) return
  const replace = (name: string): void => {
    const { cert, key } = selfSigned(name)
    for (const [file, text] of [
      ['cert.pem', cert],
      ['key.pem', key],
    ] as const) {
      writeFileSync(folder.file(`new-${file}`), text)
      renameSync(folder.file(`new-${file}`), folder.file(file))
    }
  }
  replace('first.example.org')
  const port = await freePort()
  const tls = `[https]\nlisten = 127.0.0.1:${port}\ncertificate = cert.pem\nkey = key.pem\n`
  const file = conf('tls.conf', short('127.0.0.1:0') + tls)
  await using child = startChild([ourLauncher, 'proxy', '--config', file])
  await child.said(/"fact":"listening".*http:/, 10_000)
  const client = await openProxyClient(`wss://127.0.0.1:${port}/proxy`)
  replace('second.example.org')
  await child.said(/("fact":"certificate-loaded"[\s\S]*){2}/, 10_000)
  expect(await shownName(port)).toContain('second.example.org')
  expect((await client.command({ type: 'nonsense' }))['type']).toBe('error')
  await client[Symbol.asyncDispose]()
})

function shownName(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      const { raw } = socket.getPeerCertificate()
      socket.destroy()
      resolve(new X509Certificate(raw).subject)
    })
    socket.once('error', reject)
  })
}

test('a reload with faults changes nothing, and says which', async () => {
  await using proxy = await startMediaProxy({ janus: 'ws://127.0.0.1:9', isAlone: true })
  proxy.configure({ janus: 'http://nonsense' })
  proxy.child.kill('SIGHUP')
  await proxy.child.said(/"fact":"config-fault".*\[mcu\] url/, 10_000)
  await using client = await openProxyClient(proxy.socketUrl)
  expect(client.sessionId).not.toBe('')
})

test('SIGUSR1 with nobody there: it ends at once; SIGTERM: exit code 0', async () => {
  for (const signal of ['SIGUSR1', 'SIGTERM'] as const) {
    await using proxy = await startMediaProxy({ janus: 'ws://127.0.0.1:9', isAlone: true })
    proxy.child.kill(signal)
    expect(await proxy.child.exited).toBe(0)
  }
})

test('the log holds no token and nothing that resumes a session', async () => {
  await using proxy = await startMediaProxy({ janus: 'ws://127.0.0.1:9', isAlone: true })
  const token = tokenOf('one')
  const client = await openProxyClient(proxy.socketUrl, { token })
  await client[Symbol.asyncDispose]()
  const again = await openProxyClient(proxy.socketUrl, { resumeid: client.sessionId })
  await using stranger = await openTalkClient(proxy.socketUrl)
  const bad = tokenOf('one', { key: 'two' })
  stranger.send(helloWith({ token: bad }))
  await stranger.until(({ type }) => type === 'error')
  again.socket.send({ type: 'bye' })
  await again.socket.closed()
  proxy.child.kill('SIGTERM')
  await proxy.child.exited
  const log = proxy.child.output()
  expect(log).toContain('"fact":"proxy-session-ended"')
  for (const secret of [token, bad, client.sessionId]) expect(log).not.toContain(secret)
})
