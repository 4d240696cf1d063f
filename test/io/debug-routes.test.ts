/** The debug pages on a real port: who sees them, and what they show. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createRoutes, type LiveConfig } from '../../src/io/http-routes.ts'
import { type Listening, listenHttp } from '../../src/io/listen.ts'
import { type IpRanges, parseIpRange } from '../../src/lib/ip-range.ts'
import { at, parseJson } from '../support/json.ts'

const ranges = (...texts: readonly string[]): IpRanges => texts.map(parseIpRange).filter((range) => range !== undefined)

describe('debug pages', () => {
  const parts = new DisposableStack()
  let config: LiveConfig
  let listening: Listening
  const get = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${listening.port}${path}`, init)

  beforeAll(() => {
    const fetch = createRoutes({
      version: '1.2.3',
      headers: new Headers(),
      frontEnds: [],
      config: () => config,
      roomApi: undefined,
      stats: () => ({}),
      serverInfo: () => ({}),
      metrics: async () => new Response(),
      isStopping: () => false,
    })
    const place = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const
    listening = listenHttp(place, { fetch, longestMessage: 1_000, readTimeout: 5_000, note: () => {} })
    parts.defer(() => listening.stop())
  })
  afterAll(() => parts.dispose())

  function guard(debug: boolean, allowed: string): void {
    config = { app: { debug, trustedProxies: [] }, stats: { allowedIps: ranges(allowed) }, turn: { servers: [] } }
  }
  const pages = ['/debug/pprof', '/debug/pprof/', '/debug/pprof/memory', '/debug/pprof/heap', '/debug/pprof/heap?gc=1']

  test.each(pages)('%s: 404 without debug, 403 for strangers, else 200', async (path) => {
    guard(false, '127.0.0.1')
    expect((await get(path)).status).toBe(404)
    expect((await get(path, { method: 'POST', body: 'x' })).status).toBe(404)
    guard(true, '192.0.2.1')
    expect((await get(path)).status).toBe(403)
    guard(true, '127.0.0.1')
    expect((await get(path)).status).toBe(200)
    expect((await get(path, { method: 'HEAD' })).status).toBe(200)
    expect((await get(path, { method: 'POST', body: 'x' })).status).toBe(405)
  })

  test('the first page names the others', async () => {
    guard(true, '127.0.0.1')
    const text = await (await get('/debug/pprof/')).text()
    for (const [name] of text.matchAll(/^(?:memory|heap\S*)/gm)) {
      expect((await get(`/debug/pprof/${name}`)).status).toBe(200)
    }
    expect(text).toContain('heap?gc=1')
  })

  test('memory and heap are numbers in JSON', async () => {
    guard(true, '127.0.0.1')
    const memory = parseJson(await (await get('/debug/pprof/memory')).text())
    for (const path of [['rss'], ['heapUsed'], ['uptime'], ['cpu', 'user']]) {
      expect(at(memory, ...path)).toBeGreaterThan(0)
    }
    const answer = await get('/debug/pprof/heap')
    expect(answer.headers.get('Content-Type')).toBe('application/json; charset=utf-8')
    const heap = parseJson(await answer.text())
    expect(at(heap, 'objectCount')).toBeGreaterThan(0)
    expect(at(heap, 'objectTypeCounts', 'Object')).toBeGreaterThan(0)
  })

  test('no other page, whatever its name', async () => {
    guard(true, '127.0.0.1')
    for (const path of ['/debug', '/debug/pprof/profile', '/debug/pprof/constructor', '/debug/pprof//heap']) {
      expect((await get(path)).status).toBe(404)
    }
  })
})
