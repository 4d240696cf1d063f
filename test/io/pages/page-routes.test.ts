import { expect, test } from 'bun:test'
import { pagePaths } from '../../../src/io/pages/page-routes.ts'
import type { Methods } from '../../../src/io/router.ts'

const paths = pagePaths(() => new Response('a token'))
const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() })
await server.stop(true)

async function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const methods: Methods | undefined = paths(path)
  const answer = await methods?.GET?.(new Request(`http://x${path}`, { headers }), '192.0.2.1', server as never)
  return answer ?? new Response('', { status: 404 })
}

test.each([
  ['/demo', 'text/html; charset=utf-8'],
  ['/demo.html', 'text/html; charset=utf-8'],
  ['/demo/page.js', 'text/javascript; charset=utf-8'],
  ['/demo/style.css', 'text/css; charset=utf-8'],
  ['/demo/icon.svg', 'image/svg+xml'],
])('%s is %s', async (path, type) => {
  const answer = await get(path)
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type])
  expect((await answer.text()).length).toBeGreaterThan(100)
})

test.each(['/', '/demonstration', '/demo/main.ts', '/demo/../x', '/demo/constructor', '/demo/page.js/x', '/demo2'])(
  '%s is not ours',
  (path) => {
    expect(paths(path)).toBeUndefined()
  },
)

test('with a slash behind it one is sent to the page, wherever that is', async () => {
  const answer = await get('/demo/')
  expect([answer.status, answer.headers.get('location')]).toEqual([308, '../demo'])
})

test('nothing from elsewhere and nothing inline may run, and nobody may frame the page', async () => {
  const { headers } = await get('/demo')
  const policy = headers.get('content-security-policy')?.split('; ') ?? []
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self'")
  expect(policy).toContain("style-src 'self'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy.join()).not.toMatch(/unsafe|http|\*/)
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('referrer-policy')).toBe('no-referrer')
})

test('the page keeps to its policy: no script, style or handler within, no address of another origin', async () => {
  const html = await (await get('/demo')).text()
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style| style=| on[a-z]+=|(?:src|href)="(?:https?:)?\/\//i)
})

test('what has not changed is not sent again, and what can be zipped is', async () => {
  const tag = (await get('/demo/style.css')).headers.get('etag') ?? ''
  expect(tag).toMatch(/^"[0-9a-f]{32}"$/)
  expect((await get('/demo/style.css', { 'if-none-match': tag })).status).toBe(304)
  const zipped = await get('/demo/style.css', { 'accept-encoding': 'br, gzip' })
  expect(zipped.headers.get('content-encoding')).toBe('gzip')
  const text = new TextDecoder().decode(Bun.gunzipSync(new Uint8Array(await zipped.arrayBuffer())))
  expect(text).toBe(await (await get('/demo/style.css')).text())
})

test('tokens are asked for with POST', async () => {
  expect(Object.keys(paths('/demo/token') ?? {})).toEqual(['POST'])
})
