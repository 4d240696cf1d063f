/** The whole server with media proxies behind it, which are fakes on real sockets: what it tells of them, reload, DNS, TLS. */
import { afterEach, expect, test } from 'bun:test'
import { loadConfig } from '../../src/config/load.ts'
import { readMetrics } from '../io/raw/metrics.ts'
import { debian, notRunnable } from '../support/deb.ts'
import { type FakeProxyServer, startFakeProxy } from '../support/fake-proxy-server.ts'
import { at, type Json, parseJson } from '../support/json.ts'
import { rsaPair } from '../support/rsa-keys.ts'
import { selfSigned } from '../support/self-signed.ts'
import { type ServerInProcess, startInProcess } from '../support/server-in-process.ts'

let parts = new AsyncDisposableStack()
afterEach(async () => {
  await parts.disposeAsync()
  parts = new AsyncDisposableStack()
})

const key = rsaPair('one').privateKey
const conf = (urls: readonly string[], more = ''): string =>
  `[backend]\n[mcu]\ntype = proxy\ntoken_id = one\ntoken_key = x\nurl = ${urls.join(' ')}\n${more}`

const start = async (urls: readonly string[], more?: string): Promise<ServerInProcess> =>
  parts.use(await startInProcess(conf(urls, more), key))

async function proxiesOf(server: ServerInProcess): Promise<readonly Json[]> {
  const info = parseJson(await (await fetch(`${server.url}/api/v1/serverinfo`)).text())
  const list = at(info, 'sfu', 'proxies')
  return Array.isArray(list) ? list : []
}

/** Until so many are connected. */
async function connected(server: ServerInProcess, count: number): Promise<readonly Json[]> {
  for (let turn = 0; turn < 500; turn++) {
    const up = (await proxiesOf(server)).filter((one) => at(one, 'connected') === true)
    if (up.length === count) return up
    await Bun.sleep(10)
  }
  throw new Error(`not ${count} in time: ${JSON.stringify(await proxiesOf(server))}\n${server.log()}`)
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !condition(); turn++) await Bun.sleep(10)
  expect(condition()).toBe(true)
}

test('what there is of proxies is in /serverinfo, /stats and /metrics', async () => {
  const proxies = [startFakeProxy({ country: 'DE' }), startFakeProxy()] as const
  for (const proxy of proxies) parts.use(proxy)
  const server = await start(proxies.map(({ url }) => url))
  const [one, two] = proxies
  await connected(server, 2)
  one.proxy.push({
    type: 'event',
    event: { type: 'update-load', load: 7, bandwidth: { incoming: 50, received: 8_000, sent: 16_000 } },
  })
  let values: ReadonlyMap<string, number> = new Map()
  const load = `signaling_mcu_backend_load{url="${one.url}"}`
  for (let turn = 0; turn < 500 && values.get(load) !== 7; turn++) {
    values = readMetrics(await (await fetch(`${server.url}/metrics`)).text())
  }
  for (const [sample, value] of [
    ['signaling_mcu_backend_connections{country="DE"}', 1],
    [load, 7],
    [`signaling_mcu_backend_usage{url="${one.url}",direction="incoming"}`, 50],
    [`signaling_mcu_backend_bandwidth{url="${one.url}",direction="incoming"}`, 1_000],
    [`signaling_mcu_backend_bandwidth{url="${one.url}",direction="outgoing"}`, 2_000],
    [`signaling_mcu_backend_load{url="${two.url}"}`, 0],
  ] as const) {
    expect([sample, values.get(sample)]).toEqual([sample, value])
  }
  const stats = parseJson(await (await fetch(`${server.url}/api/v1/stats`)).text())
  expect(at(stats, 'mcu')).toMatchObject({ publishers: 0, clients: 0 })
  expect(at(stats, 'mcu', 'details')).toHaveLength(2)
})

test('a reload brings proxies and takes them away', async () => {
  const [one, two] = [parts.use(startFakeProxy()), parts.use(startFakeProxy())]
  const server = await start([one.url])
  await connected(server, 1)
  const reload = (urls: readonly string[]): void => {
    const text = `[http]\nlisten = ${server.address}\n[sessions]\nhashkey = 12345678\n${conf(urls)}`
    const { config } = loadConfig({ file: 'x', text, environment: {}, readFile: () => key })
    if (!config) throw new Error('unusable')
    server.server.reload(config)
  }
  reload([one.url, two.url])
  await connected(server, 2)
  reload([two.url])
  await until(() => one.connections() === 0)
  expect(one.proxy.heard.at(-1)).toMatchObject({ type: 'bye' })
  expect(await proxiesOf(server)).toHaveLength(1)
})

test('the end of the server is a bye to each proxy', async () => {
  const all: readonly FakeProxyServer[] = [parts.use(startFakeProxy()), parts.use(startFakeProxy())]
  const server = await start(all.map(({ url }) => url))
  await connected(server, 2)
  await server.stop()
  await until(() => all.every(({ connections }) => connections() === 0))
  for (const { proxy } of all) expect(proxy.heard.at(-1)).toMatchObject({ type: 'bye' })
})

test('with DNS discovery the addresses of a name are connected to', async () => {
  const proxy = parts.use(startFakeProxy({ host: 'localhost' }))
  const server = await start([proxy.url], 'dnsdiscovery = true')
  expect(await connected(server, 1)).toMatchObject([{ url: proxy.url, ip: '127.0.0.1' }])
})

const needsOpenssl = notRunnable('media proxies with TLS', debian.openssl)

test.skipIf(needsOpenssl)('a certificate of nobody is refused, unless the operator says otherwise', async () => {
  const proxy = parts.use(startFakeProxy({ tls: selfSigned() }))
  const careful = await start([proxy.url])
  await until(() => careful.log().includes('"fact":"sfu-disconnected"'))
  expect(careful.log()).toMatch(/"fact":"sfu-disconnected".*certificate/)
  const trusting = await start([proxy.url], 'skipverify = true')
  await connected(trusting, 1)
  expect(await proxiesOf(careful)).toMatchObject([{ connected: false }])
})

test('a token that a proxy refuses is in the log, the token is not', async () => {
  const proxy = parts.use(startFakeProxy())
  const server = parts.use(await startInProcess(conf([proxy.url]), rsaPair('two').privateKey))
  await until(() => server.log().includes('"fact":"proxy-refused-us"'))
  expect(server.log()).toContain('"code":"auth_failed"')
  const [hello] = proxy.proxy.heard
  const token = hello?.type === 'hello' ? hello.hello.token : undefined
  expect(token).toMatch(/^ey/)
  expect(server.log()).not.toContain(token ?? 'ey')
})
