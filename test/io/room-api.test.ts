/** The room API without a server around it: what reaches the machine, whose answer goes where, and what is noted. */
import { expect, test } from 'bun:test'
import { createThrottle } from '../../src/core/throttle.ts'
import { now } from '../../src/io/clock.ts'
import { createRoomApi, type RoomApi } from '../../src/io/room-api.ts'
import type { Fact } from '../../src/observe/facts.ts'
import { createBackends } from '../../src/protocols/talk/backend/backends.ts'
import type { IncomingRequest } from '../../src/protocols/talk/requests.ts'
import { backendHeader, checksum, checksumHeader, randomHeader, randomText } from '../support/talk-checksum.ts'

const secret = 'the-secret-of-one'
const base = 'https://cloud.example.org/sub/'

interface Stage {
  readonly api: RoomApi
  readonly requested: IncomingRequest[]
  readonly abandoned: number[]
  readonly facts: Fact[]
  ask(
    text: string,
    address?: string,
    changes?: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<Response>
}

function signed(text: string): Readonly<Record<string, string>> {
  const random = randomText()
  return {
    'content-type': 'application/json',
    [randomHeader]: random,
    [checksumHeader]: checksum(secret, random, text),
    [backendHeader]: base,
  }
}

function stage(failuresSoFar = 0, address = '192.0.2.1'): Stage {
  const throttle = createThrottle()
  for (let count = 0; count < failuresSoFar; count++) throttle.failed(address, 'BackendRoomAuth', now())
  const requested: IncomingRequest[] = []
  const abandoned: number[] = []
  const facts: Fact[] = []
  const limits = { sessionLimit: 0, maxStreamBitrate: 0, maxScreenBitrate: 0 }
  const api = createRoomApi({
    backends: createBackends([{ id: 'one', secret, accepts: { kind: 'urls', urls: [base] }, ...limits }]),
    throttle,
    maxBodySize: 1_000,
    requested: (request) => void requested.push(request),
    abandoned: (number) => void abandoned.push(number),
    note: (fact) => void facts.push(fact),
  })
  return {
    api,
    requested,
    abandoned,
    facts,
    ask: (text, from = '192.0.2.1', changes = {}, signal) => {
      const headers = { ...signed(text), ...changes }
      const request = new Request('http://x/api/v1/room/den', {
        method: 'POST',
        headers,
        body: text,
        ...(signal ? { signal } : {}),
      })
      return api.handle(request, 'den', from)
    },
  }
}

const message = JSON.stringify({ type: 'message', message: { data: 1 } })
/** The machine is asked in a later turn: the body has to be read first. */
const until = async (fits: () => boolean): Promise<void> => {
  while (!fits()) await Bun.sleep(0)
}

test('each request gets the answer to its number, in whatever order they come', async () => {
  const { api, ask, requested } = stage()
  const first = ask(message)
  await until(() => requested.length === 1)
  const second = ask(message)
  await until(() => requested.length === 2)
  const [one, two] = requested.map(({ number }) => number)
  expect(one).not.toBe(two)
  api.reply(two ?? 0, 404, '{"second":1}')
  api.reply(one ?? 0, 200, '{"first":1}')
  api.reply(one ?? 0, 500, 'once more')
  api.reply(12_345, 200, 'to nobody')
  expect([(await first).status, await (await first).text()]).toEqual([200, '{"first":1}'])
  expect([(await second).status, await (await second).text()]).toEqual([404, '{"second":1}'])
  expect((await first).headers.get('x-content-type-options')).toBe('nosniff')
})

test('the machine hears who asks, by which URL, for which room, and when', async () => {
  const { ask, requested, api } = stage()
  const before = now()
  void ask(message, '192.0.2.1', { [backendHeader]: 'HTTPS://cloud.example.org:443/sub' })
  await until(() => requested.length === 1)
  expect(requested[0]).toMatchObject({ backend: { id: 'one' }, backendUrl: base, roomId: 'den' })
  expect(requested[0]?.request.type).toBe('message')
  expect(requested[0]?.received).toBeGreaterThanOrEqual(before)
  api.reply(requested[0]?.number ?? 0, 200, '{}')
})

test('what is refused is noted with status, reason and address, and the machine hears nothing', async () => {
  const { ask, requested, facts } = stage()
  expect((await ask(message, '192.0.2.1', { 'content-type': 'text/plain' })).status).toBe(400)
  expect((await ask('x'.repeat(1_001))).status).toBe(413)
  expect((await ask(message, '192.0.2.1', { [checksumHeader]: '' })).status).toBe(403)
  expect((await ask('{"type":"message"')).status).toBe(400)
  expect((await ask('{"type":"nonsense"}')).status).toBe(400)
  expect((await ask('{"type":"message","message":7}')).status).toBe(400)
  expect(requested).toEqual([])
  expect(facts.map((fact) => (fact.fact === 'room-request-refused' ? fact.status : fact.fact))).toEqual([
    400, 413, 403, 400, 400, 400,
  ])
  for (const fact of facts) expect(fact).toMatchObject({ address: '192.0.2.1', why: expect.any(String) })
  expect(JSON.stringify(facts)).not.toContain(secret)
})

test('after ten failures the address is refused unseen; its neighbour in IPv6 with it, others are not', async () => {
  const network = '2001:db8:0:1::/64'
  const { ask, requested, api } = stage(10, network)
  expect((await ask(message, '2001:db8:0:1::5')).status).toBe(429)
  expect((await ask(message, '2001:db8:0:1:ffff::9')).status).toBe(429)
  expect(requested).toEqual([])
  const other = ask(message, '2001:db8:0:2::5')
  await until(() => requested.length === 1)
  api.reply(requested[0]?.number ?? 0, 200, '{}')
  expect((await other).status).toBe(200)
})

test('a wrong signature is counted; a missing one is none and is not', async () => {
  const { ask, facts } = stage()
  expect((await ask(message, '192.0.2.1', { [checksumHeader]: '' })).status).toBe(403)
  expect(facts.some(({ fact }) => fact === 'attempt-delayed')).toBe(false)
  expect((await ask(message, '192.0.2.1', { [checksumHeader]: 'a'.repeat(64) })).status).toBe(403)
  expect(facts.filter(({ fact }) => fact === 'attempt-delayed')).toEqual([
    { fact: 'attempt-delayed', address: '192.0.2.1', action: 'BackendRoomAuth', delay: 100 },
  ])
})

test('[R19] whoever gives up before the answer is told of, whoever was answered is not', async () => {
  const { api, ask, requested, abandoned } = stage()
  const [first, second] = [new AbortController(), new AbortController()]
  const answers = [first, second].map(({ signal }) => ask(message, undefined, undefined, signal))
  await until(() => requested.length === 2)
  api.reply(1, 200, '{}')
  await answers[0]
  for (const controller of [first, second]) controller.abort()
  expect(abandoned).toEqual([2])
  // The machine's answer comes too late for it, and goes nowhere.
  api.reply(2, 200, '{}')
})

test('[R19] a connection that is cut over HTTP is giving up', async () => {
  const { api, requested, abandoned } = stage()
  await using server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request) => api.handle(request, 'den', 'x'),
  })
  const controller = new AbortController()
  const { signal } = controller
  const asked = fetch(`http://127.0.0.1:${server.port}/`, {
    method: 'POST',
    headers: signed(message),
    body: message,
    signal,
  })
  await until(() => requested.length === 1)
  controller.abort()
  await expect(asked).rejects.toThrow()
  await until(() => abandoned.length === 1)
  expect(abandoned).toEqual([1])
})
