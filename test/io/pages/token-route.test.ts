import { beforeEach, describe, expect, test } from 'bun:test'
import type { DemoOn } from '../../../src/config/config.ts'
import { createThrottle } from '../../../src/core/throttle.ts'
import { tokenRoute } from '../../../src/io/pages/token-route.ts'
import type { Route } from '../../../src/io/router.ts'

const password = 'password-of-the-page'
const unused = undefined as never
let now = 0
let minted = 0
let notes: string[] = []

beforeEach(() => {
  now = 1_000_000
  minted = 0
  notes = []
})

function route(config: Partial<DemoOn> = {}): Route {
  return tokenRoute({
    config: { kind: 'on', password, ...config },
    throttle: createThrottle(),
    now: () => now,
    mint: () => `token-${++minted}`,
    path: '/socket.io',
    note: ({ fact }) => notes.push(fact),
  })
}

interface Asked {
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly address?: string
  readonly host?: string
}

async function ask(asked: Route, { body, headers, address = '192.0.2.1', host = 'calls.example' }: Asked = {}) {
  const request = new Request(`http://${host}/demo/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', host, ...headers },
    body: body ?? JSON.stringify({ password }),
  })
  const answer = await asked(request, address, unused)
  if (!answer) throw new Error('no answer')
  return answer
}

test('for the password there is a token, which nobody keeps', async () => {
  const answer = await ask(route())
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
  expect(await answer.json()).toEqual({ token: 'token-1', path: '/socket.io' })
})

test.each(['', '{}', 'null', '{"password":7}', '{"password":""}', '[]'])('for %s there is none', async (body) => {
  expect((await ask(route(), { body })).status).toBe(401)
  expect([minted, notes]).toEqual([0, []])
})

test('a wrong password is counted, and after ten the right one does not help either', async () => {
  const asked = route()
  const throttled = tokenRoute({
    config: { kind: 'on', password },
    // Holding a refusal back is the throttle's business.
    throttle: { ...createThrottle(), ...countingThrottle() },
    now: () => now,
    mint: () => 'token',
    path: '/',
    note: ({ fact }) => notes.push(fact),
  })
  expect((await ask(asked, { body: '{"password":"wrong"}' })).status).toBe(401)
  for (let count = 0; count < 10; count++) await ask(throttled, { body: '{"password":"wrong"}' })
  expect((await ask(throttled)).status).toBe(429)
  expect((await ask(throttled, { address: '192.0.2.2' })).status).toBe(200)
  expect(notes.filter((fact) => fact === 'attempt-delayed').length).toBe(11)
  expect(notes.at(-1)).toBe('attempt-refused')
})

function countingThrottle() {
  const failures = new Map<string, number>()
  return {
    allows: (address: string) => (failures.get(address) ?? 0) < 10,
    failed(address: string) {
      failures.set(address, (failures.get(address) ?? 0) + 1)
      return 0
    },
  }
}

test('one address gets so many in a minute, and others are not held up by it', async () => {
  const asked = route()
  for (let count = 0; count < 120; count++) expect((await ask(asked)).status).toBe(200)
  expect((await ask(asked)).status).toBe(429)
  expect((await ask(asked, { address: '192.0.2.2' })).status).toBe(200)
  now += 60_000
  expect((await ask(asked)).status).toBe(200)
})

describe('pages of others get none, whatever they know', () => {
  test.each(['cross-site', 'same-site'])('%s', async (site) => {
    expect((await ask(route(), { headers: { 'sec-fetch-site': site } })).status).toBe(403)
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])('%s', async (type) => {
    expect((await ask(route(), { headers: { 'content-type': type } })).status).toBe(403)
  })

  test('our own does', async () => {
    expect((await ask(route(), { headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(200)
  })
})

test('a body without end is not read', async () => {
  expect((await ask(route(), { body: `{"password":"${'x'.repeat(5_000)}"}` })).status).toBe(413)
})

describe('in development mode', () => {
  const open = { openToThisMachine: true } as const
  test.each([
    ['127.0.0.1', '127.0.0.1:8080', 200],
    ['::1', 'localhost:8080', 200],
    ['192.0.2.1', '127.0.0.1:8080', 401],
    ['127.0.0.1', 'evil.example:8080', 401],
  ])('from %s to %s without a password: %i', async (address, host, status) => {
    expect((await ask(route(open), { body: '{}', address, host })).status).toBe(status)
  })

  test('otherwise this machine needs it like any other', async () => {
    expect((await ask(route(), { body: '{}', address: '127.0.0.1', host: '127.0.0.1:8080' })).status).toBe(401)
  })
})
