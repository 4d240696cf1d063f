/** Sockets whose frames of one turn leave together: nothing changes but the number of writes. */
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { type ConnectionId, connectionId } from '../../src/core/ids.ts'
import type { Frame } from '../../src/core/mailbox.ts'
import { handlers, type SocketData } from '../../src/io/socket-data.ts'
import { type Arrival, createSockets, type Sockets } from '../../src/io/sockets.ts'
import { connectRelay, type RelayClient } from '../support/relay-client.ts'

const frame = (text: string): Frame => ({ text, kind: 'plain' })
const first = connectionId(1)

let parts: AsyncDisposableStack
let sockets: Sockets<Arrival>
let heard: (id: ConnectionId, text: string) => void
let gone: Promise<readonly Frame[]>
let connect: () => Promise<RelayClient>

beforeEach(() => {
  parts = new AsyncDisposableStack()
  const { promise, resolve } = Promise.withResolvers<readonly Frame[]>()
  gone = promise
  sockets = parts.use(
    createSockets<Arrival>(
      { bytes: 1_000_000, messages: 10_000 },
      {
        opened: () => {},
        text: (id, text) => heard(id, text),
        binary: () => {},
        closed: (_, undelivered) => resolve(undelivered),
        overflowed: () => {},
      },
      () => {},
      { batches: true },
    ),
  )
  const server = Bun.serve<SocketData>({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request, self) => void sockets.admit(self, request, { address: 'x' }),
    websocket: { ...handlers, data: {} as SocketData },
  })
  parts.defer(() => server.stop(true))
  connect = () => connectRelay(`ws://127.0.0.1:${server.port}/`)
})
afterEach(() => parts.disposeAsync())

test('frames arrive in order, those of later turns behind them', async () => {
  heard = (id, text) => {
    for (let number = 0; number < 100; number++) sockets.send([id], frame(`${text} ${number}`))
  }
  const client = await connect()
  for (const text of ['a', 'b', 'c']) client.say(text)
  for (const text of ['a', 'b', 'c']) {
    for (let number = 0; number < 100; number++) expect(await client.nextText()).toBe(`${text} ${number}`)
  }
  expect(sockets.traffic.messagesOut).toBe(300)
})

test('one frame reaches all who are there, and who is gone is passed over', async () => {
  const clients = [await connect(), await connect()]
  sockets.send([first, connectionId(2), connectionId(9)], frame('both'))
  for (const client of clients) expect(await client.nextText()).toBe('both')
})

test('what was said before the end arrives before it', async () => {
  heard = (id) => {
    sockets.send([id], frame('last words'))
    sockets.close(id, 4000, 'enough')
    sockets.send([id], frame('too late'))
  }
  const client = await connect()
  client.say('go')
  expect(await client.nextText()).toBe('last words')
  expect(await client.closed).toEqual({ code: 4000, reason: 'enough' })
})

test('at the end of all too', async () => {
  const client = await connect()
  sockets.send([first], frame('last words'))
  sockets.closeAll(1012, 'restart')
  expect(await client.nextText()).toBe('last words')
  expect((await client.closed).code).toBe(1012)
})

test('what a turn still holds when its socket goes comes back as undelivered', async () => {
  heard = (id) => {
    // Larger than any buffer, so that what follows has to wait.
    for (let number = 0; number < 40; number++) sockets.send([id], frame('x'.repeat(500_000)))
  }
  const client = await connect()
  client.say('go')
  await client.nextText()
  client.close()
  const undelivered = await gone
  expect(undelivered.every(({ text }) => text.length === 500_000)).toBeTrue()
})
