/** What no good client sends, at the sockets of a running server; after each, somebody else meets somebody as ever. */
import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import { connect, enter, happened, meet, met, startAdmissionServer, token } from '../../support/admission-server.ts'
import type { ServerInProcess } from '../../support/server-in-process.ts'

let server: ServerInProcess
beforeAll(async () => {
  server = await startAdmissionServer('eventrate = 0\n[backend]\nallowall = true\nsecret = secret-of-the-cloud')
})
afterAll(() => server[Symbol.asyncDispose]())

let rooms = 0
afterEach(async () => {
  await using first = await enter(connect(server.url, { transports: ['websocket'] }))
  await using second = await enter(connect(server.url, { transports: ['polling'] }))
  const room = `room ${++rooms}`
  expect(await meet(first, second, room)).toEqual(met(first, second, room))
  expect(server.log()).not.toContain('machine-broke')
})

interface Raw extends AsyncDisposable {
  send(data: string | Uint8Array): void
  next(): Promise<string>
  readonly closed: Promise<number>
}

/** A WebSocket of our own, past the opening packet of the engine. */
async function raw(): Promise<Raw> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/socket.io/?EIO=4&transport=websocket`)
  const { promise: closed, resolve } = Promise.withResolvers<number>()
  socket.addEventListener('close', ({ code }) => resolve(code))
  const kept: string[] = []
  const waiting: ((text: string) => void)[] = []
  socket.addEventListener('message', ({ data }) => {
    const take = waiting.shift()
    if (take) take(String(data))
    else kept.push(String(data))
  })
  const next = (): Promise<string> => {
    const text = kept.shift()
    return text === undefined ? new Promise((take) => waiting.push(take)) : Promise.resolve(text)
  }
  expect(await next()).toStartWith('0{')
  return {
    send: (data) => socket.send(data),
    next,
    closed,
    async [Symbol.asyncDispose]() {
      socket.close()
      await closed
    },
  }
}

const binary = Buffer.from([0, 1, 2])

test.each([
  { before: '7' },
  { before: 'x' },
  { before: '4' },
  { before: '42["auth-request"]' },
  { before: '40{"token"' },
  { before: '40null' },
  { before: '4{}' },
  { before: '44{"message":"x"}' },
  { before: '2' },
  { before: '6' },
  { before: binary },
])('[J4] before connecting: $before', async ({ before }) => {
  const socket = await raw()
  socket.send(before)
  expect(await socket.closed).toBe(1000)
})

test.each([
  { after: '42' },
  { after: '42[' },
  { after: '42{"a":1}' },
  { after: '42["a",' },
  { after: '4x' },
  { after: '44' },
  { after: `40${JSON.stringify({ token })}` },
  { after: binary },
  { after: `42["room-join-request",{"payload":${'['.repeat(300_000)}` },
])('[J4] after connecting: $after', async ({ after }) => {
  const socket = await raw()
  socket.send(`40${JSON.stringify({ token })}`)
  expect(await socket.next()).toStartWith('40{"sid"')
  socket.send(after)
  expect(await socket.closed).toBe(1000)
})

test.each([
  ['a token whose middle part is no JSON', 'auth-request', ['eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.bm8ganNvbg==.00']],
  ['auth-request without an argument', 'auth-request', []],
  ['auth-request with a number', 'auth-request', [5]],
  ['auth-request with a list', 'auth-request', [['x']]],
])('[J4] %s, which ends the original, is rejected', async (_what, event, args) => {
  const client = connect(server.url, { transports: ['websocket'] })
  await happened(client, 'connect')
  client.emit(event, ...args)
  expect(await happened(client, 'auth-reject')).toEqual({ message: 'Token is not valid' })
  client.disconnect()
})

test('[J4] odd arguments of every kind leave the socket as it was', async () => {
  await using session = await enter(connect(server.url, { transports: ['websocket'] }))
  const odd = [undefined, null, 0, -1, 1e308, true, '', 'x', [], [[]], {}, { auth: session.token, room: { a: 1 } }]
  const events = ['room-create-request', 'room-join-accept', 'relay-ice-candidate', 'room-owner-add', 'toString', '']
  for (const event of events) for (const argument of odd) session.client.emit(event, argument, () => undefined)
  session.say('room-create-request', { room: 'after all' })
  expect(await session.heard('room-create-accept')).toMatchObject({ room: expect.any(String) })
})

test('[J3, J47] a long description passes, and a message that is too long ends its connection only', async () => {
  await using first = await enter(connect(server.url, { transports: ['websocket'] }))
  await using second = await enter(connect(server.url, { transports: ['websocket'] }))
  await meet(first, second, 'long')
  const sdp = 'x'.repeat(900_000)
  first.say('relay-session-description', { room: 'long', to: second.id, session_description: { sdp } })
  expect(await second.heard('session-description')).toMatchObject({ session_description: { sdp } })
  const gone = happened<string>(first.client, 'disconnect')
  first.say('relay-session-description', { room: 'long', to: second.id, session_description: { sdp: sdp + sdp } })
  expect(await gone).toBe('transport close')
  expect(await second.heard('room-user-leave')).toMatchObject({ peer_id: first.id })
})

test('[J48] attachments are refused, and the socket stays', async () => {
  await using session = await enter(connect(server.url, { transports: ['websocket'] }))
  session.say('room-create-request', { payload: binary })
  expect(await session.heard('room-create-reject')).toEqual({ message: 'Binary data is not carried.' })
  session.say('room-create-request', { room: 'plain' })
  expect(await session.heard('room-create-accept')).toEqual({ room: 'plain' })
})

test('Talk’s sockets beside them are none of Socket.IO’s', async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/spreed`)
  const text = await new Promise<string>((resolve) =>
    socket.addEventListener('message', ({ data }) => resolve(String(data)), { once: true }),
  )
  expect(JSON.parse(text)).toMatchObject({ type: 'welcome' })
  const closed = new Promise<number>((resolve) => socket.addEventListener('close', ({ code }) => resolve(code)))
  // Longer than Talk takes, though not than Socket.IO does.
  socket.send('x'.repeat(100_000))
  expect(await closed).toBe(1009)
})
