/** The signals of a server that relays: what they mean to those who have an allocation. */
import { afterEach, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { freePort } from '../support/free-port.ts'
import { startOurs } from '../support/ours.ts'
import { type RunningServer, runServer } from '../support/running-server.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { type Credential, startTurnClient, type TurnClient, udpTransport } from '../support/turn-client.ts'
import { heliograph, shortConf } from './run.ts'

let parts = new AsyncDisposableStack()
afterEach(async () => {
  await parts.disposeAsync()
  parts = new AsyncDisposableStack()
})

const host = '127.0.0.1'
const bob: Credential = { username: 'bob', password: 'password-of-bob' }

async function relaying(): Promise<{ server: RunningServer; client: (as?: Credential) => Promise<TurnClient> }> {
  const port = await freePort()
  const more = `[turn-server]\nlisten = ${host}:${port}\nusers = bob:${bob.password}\nworkers = 2\n`
  const server = parts.use(await startOurs({ backends: [], more }))
  const client = async (as = bob) => parts.use(await startTurnClient('udp', { host, port }, as))
  return { server, client }
}

/** The error code, or ok. */
async function allocated(client: TurnClient): Promise<string | number> {
  const answer = await client.ask('allocate', (writer) => writer.put('requestedTransport', udpTransport))
  return typeof answer === 'string' ? answer : (answer.get('errorCode')?.code ?? 'ok')
}

async function refreshed(client: TurnClient, lifetime: number): Promise<number | undefined> {
  const answer = await client.ask('refresh', (writer) => writer.put('lifetime', lifetime))
  return typeof answer === 'string' ? undefined : answer.get('lifetime')
}

test('SIGHUP brings other users, and leaves the allocations', async () => {
  const { server, client } = await relaying()
  const [here, eve] = [await client(), await client({ username: 'eve', password: 'other' })]
  expect([await allocated(here), await allocated(eve)]).toEqual(['ok', 401])
  writeFileSync(server.configFile, readFileSync(server.configFile, 'utf8').replace(/users = .*/, 'users = eve:other'))
  server.child.kill('SIGHUP')
  await server.child.said(/"taken":\[[^\]]*turn-server/, 5_000)
  while ((await allocated(eve)) !== 'ok') await Bun.sleep(5)
  expect(await refreshed(here, 600)).toBe(600)
})

test('SIGUSR1 makes nothing new, and the program ends with the last allocation', async () => {
  const { server, client } = await relaying()
  const [here, other] = [await client(), await client()]
  expect(await allocated(here)).toBe('ok')
  server.child.kill('SIGUSR1')
  await server.child.said(/"signal":"SIGUSR1"/, 5_000)
  while ((await allocated(other)) !== 508) await refreshed(other, 0)
  expect(await refreshed(here, 600)).toBe(600)
  expect(await refreshed(here, 0)).toBe(0)
  expect(await server.child.exited).toBe(0)
})

test('SIGTERM ends allocations, tells each, and the program', async () => {
  const { server, client } = await relaying()
  for (const one of [await client(), await client()]) expect(await allocated(one)).toBe('ok')
  server.child.kill('SIGTERM')
  expect(await server.child.exited).toBe(0)
  const ended = server.child.output().match(/"fact":"turn-ended"[^\n]*"why":"stopped"/g)
  expect(ended).toHaveLength(2)
  expect(server.child.output()).not.toContain(bob.password)
})

test('a thread that is lost ends the program with exit code 1, because it serves only some clients any more', async () => {
  const more = `[turn-server]\nlisten = ${host}:${await freePort()}\nusers = bob:password\nworkers = 2\n`
  const preload = resolve(import.meta.dir, 'terminating-workers.ts')
  const main = resolve(import.meta.dir, '../../src/main.ts')
  const command = (file: string) => [process.execPath, '--preload', preload, main, 'serve', '--config', file]
  await using server = await runServer(command, { backends: [], more })
  server.child.kill('SIGUSR2')
  expect(await server.child.exited).toBe(1)
  expect(server.child.output().match(/"fact":"machine-broke"/g)).toHaveLength(1)
})

test('an address of TURN that another program has: exit code 1, which one, and what to do', async () => {
  using folder = tempFolder()
  const taken = await Bun.udpSocket({ hostname: host, port: 0 })
  parts.defer(() => taken.close())
  const file = folder.file('server.conf')
  const section = `[turn-server]\nlisten = ${host}:${taken.port}\nusers = bob:password\n`
  writeFileSync(file, `${shortConf(`${host}:${await freePort()}`)}\n${section}`)
  const { code, stderr } = await heliograph('serve', '--config', file)
  expect(code).toBe(1)
  expect(stderr).toContain(`heliograph cannot start: udp port ${taken.port} of ${host} cannot be had: another program`)
  expect(stderr).toContain('[turn-server] listen')
})
