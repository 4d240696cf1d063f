/** The HTTP client against real sockets, well-behaved and not. */
import { afterEach, expect, test } from 'bun:test'
import type { Socket } from 'bun'
import { createHttpClient, type HttpClientOptions } from '../../src/io/http-client.ts'
import { selfSigned } from '../support/self-signed.ts'

const clean: (() => void)[] = []
afterEach(() => {
  for (const end of clean.splice(0).reverse()) end()
})

function client(changes: Partial<HttpClientOptions> = {}) {
  const made = createHttpClient({
    connectionsPerHost: 8,
    waitingPerHost: 100,
    longestBody: 10_000,
    skipVerify: false,
    keepIdle: 30_000,
    ...changes,
  })
  clean.push(() => made[Symbol.dispose]())
  const send = async (url: string, body?: string, limit = 5_000) => {
    const result = await made.send({
      method: body === undefined ? 'GET' : 'POST',
      url,
      headers: { Accept: 'x' },
      limit,
      ...(body === undefined ? {} : { body }),
    })
    return result.ok ? `${result.value.status} ${result.value.body}` : result.error.fault
  }
  return { send, connections: () => made.connections().map(({ connections }) => connections) }
}

/** A server whose connections are handled by hand: told of each piece that comes. */
function raw(told: (socket: Socket<{ count: number }>, text: string, connection: number) => void) {
  let connections = 0
  const listener = Bun.listen<{ count: number }>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open(socket) {
        socket.data = { count: ++connections }
      },
      data: (socket, bytes) => told(socket, bytes.toString(), socket.data.count),
    },
  })
  clean.push(() => listener.stop(true))
  return { url: `http://127.0.0.1:${listener.port}/`, connections: () => connections }
}

const answer = (body: string, more = ''): string =>
  `HTTP/1.1 200 OK\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`

function web(
  fetch: (request: Request) => Response | Promise<Response>,
  tls?: { readonly key: string; readonly cert: string },
) {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch, ...(tls ? { tls } : {}) })
  clean.push(() => void server.stop(true))
  return server
}

test('method, path, headers and body arrive; one connection carries many requests', async () => {
  const seen: string[] = []
  const server = raw((socket, text) => {
    seen.push(text)
    socket.write(answer(`${seen.length}`))
  })
  const { send } = client()
  expect(await send(`${server.url}a/b?c=d`)).toBe('200 1')
  expect(await send(`${server.url}e`, '{"x":"ü"}')).toBe('200 2')
  expect(seen[0]).toStartWith('GET /a/b?c=d HTTP/1.1\r\nHost: 127.0.0.1:')
  expect(seen[1]).toContain('\r\nAccept: x\r\nContent-Length: 10\r\n\r\n{"x":"ü"}')
  expect(server.connections()).toBe(1)
})

test('a header with a line break is not sent', () => {
  const made = createHttpClient({
    connectionsPerHost: 1,
    waitingPerHost: 1,
    longestBody: 1,
    skipVerify: false,
    keepIdle: 1,
  })
  clean.push(() => made[Symbol.dispose]())
  const request = { method: 'GET', url: 'http://127.0.0.1:1/', headers: { A: 'b\r\nC: d' }, limit: 10 } as const
  expect(() => made.send(request)).toThrow('unusable value')
})

test('a large body goes out and comes back whole', async () => {
  const server = web(async (request) => new Response(await request.text()))
  const body = 'ü'.repeat(2_000_000)
  const { send } = client({ longestBody: 5_000_000 })
  expect(await send(server.url.href, body)).toBe(`200 ${body}`)
})

test('answers in pieces, and two answers glued together', async () => {
  const server = raw((socket, text) => {
    if (text.includes('/glued')) socket.write(answer('one') + answer('two'))
    else {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Enc')
      setImmediate(() => {
        socket.write('oding: chunked\r\n\r\n2\r\nab')
        setImmediate(() => socket.write('\r\n0\r\n\r\n'))
      })
    }
  })
  const { send } = client()
  expect(await send(`${server.url}split`)).toBe('200 ab')
  expect(await send(`${server.url}glued`)).toBe('200 one')
  // The second answer was nobody's: it must not become the answer to the next request.
  expect(await send(`${server.url}split`)).toBe('200 ab')
  expect(server.connections()).toBe(2)
})

test('an answer that ends with its connection', async () => {
  const server = raw((socket) => void socket.end('HTTP/1.0 200 OK\r\n\r\nuntil the end'))
  const { connections, send } = client()
  expect(await send(server.url)).toBe('200 until the end')
  expect(await send(server.url)).toBe('200 until the end')
  expect(connections()).toEqual([])
})

test('a connection that the server closed meanwhile is replaced without anybody noticing', async () => {
  const server = raw((socket, text, connection) => {
    if (connection === 1 && text.includes('/second')) socket.terminate()
    else socket.write(answer(`by ${connection}`))
  })
  const { send } = client()
  expect(await send(`${server.url}first`)).toBe('200 by 1')
  expect(await send(`${server.url}second`)).toBe('200 by 2')
  expect(server.connections()).toBe(2)
})

test('but not when it has begun to answer, and not twice', async () => {
  const half = raw((socket, text) => {
    if (text.includes('/first')) socket.write(answer('ok'))
    else socket.end('HTTP/1.1 200 OK\r\nContent-')
  })
  const one = client()
  expect(await one.send(`${half.url}first`)).toBe('200 ok')
  expect(await one.send(`${half.url}second`)).toBe('closed early')
  expect(half.connections()).toBe(1)

  const never = raw((socket, text) => void (text.includes('/first') ? socket.write(answer('ok')) : socket.terminate()))
  const two = client()
  expect(await two.send(`${never.url}first`)).toBe('200 ok')
  expect(await two.send(`${never.url}second`)).toBe('closed early')
  expect(never.connections()).toBe(2)
})

test('a first connection that is closed is not tried again', async () => {
  const server = raw((socket) => void socket.terminate())
  expect(await client().send(server.url, 'x')).toBe('closed early')
  expect(server.connections()).toBe(1)
})

test('nobody there', async () => {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const url = `http://127.0.0.1:${listener.port}/`
  listener.stop(true)
  const { connections, send } = client()
  expect(await send(url)).toBe('connection')
  expect(await send('http://nowhere.invalid/')).toBe('connection')
  expect(connections()).toEqual([])
})

test('a name that stands for several addresses', async () => {
  const server = web(() => new Response('here'))
  expect(await client().send(`http://localhost:${server.port}/`)).toBe('200 here')
})

test('no answer in time; the connection is not used again', async () => {
  let hang = true
  const server = raw((socket) => {
    if (!hang) socket.write(answer('late'))
  })
  const { connections, send } = client()
  expect(await send(server.url, undefined, 30)).toBe('timeout')
  hang = false
  expect(await send(server.url)).toBe('200 late')
  expect(server.connections()).toBe(2)
  expect(connections()).toEqual([1])
})

test('a server that never ends its answer', async () => {
  const server = raw((socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbeginning'))
  expect(await client().send(server.url, undefined, 30)).toBe('timeout')
})

test('too large, garbled', async () => {
  const server = raw((socket, text) => {
    socket.write(text.includes('/large') ? answer('x'.repeat(20_000)) : '<html>\r\n\r\n')
  })
  const { send } = client()
  expect(await send(`${server.url}large`)).toBe('too large')
  expect(await send(`${server.url}html`)).toBe('garbled')
})

/** A server that holds every request until it is told to answer the oldest. */
function holding() {
  const held: { path: string; release: () => void }[] = []
  const arrivals: (() => void)[] = []
  const server = web((request) => {
    const { promise, resolve } = Promise.withResolvers<Response>()
    const { pathname } = new URL(request.url)
    held.push({ path: pathname, release: () => resolve(new Response(pathname)) })
    for (const arrived of arrivals.splice(0)) arrived()
    return promise
  })
  const until = async (count: number): Promise<void> => {
    while (held.length < count) await new Promise<void>((resolve) => arrivals.push(resolve))
  }
  return { url: server.url.href, held, until }
}

test('so many at once and no more; the others wait in the order in which they came', async () => {
  const { held, until, url } = holding()
  const { connections, send } = client({ connectionsPerHost: 2 })
  const answers = ['1', '2', '3', '4'].map((name) => send(`${url}${name}`))
  await until(2)
  expect(connections()).toEqual([2])
  expect(held.map(({ path }) => path).sort()).toEqual(['/1', '/2'])
  held[0]?.release()
  await until(3)
  expect(held[2]?.path).toBe('/3')
  held[1]?.release()
  await until(4)
  expect(held[3]?.path).toBe('/4')
  for (const { release } of held) release()
  expect(await Promise.all(answers)).toEqual(['200 /1', '200 /2', '200 /3', '200 /4'])
  expect(connections()).toEqual([2])
})

test('hosts do not wait for each other', async () => {
  const { until, url } = holding()
  const { send } = client({ connectionsPerHost: 1 })
  void send(url)
  await until(1)
  expect(await send(web(() => new Response('other')).url.href)).toBe('200 other')
})

test('waiting has an end, by time and by number', async () => {
  const { held, until, url } = holding()
  const { connections, send } = client({ connectionsPerHost: 1, waitingPerHost: 2 })
  const first = send(`${url}first`)
  await until(1)
  const waits = send(`${url}waits`, undefined, 30)
  const patient = send(`${url}patient`)
  expect(await send(`${url}refused`)).toBe('overloaded')
  expect(await waits).toBe('timeout')
  expect(connections()).toEqual([1])
  held[0]?.release()
  expect(await first).toBe('200 /first')
  await until(2)
  held[1]?.release()
  expect(await patient).toBe('200 /patient')
  expect(held.map(({ path }) => path)).toEqual(['/first', '/patient'])
})

test('when it ends, whoever waits is told, and whoever is under way may finish', async () => {
  const { held, until, url } = holding()
  const made = createHttpClient({
    connectionsPerHost: 1,
    waitingPerHost: 9,
    longestBody: 99,
    skipVerify: false,
    keepIdle: 9_000,
  })
  const send = (path: string) => made.send({ method: 'GET', url: `${url}${path}`, headers: {}, limit: 5_000 })
  const first = send('first')
  const second = send('second')
  await until(1)
  made[Symbol.dispose]()
  expect(await second).toMatchObject({ error: { fault: 'stopped' } })
  expect(await send('third')).toMatchObject({ error: { fault: 'stopped' } })
  held[0]?.release()
  expect(await first).toMatchObject({ value: { body: '/first' } })
})

test('an unused connection is closed after a while', async () => {
  const closed = Promise.withResolvers<void>()
  const listener = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: { data: (socket) => void socket.write(answer('ok')), close: () => closed.resolve() },
  })
  clean.push(() => listener.stop(true))
  expect(await client({ keepIdle: 20 }).send(`http://127.0.0.1:${listener.port}/`)).toBe('200 ok')
  await closed.promise
})

const localhost = selfSigned()
const elsewhere = selfSigned('elsewhere.example')

test('TLS: the authority has to be trusted', async () => {
  const server = web(() => new Response('secret'), localhost)
  const url = `https://localhost:${server.port}/`
  expect(await client().send(url)).toBe('tls')
  expect(await client({ authorities: elsewhere.cert }).send(url)).toBe('tls')
  const trusting = client({ authorities: localhost.cert })
  expect(await trusting.send(url)).toBe('200 secret')
  expect(await trusting.send(url)).toBe('200 secret')
  expect(await trusting.send(`https://127.0.0.1:${server.port}/`)).toBe('200 secret')
})

test('TLS: the certificate has to be for that host', async () => {
  const server = web(() => new Response('secret'), localhost)
  const { send } = client({ authorities: localhost.cert })
  // Both lead here, and the certificate names neither.
  expect(await send(`https://127.0.0.2:${server.port}/`)).toBe('connection')
  const other = Bun.serve({ hostname: '0.0.0.0', port: 0, tls: localhost, fetch: () => new Response('secret') })
  clean.push(() => void other.stop(true))
  expect(await send(`https://127.0.0.1:${other.port}/`)).toBe('200 secret')
  expect(await send(`https://127.0.0.3:${other.port}/`)).toBe('tls')
  expect(await client({ skipVerify: true }).send(`https://127.0.0.3:${other.port}/`)).toBe('200 secret')
})

test('TLS to a server that speaks none', async () => {
  const server = raw((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  expect(await client({ skipVerify: true }).send(server.url.replace('http:', 'https:'))).toMatch(/^(tls|closed early)$/)
})
