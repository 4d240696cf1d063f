/** Sockets with a listener of a few lines, over a real port: numbering, order, bounds, and every way to end. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { type ConnectionId, connectionId } from '../../src/core/ids.ts'
import type { Frame } from '../../src/core/mailbox.ts'
import { listenHttp } from '../../src/io/listen.ts'
import { type Arrival, createSockets, type Sockets } from '../../src/io/sockets.ts'
import { openRaw, type RawWebSocket } from './raw/socket.ts'

const limits = { bytes: 400_000, messages: 50 }
const frame = (number: number, weight = 10): Frame => ({
  text: JSON.stringify({ number, pad: 'x'.repeat(weight) }),
  kind: 'plain',
})

let parts: DisposableStack
let sockets: Sockets<Arrival>
let address: string
let log: string[]
let undelivered: readonly Frame[]
/** Resolves when the log has a line that begins so. */
let logged: (start: string) => Promise<void>

beforeEach(() => {
  parts = new DisposableStack()
  const lines: string[] = []
  log = lines
  undelivered = []
  const watchers = new Set<() => void>()
  const add = (line: string): void => {
    lines.push(line)
    for (const watcher of [...watchers]) watcher()
  }
  logged = (start) =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!lines.some((line) => line.startsWith(start))) return
        watchers.delete(look)
        resolve()
      }
      watchers.add(look)
      look()
    })
  const listener = {
    opened: (id: ConnectionId, peer: { readonly address: string }) => add(`opened ${id} ${peer.address}`),
    text: (id: ConnectionId, text: string) => add(`text ${id} ${text}`),
    binary: (id: ConnectionId) => add(`binary ${id}`),
    closed: (id: ConnectionId, frames: readonly Frame[]) => {
      undelivered = frames
      add(`closed ${id} ${frames.length}`)
    },
    overflowed: (id: ConnectionId) => {
      add(`overflowed ${id}`)
      sockets.close(id, 1008, 'too slow')
    },
  }
  sockets = parts.use(createSockets(limits, listener, () => {}))
  const listening = listenHttp(
    { kind: 'tcp', host: '127.0.0.1', port: 0 },
    {
      longestMessage: 65_536,
      readTimeout: 5_000,
      note: () => {},
      fetch: async (request, server) => {
        const name = new URL(request.url).pathname.slice(1)
        const refusal = name === 'refused' ? { code: 4000, reason: 'not here' } : undefined
        sockets.admit(server, request, { address: name }, { refusal })
        return undefined
      },
    },
  )
  parts.defer(() => listening.stop())
  address = `127.0.0.1:${listening.port}`
})
afterEach(() => parts.dispose())

/** To the first connection. */
const send = (what: Frame): void => sockets.send([connectionId(1)], what)
const open = (name: string): Promise<RawWebSocket> => openRaw(address, { path: `/${name}` })
const numbersOf = (raw: RawWebSocket) => raw.messages.map(({ number }) => Number(number))
const countTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

test('connections are numbered, counted by address, and forgotten', async () => {
  await using a = await open('a')
  await using alsoA = await open('a')
  await using b = await open('b')
  expect(log).toEqual(['opened 1 a', 'opened 2 a', 'opened 3 b'])
  expect([sockets.size, sockets.countOf('a'), sockets.countOf('b'), sockets.countOf('c')]).toEqual([3, 2, 1, 0])
  a.destroy()
  await logged('closed 1')
  expect([sockets.size, sockets.countOf('a')]).toEqual([2, 1])
  alsoA.destroy()
  await logged('closed 2')
  expect(sockets.countOf('a')).toBe(0)
  b.destroy()
  await sockets.emptied()
  expect(sockets.size).toBe(0)
  await sockets.emptied()
})

test('what comes in is handed on, text and binary', async () => {
  await using raw = await open('a')
  raw.sendFrame('hello')
  raw.sendFrame(new Uint8Array([1]), { opcode: 2 })
  await logged('binary 1')
  expect(log).toEqual(['opened 1 a', 'text 1 hello', 'binary 1'])
  expect([sockets.traffic.messagesIn, sockets.traffic.bytesIn]).toEqual([2, 6])
})

test('what goes to a connection that is not there goes nowhere', () => {
  sockets.send([connectionId(99)], frame(1))
  sockets.close(connectionId(99), 1000, '')
  expect(sockets.traffic.messagesOut).toBe(0)
})

test('who is refused is told why and is nobody', async () => {
  await using raw = await open('refused')
  expect(await raw.closed()).toEqual({ code: 4000, reason: 'not here' })
  expect(log).toEqual([])
  expect([sockets.size, sockets.countOf('refused')]).toEqual([0, 0])
})

test('frames arrive before the close that follows them', async () => {
  await using raw = await open('a')
  for (const number of countTo(20)) send(frame(number, 10_000))
  sockets.close(connectionId(1), 4001, 'enough')
  expect(await raw.closed()).toEqual({ code: 4001, reason: 'enough' })
  expect(numbersOf(raw)).toEqual(countTo(20))
})

test('all are closed at once', async () => {
  await using a = await open('a')
  await using b = await open('b')
  sockets.closeAll(1012, 'restart')
  await sockets.emptied()
  for (const raw of [a, b]) expect(await raw.closed()).toEqual({ code: 1012, reason: 'restart' })
})

describe('a reader who pauses', () => {
  const weight = 100_000
  /** Fills the socket's buffers with numbered frames until one of them has to wait; answers the last number. */
  async function fill(raw: RawWebSocket): Promise<number> {
    raw.pause()
    let number = 0
    const sent = () => sockets.traffic.messagesOut
    for (let before = -1; sent() !== before; ) {
      before = sent()
      send(frame(++number, weight))
      // The kernel may make room a moment later; only what is still stuck then is stuck.
      await Bun.sleep(5)
    }
    return number
  }

  test('gets what waited, in order, when he reads again', async () => {
    await using raw = await open('a')
    const last = await fill(raw)
    for (const more of [1, 2]) send(frame(last + more, weight))
    raw.resume()
    await raw.message(({ number }) => number === last + 2)
    expect(numbersOf(raw)).toEqual(countTo(last + 2))
    // And nothing is stuck afterwards.
    send(frame(last + 3))
    await raw.message(({ number }) => number === last + 3)
  })

  test('leaves what he did not get, in order, with the frame that was under way', async () => {
    await using raw = await open('a')
    const last = await fill(raw)
    send(frame(last + 1, weight))
    raw.destroy()
    await logged('closed 1')
    expect(undelivered.length).toBeGreaterThan(1)
    const first = last + 2 - undelivered.length
    expect(undelivered).toEqual(undelivered.map((_, index) => frame(first + index, weight)))
  })

  test('of several chat refreshes one waits', async () => {
    await using raw = await open('a')
    const last = await fill(raw)
    const refresh: Frame = { text: '{"refresh":true}', kind: 'chat-refresh' }
    for (let count = 0; count < 2 * limits.messages; count++) send(refresh)
    send(frame(last + 1))
    raw.resume()
    await raw.message(({ number }) => number === last + 1)
    expect(raw.messages.filter(({ refresh }) => refresh === true)).toHaveLength(1)
    expect(log).not.toContain('overflowed 1')
  })

  test.each([
    ['messages', limits.messages + 1, 10],
    ['bytes', 5, 100_000],
  ])('past the bound of %s: told once, closed with the reason, nothing handed on', async (_, count, each) => {
    await using raw = await open('a')
    const last = await fill(raw)
    for (let more = 1; more <= count; more++) send(frame(last + more, each))
    for (let late = 0; late < 10; late++) send(frame(0))
    expect(log.filter((line) => line === 'overflowed 1')).toHaveLength(1)
    raw.resume()
    expect(await raw.closed()).toEqual({ code: 1008, reason: 'too slow' })
    expect(numbersOf(raw)).toEqual(countTo(numbersOf(raw).length))
    expect(numbersOf(raw)).not.toContain(0)
    expect(undelivered.length).toBeLessThanOrEqual(1)
  })
})
