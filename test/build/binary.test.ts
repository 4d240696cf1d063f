/** The single executable is built and does what the launcher of a checkout does. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { canUseBatch } from '../../src/io/turn/batch/libc.ts'
import { buildBinary } from '../../tools/build.ts'
import { connect, enter, meet, met, secret } from '../support/admission-server.ts'
import { startChild } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { parseJson, textAt } from '../support/json.ts'
import { oursMissing } from '../support/ours.ts'
import { runServer } from '../support/running-server.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { startTurnClient } from '../support/turn-client.ts'

const paths = canUseBatch().ok ? (['batch', 'portable'] as const) : (['portable'] as const)

describe.skipIf(oursMissing('the single executable'))('the single executable', () => {
  const folder = tempFolder()
  const binary = folder.file('heliograph')

  beforeAll(() => buildBinary(binary), 120_000)
  afterAll(() => folder[Symbol.dispose]())

  test('says its version', async () => {
    // From a folder of its own: nothing of the checkout may be needed.
    await using child = startChild([binary, 'version'], { cwd: folder.path })
    expect(await child.exited).toBe(0)
    expect(child.output()).toMatch(/\d+\.\d+\.\d+/)
  })

  test('serves, and stops when it is told to', async () => {
    const backends = [{ id: 'one', url: 'http://127.0.0.1:9/', secret: 'secret-of-cloud-one' }]
    await using server = await runServer((file) => [binary, 'serve', '--config', file], { backends })
    const answer = await fetch(`${server.url}/api/v1/welcome`)
    expect(textAt(parseJson(await answer.text()), 'nextcloud-spreed-signaling')).toBe('Welcome')
    server.child.kill('SIGTERM')
    expect(await server.child.exited).toBe(0)
  })

  test('speaks Socket.IO, and holds the client for browsers', async () => {
    const more = `[admission]\nappsecret = ${secret}\n`
    await using server = await runServer((file) => [binary, 'serve', '--config', file], { backends: [], more })
    for (const transport of ['websocket', 'polling'] as const) {
      await using first = await enter(connect(server.url, { transports: [transport] }))
      await using second = await enter(connect(server.url, { transports: [transport] }))
      expect(await meet(first, second, transport)).toEqual(met(first, second, transport))
    }
    const client = await fetch(`${server.url}/socket.io/socket.io.js`)
    expect(client.status).toBe(200)
    expect(await client.text()).toContain('Socket.IO v4.')
    server.child.kill('SIGTERM')
    expect(await server.child.exited).toBe(0)
  })

  test('holds the call page', async () => {
    const more = '[admission]\nappsecret = s\napppassword = p\n[demo]\npassword = password-of-the-page\n'
    const settings = { backends: [], more }
    await using server = await runServer((file) => [binary, 'serve', '--config', file], settings)
    const page = await fetch(`${server.url}/demo`)
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    const script = await fetch(`${server.url}/demo/page.js`)
    expect([script.status, (await script.text()).length > 50_000]).toEqual([200, true])
  })

  test.each(paths)('relays by the %s path, its threads being within', async (path) => {
    const port = await freePort()
    const lines = [
      '[turn-server]',
      `listen = 127.0.0.1:${port}`,
      'users = bob:password',
      `path = ${path}`,
      'workers = 2',
    ]
    const settings = { backends: [], more: lines.join('\n') }
    await using server = await runServer((file) => [binary, 'serve', '--config', file], settings)
    for (const transport of ['udp', 'tcp'] as const) {
      using client = await startTurnClient(
        transport,
        { host: '127.0.0.1', port },
        { username: 'bob', password: 'password' },
      )
      const answer = await client.ask('binding', () => {}, { as: 'none' })
      expect(typeof answer === 'string' ? answer : answer.get('xorMappedAddress')?.port).toBe(client.line.localPort)
      expect((await client.allocate()).port).toBeGreaterThan(0)
    }
    server.child.kill('SIGTERM')
    expect(await server.child.exited).toBe(0)
  })
})
