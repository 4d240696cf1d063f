/** The admission front end over HTTP, as an operator's scripts and pages of other origins see it. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { password, startAdmissionServer, token } from '../../support/admission-server.ts'
import type { ServerInProcess } from '../../support/server-in-process.ts'

let server: ServerInProcess
beforeAll(async () => {
  server = await startAdmissionServer(`apppassword = ${password}`)
})
afterAll(() => server[Symbol.asyncDispose]())

const post = (
  body: string | URLSearchParams | ReadableStream,
  headers: Record<string, string> = {},
  url = server.url,
): Promise<Response> => fetch(`${url}/app`, { method: 'POST', body, headers })
const json = { 'content-type': 'application/json' }
const unauthorized = { status: 401, error: 'Unauthorized', response: false }

describe('POST /app', () => {
  test('[J12] gives a token, by a form and by JSON', async () => {
    for (const answer of [
      await post(new URLSearchParams({ app: 'app', password })),
      await post(JSON.stringify({ app: 'app', password }), json),
    ]) {
      expect(answer.status).toBe(200)
      expect(await answer.json()).toEqual({ status: 200, error: null, response: { token } })
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      expect(answer.headers.get('content-type')).toStartWith('application/json')
    }
  })

  test('[J14] refuses more than 100 kB, with a length and without', async () => {
    const long = JSON.stringify({ app: 'x'.repeat(102_400), password })
    const chunks = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from(long))
        controller.close()
      },
    })
    for (const body of [long, chunks]) {
      const answer = await post(body, json)
      expect([answer.status, await answer.json()]).toEqual([
        413,
        { status: 413, error: 'request entity too large', response: false },
      ])
    }
  })

  test('[J14] says what is wrong with text that is no JSON', async () => {
    const answer = await post('{', json)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ status: 400, response: false })
  })

  test('[J17] answers the preflight of a browser', async () => {
    const answer = await fetch(`${server.url}/app`, {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-headers': 'content-type' },
    })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-methods')).toBe('GET,HEAD,PUT,PATCH,POST,DELETE')
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  })

  test('[J13] has ever less patience with wrong passwords, and no secret is in the log', async () => {
    await using own = await startAdmissionServer(`apppassword = ${password}`)
    // Each by itself would be held back: 100 ms, then 200 ms.
    const answers = await Promise.all(
      Array.from({ length: 2 }, () => post(new URLSearchParams({ app: 'app', password: 'wrong' }), {}, own.url)),
    )
    for (const answer of answers) expect([answer.status, await answer.json()]).toEqual([401, unauthorized])
    await post(new URLSearchParams({ app: 'app', password }), {}, own.url)
    const log = own.log()
    expect(log).toContain('attempt-delayed')
    for (const hidden of [password, token, 'wrong']) expect(log).not.toContain(hidden)
  })

  test('[J15] without a password of ours gives nothing', async () => {
    await using own = await startAdmissionServer()
    for (const body of [{ app: 'app' }, { app: 'app', password: '' }]) {
      const answer = await post(JSON.stringify(body), json, own.url)
      expect([answer.status, await answer.json()]).toEqual([401, unauthorized])
    }
  })
})

describe('other paths', () => {
  test('[J16] / says that there is nothing to see', async () => {
    const answer = await fetch(server.url)
    expect([answer.status, await answer.json()]).toEqual([401, unauthorized])
  })

  test('[J16] / is another front end’s if it has it', async () => {
    const presence = '[presence]\nproviders = one\n[presence-one]\nissuer = http://127.0.0.1:9\naudience = x'
    await using own = await startAdmissionServer(presence)
    expect((await (await fetch(own.url)).text()).includes('"error":"Unauthorized"')).toBe(false)
  })

  test.each(['socket.io.js', 'socket.io.min.js', 'socket.io.esm.min.js'])('[J18] %s is the client', async (name) => {
    const answer = await fetch(`${server.url}/socket.io/${name}`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/javascript; charset=utf-8'])
    expect(await answer.text()).toContain('Socket.IO v4.')
    const etag = answer.headers.get('etag') ?? ''
    expect(etag).not.toBe('')
    const again = await fetch(`${server.url}/socket.io/${name}`, { headers: { 'if-none-match': etag } })
    expect(again.status).toBe(304)
  })

  test.each(['/socket.io/other.js', '/socket.io/toString', '/app/', '/demo.js'])('%s is not there', async (path) => {
    expect((await fetch(server.url + path)).status).toBe(404)
  })
})

describe('polling', () => {
  const handshake = (query: string, init: RequestInit = {}, url = server.url): Promise<Response> =>
    fetch(`${url}/socket.io/?${query}`, init)

  test('[J2] refuses clients of Socket.IO 2 as the original does', async () => {
    const answer = await handshake('EIO=3&transport=polling')
    expect([answer.status, await answer.json()]).toEqual([400, { code: 5, message: 'Unsupported protocol version' }])
    const upgrade = await handshake('EIO=3&transport=websocket', { headers: { upgrade: 'websocket' } })
    expect(upgrade.status).toBe(400)
  })

  test('[J3] tells its times and limits', async () => {
    const text = await (await handshake('EIO=4&transport=polling')).text()
    expect(JSON.parse(text.slice(1))).toMatchObject({
      pingInterval: 25_000,
      pingTimeout: 20_000,
      maxPayload: 1_000_000,
    })
  })

  test.each(['EIO=4', 'EIO=4&transport=carrier', 'EIO=4&transport=polling&sid=nobody', ''])(
    '[J4] refuses what is no handshake: %p',
    async (query) => expect((await handshake(query)).status).toBe(400),
  )

  test('[J3] refuses a request that is too long', async () => {
    const text = await (await handshake('EIO=4&transport=polling')).text()
    const { sid } = JSON.parse(text.slice(1))
    const body = `4${'x'.repeat(1_000_000)}`
    expect((await handshake(`EIO=4&transport=polling&sid=${sid}`, { method: 'POST', body })).status).toBe(413)
  })

  test('[J17] is for our own origin, or for those in the settings', async () => {
    const origin = 'https://a.example'
    const allowed = async (url: string, path: string, from: string): Promise<string | null> =>
      (await fetch(url + path, { headers: { origin: from } })).headers.get('access-control-allow-origin')
    const path = '/socket.io/?EIO=4&transport=polling'
    expect(await allowed(server.url, path, origin)).toBeNull()
    await using own = await startAdmissionServer(`origins = ${origin}`)
    expect(await allowed(own.url, path, origin)).toBe(origin)
    expect(await allowed(own.url, path, 'https://b.example')).not.toBe('https://b.example')
    const asks = (from: string): Promise<Response> => post('', { origin: from }, own.url)
    expect((await asks(origin)).headers.get('access-control-allow-origin')).toBe(origin)
    expect((await asks('https://b.example')).headers.get('access-control-allow-origin')).toBeNull()
    const preflight = await handshake('EIO=4&transport=polling', { method: 'OPTIONS', headers: { origin } }, own.url)
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, origin])
  })
})
