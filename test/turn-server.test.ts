/** The TURN server as part of the whole server in this process. */
import { afterEach, expect, test } from 'bun:test'
import type { Config } from '../src/config/config.ts'
import { loadConfig } from '../src/config/load.ts'
import { startReport } from '../src/observe/report.ts'
import { type Embedding, type SignalingServer, startSignalingServer } from '../src/signaling-server.ts'
import { readMetrics } from './io/raw/metrics.ts'
import { openTcp } from './io/raw/socket.ts'
import { freePort } from './support/free-port.ts'
import { serverConf } from './support/server-conf.ts'
import { type Credential, place, startTurnClient, type TurnClient, udpTransport } from './support/turn-client.ts'

let parts = new AsyncDisposableStack()
afterEach(async () => {
  await parts.disposeAsync()
  parts = new AsyncDisposableStack()
})

const host = '127.0.0.1'
const bob: Credential = { username: 'bob', password: 'password-of-bob' }

function configOf(listen: string, lines: readonly string[]): Config {
  const section = ['[turn-server]', `listen = ${host}:0`, 'allowedpeers = 127.0.0.0/8', 'workers = 2', ...lines]
  const text = serverConf({ listen, backends: [], more: section.join('\n') })
  const { config, faults } = loadConfig({ file: 'x', text, environment: {}, readFile: () => '' })
  if (!config) throw new Error(JSON.stringify(faults))
  return config
}

interface Running {
  readonly server: SignalingServer
  readonly httpPort: number
  readonly config: (...lines: readonly string[]) => Config
  client(credential?: Credential): Promise<TurnClient>
  log(): string
}

async function start(lines: readonly string[], embedding: Embedding = {}): Promise<Running> {
  let text = ''
  const write = (more: string): void => {
    text += more
  }
  const report = parts.use(startReport({ format: 'json', level: 'trace', write, now: Date.now }))
  const httpPort = await freePort()
  const config = (...some: readonly string[]): Config => configOf(`${host}:${httpPort}`, some)
  const server = await startSignalingServer(config(...lines), report, embedding)
  parts.defer(() => server.stop())
  return {
    server,
    httpPort,
    config,
    async client(credential = bob) {
      const port = server.turnListening.find(({ transport }) => transport === 'udp')?.port ?? 0
      return parts.use(await startTurnClient('udp', { host, port }, credential))
    },
    log() {
      report.flush()
      return text
    },
  }
}

/** The error code, or ok. */
async function outcome(answer: ReturnType<TurnClient['ask']>): Promise<string | number> {
  const message = await answer
  return typeof message === 'string' ? message : (message.get('errorCode')?.code ?? 'ok')
}
const allocated = (client: TurnClient) =>
  outcome(client.ask('allocate', (writer) => writer.put('requestedTransport', udpTransport)))
const deleted = (client: TurnClient) => outcome(client.ask('refresh', (writer) => writer.put('lifetime', 0)))
const bound = (client: TurnClient, channel: number, port: number) =>
  outcome(
    client.ask('channelBind', (writer) =>
      writer.put('channelNumber', channel).put('xorPeerAddress', place(host, port)),
    ),
  )

const metrics = async (port: number) => readMetrics(await (await fetch(`http://${host}:${port}/metrics`)).text())

test('serves TURN, measures it, and tells no password', async () => {
  const { client, httpPort, server, log } = await start([`users = bob:${bob.password}`])
  expect(await allocated(await client())).toBe('ok')
  const values = await metrics(httpPort)
  expect(values.get('heliograph_turn_allocations{transport="udp"}')).toBe(1)
  expect(values.get('heliograph_turn_relay_ports{family="4"}')).toBe(1)
  await server.stop()
  expect(log()).toContain('turn-listening')
  expect(log()).toContain('turn-ended')
  expect(log()).not.toContain(bob.password)
})

test('no socket of this program is anybody’s peer, whatever is allowed and whichever port it has', async () => {
  const { client, httpPort, server } = await start([`users = bob:${bob.password}`])
  const one = await client()
  await allocated(one)
  const places = [httpPort, ...server.turnListening.map(({ port }) => port)]
  expect(places.length).toBe(3)
  // What the ports are reaches the workers when all doors are open, which is a moment after this server says so.
  for (const port of places) {
    let channel = 0x4000
    while ((await bound(one, channel, port)) !== 403) if (++channel > 0x4020) throw new Error(`${port} is reached`)
  }
  expect(await bound(one, 0x4fff, await freePort())).toBe('ok')
})

test('a reload brings other users and limits to those who come, and leaves who is here', async () => {
  const { client, server, config } = await start([`users = bob:${bob.password}`])
  const [here, eve] = [await client(), await client({ username: 'eve', password: 'other' })]
  expect([await allocated(here), await allocated(eve)]).toEqual(['ok', 401])
  server.reload(config('users = eve:other', 'userquota = 1'))
  while ((await allocated(eve)) !== 'ok') await Bun.sleep(1)
  expect(await allocated(await client({ username: 'eve', password: 'other' }))).toBe(486)
  expect(await outcome(here.ask('refresh'))).toBe('ok')
  expect(await allocated(await client())).toBe(401)
})

test("coturn's names for the numbers come and go with a reload", async () => {
  const { client, server, config, httpPort } = await start([`users = bob:${bob.password}`])
  await allocated(await client())
  const ofCoturn = async () => (await metrics(httpPort)).get('turn_total_allocations{type="UDP"}')
  expect(await ofCoturn()).toBe(undefined)
  server.reload(config(`users = bob:${bob.password}`, 'coturnmetrics = true'))
  expect(await ofCoturn()).toBe(1)
})

test('a drain waits for the last allocation', async () => {
  const { client, server, httpPort } = await start([`users = bob:${bob.password}`])
  const one = await client()
  await allocated(one)
  let isDrained = false
  const drained = server.drain().then(() => {
    isDrained = true
  })
  await expect(openTcp(`${host}:${httpPort}`)).rejects.toThrow()
  const other = await client()
  while ((await allocated(other)) !== 508) await deleted(other)
  expect(isDrained).toBe(false)
  expect(await deleted(one)).toBe('ok')
  await drained
})

test('authurl is asked about names, another one after a reload', async () => {
  const asked: string[] = []
  const application = (password: string) => {
    const server = Bun.serve({
      hostname: host,
      port: 0,
      async fetch(request) {
        asked.push(`${password} ${await request.text()}`)
        return Response.json({ password })
      },
    })
    parts.defer(() => server.stop(true))
    return `authurl = http://${host}:${server.port}/`
  }
  const { client, server, config } = await start([application('first')])
  expect(await allocated(await client({ username: 'carol', password: 'first' }))).toBe('ok')
  server.reload(config(application('second')))
  for (let number = 0; ; number++) {
    const answer = await allocated(await client({ username: `dave ${number}`, password: 'second' }))
    if (answer === 'ok') break
    expect(answer).toBe(401)
  }
  expect(asked[0]).toBe('first {"username":"carol"}')
})

test('a program that has us in it may answer instead', async () => {
  const turnHook = (username: string) =>
    username === 'carol' ? Promise.resolve({ known: true, password: 'hers' } as const) : Promise.reject(new Error('x'))
  const { client } = await start([`users = bob:${bob.password}`], { turnHook })
  expect(await allocated(await client({ username: 'carol', password: 'hers' }))).toBe('ok')
  expect(await allocated(await client({ username: 'dave', password: 'hers' }))).toBe(500)
})

test('an address of TURN that is taken: a failure that names it, and no listener is left', async () => {
  const taken = await Bun.udpSocket({ hostname: host, port: 0 })
  parts.defer(() => taken.close())
  const httpPort = await freePort()
  const text = [`[turn-server]\nlisten = ${host}:${taken.port}\nusers = bob:password`]
  const { config } = loadConfig({
    file: 'x',
    text: serverConf({ listen: `${host}:${httpPort}`, backends: [], more: text.join('\n') }),
    environment: {},
    readFile: () => '',
  })
  if (!config) throw new Error('the configuration is good')
  const report = parts.use(startReport({ format: 'json', level: 'trace', write: () => {}, now: Date.now }))
  await expect(startSignalingServer(config, report)).rejects.toThrow(`udp port ${taken.port}`)
  await expect(openTcp(`${host}:${httpPort}`)).rejects.toThrow()
})
