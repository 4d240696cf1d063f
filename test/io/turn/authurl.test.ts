import { expect, test } from 'bun:test'
import { type AuthUrlOptions, createAuthUrl } from '../../../src/io/turn/authurl.ts'
import { selfSigned } from '../../support/self-signed.ts'

type Answering = (request: Request) => Response | Promise<Response>

function asking(fetch: Answering, options: Partial<AuthUrlOptions> = {}) {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch })
  const hook = createAuthUrl({ url: `http://127.0.0.1:${server.port}/turn/password?a=b`, ...options })
  return {
    ask: hook.ask,
    [Symbol.asyncDispose]: async () => {
      hook[Symbol.dispose]()
      await server.stop(true)
    },
  }
}

const answering = async (answer: () => Response) => {
  await using hook = asking(answer)
  return await hook.ask('bob').catch((error: unknown) => String(error))
}

test('asks for a name by POST and JSON, and takes the password from the answer', async () => {
  const seen: unknown[] = []
  await using hook = asking(async (request) => {
    const { pathname, search } = new URL(request.url)
    seen.push([request.method, pathname + search, request.headers.get('content-type'), await request.json()])
    return Response.json({ password: 'pässword', more: 1 })
  })
  expect(await hook.ask('bob "x" ü')).toEqual({ known: true, password: 'pässword' })
  expect(seen).toEqual([['POST', '/turn/password?a=b', 'application/json', { username: 'bob "x" ü' }]])
})

test('403 and 404 say that nobody has this name', async () => {
  expect(await answering(() => new Response('no', { status: 403 }))).toEqual({ known: false })
  expect(await answering(() => new Response('no', { status: 404 }))).toEqual({ known: false })
})

test('anything else is a failure, and its text holds nothing of the answer', async () => {
  const secret = 'p4ssw0rd'
  const answers = [
    new Response(secret, { status: 500 }),
    new Response(secret, { status: 302, headers: { location: '/' } }),
    Response.json({ password: secret }, { status: 201 }),
    new Response(secret),
    Response.json({ password: [secret] }),
    Response.json({ password: '' }),
    Response.json({ password: secret.repeat(100) }),
    Response.json([secret]),
    Response.json({ password: 'short', more: secret.repeat(10_000) }),
  ]
  for (const answer of answers) {
    const error = await answering(() => answer)
    expect(error).toStartWith('Error: ')
    expect(error).not.toContain(secret)
  }
})

test('an answer that does not come in time is a failure', async () => {
  const { promise, resolve } = Promise.withResolvers<Response>()
  await using hook = asking(() => promise, { limit: 50 })
  await expect(hook.ask('bob')).rejects.toThrow('timeout')
  await hook.ask('bob').catch(() => {})
  resolve(new Response())
})

test('a server that is not there is a failure', async () => {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response() })
  const url = `http://127.0.0.1:${server.port}/`
  await server.stop(true)
  using hook = createAuthUrl({ url })
  await expect(hook.ask('bob')).rejects.toThrow()
})

test('at most 32 questions are asked at once, and the others wait', async () => {
  let [now, most] = [0, 0]
  await using hook = asking(async () => {
    most = Math.max(most, ++now)
    await Bun.sleep(2)
    now--
    return Response.json({ password: 'password' })
  })
  const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => hook.ask(`user ${index}`)))
  expect(answers.every(({ known }) => known)).toBe(true)
  expect(most).toBeLessThanOrEqual(32)
})

test('a certificate that nobody vouches for is a failure', async () => {
  const { cert, key } = await selfSigned()
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    tls: { cert, key },
    fetch: () => Response.json({ password: 'x' }),
  })
  const url = `https://localhost:${server.port}/`
  {
    using hook = createAuthUrl({ url })
    expect(await hook.ask('bob').catch(String)).toContain('tls')
  }
  {
    using hook = createAuthUrl({ url, authorities: cert })
    expect(await hook.ask('bob')).toEqual({ known: true, password: 'x' })
  }
  await server.stop(true)
})
