/** Starts that fail, starts without a file, and what a log never holds. */
import { afterAll, expect, test } from 'bun:test'
import { existsSync, writeFileSync } from 'node:fs'
import { startChild } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { ourLauncher } from '../support/ours.ts'
import { runServer } from '../support/running-server.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { heliograph, shortConf } from './run.ts'

const parts = new AsyncDisposableStack()
const folder = parts.use(tempFolder())
afterAll(() => parts.disposeAsync())

function conf(name: string, text: string): string {
  writeFileSync(folder.file(name), text)
  return folder.file(name)
}
const serve = (file: string) => startChild([ourLauncher, 'serve', '--config', file])

test('a port that is taken: exit code 1, the port, and what to do', async () => {
  using other = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const { code, stderr } = await heliograph(
    'serve',
    '--config',
    conf('taken.conf', shortConf(`127.0.0.1:${other.port}`)),
  )
  expect(code).toBe(1)
  expect(stderr).toMatch(/^heliograph cannot start: [^\n]*another program listens there[^\n]*\n$/)
  expect(stderr).toContain(String(other.port))
})

test('of several addresses one is taken: none is kept', async () => {
  using other = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const free = await freePort()
  const file = conf('half.conf', shortConf(`127.0.0.1:${free} 127.0.0.1:${other.port}`))
  const { code, stderr } = await heliograph('serve', '--config', file)
  expect(code).toBe(1)
  expect(stderr).toContain('heliograph cannot start: ')
})

test('a file that cannot be read, or used: exit code 1 and why', async () => {
  for (const path of [folder.file('nowhere.conf'), folder.path]) {
    const { code, stderr } = await heliograph('serve', '--config', path)
    expect(code).toBe(1)
    expect(stderr).toMatch(/^heliograph cannot start: .* cannot be read: .*\n$/)
  }
  const bad = conf('bad.conf', shortConf('nonsense'))
  const { code, stderr } = await heliograph('serve', '--config', bad)
  expect(code).toBe(1)
  expect(stderr).toMatch(
    new RegExp(`^${bad}:2: \\[http\\] listen: "nonsense" .*allowed: .*\\nheliograph cannot start: .*\\n$`),
  )
})

test('wrong usage: exit code 2 and what is wrong', async () => {
  for (const [args, says] of [
    [['--nonsense'], 'nonsense'],
    [['--config'], 'config'],
    [['extra'], 'extra'],
    [['--log-format', 'xml'], 'json, text'],
    [['--log-level', 'loud'], 'trace, debug, info, warn, error'],
  ] as const) {
    const { code, stderr } = await heliograph('serve', ...args)
    expect(code).toBe(2)
    expect(stderr).toStartWith('heliograph serve: ')
    expect(stderr).toContain(says)
  }
})

test('a unix socket: served, kept from a second server, and taken over from one that was killed', async () => {
  const path = folder.file('heliograph.sock')
  const file = conf('unix.conf', shortConf(path))
  const welcome = () =>
    fetch('http://heliograph/api/v1/welcome', { unix: path }).then(
      ({ status }) => status,
      () => 0,
    )
  const first = serve(file)
  await first.said(/"fact":"listening"/, 10_000)
  expect(await welcome()).toBe(200)
  expect((await heliograph('serve', '--config', file)).code).toBe(1)
  expect(await welcome()).toBe(200)
  first.kill('SIGKILL')
  await first.exited
  expect(existsSync(path)).toBe(true)

  await using second = serve(file)
  await second.said(/"fact":"listening"/, 10_000)
  expect(await welcome()).toBe(200)
})

test('what is in the place of a unix socket and is none is left alone', async () => {
  const path = conf('precious.txt', 'precious')
  const { code } = await heliograph('serve', '--config', conf('over.conf', shortConf(path)))
  expect(code).toBe(1)
  expect(await Bun.file(path).text()).toBe('precious')
})

test('without a file: development mode shows its secrets once and what to open, and logs none of them', async () => {
  await using child = startChild([ourLauncher, 'serve'])
  await child.said(/In Nextcloud's Talk settings[\s\S]*server\.conf\n|another program listens/, 10_000)
  const output = child.output()
  if (output.includes('another program listens'))
    return console.log('NOT RUN: development mode: its port is taken here')
  expect(output).toContain('http://127.0.0.1:8080/api/v1/welcome')
  const secrets = [...output.matchAll(/secret ([0-9a-f]{32})/g)].map((match) => match[1] ?? '')
  expect(new Set(secrets).size).toBe(3)
  for (const secret of secrets) expect(output.split(secret)).toHaveLength(2)
  for (const line of output.split('\n').filter((text) => text.startsWith('{'))) {
    for (const secret of secrets) expect(line).not.toContain(secret)
  }
})

test('--log-format text and --log-level are obeyed', async () => {
  const file = conf('text.conf', shortConf('127.0.0.1:0'))
  await using child = startChild([ourLauncher, 'serve', '--config', file, '--log-format', 'text'])
  await child.said(/^\d{4}-[^ ]+Z info {2}listening address=http:\/\/127\.0\.0\.1:0/m, 10_000)
  const quietly = (path: string) => [ourLauncher, 'serve', '--config', path, '--log-level', 'error']
  await using quiet = await runServer(quietly, { backends: [], allowAll: 'the-secret-of-all' })
  quiet.child.kill('SIGHUP')
  await fetch(quiet.url)
  expect(quiet.child.output()).toBe('')
})
