import { describe, expect, test } from 'bun:test'
import { Connection, type StateChange } from '../../../sdk/src/core/connection.ts'
import { HeliographError, QueueFullError, RefusedError, UnauthorizedError } from '../../../sdk/src/core/errors.ts'
import type { Conversation } from '../../../sdk/src/core/line.ts'
import { fullJitter } from '../../../sdk/src/core/reconnect-policy.ts'
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.ts'

/** Says `hi`, is ready on `welcome`, refused on `no` and, for a while, on `later`. */
function started(world: VirtualWorld, options: Partial<ConstructorParameters<typeof Connection>[0]> = {}) {
  const heard: string[] = []
  const changes: string[] = []
  const conversation: Conversation = {
    opened: (line) => line.send('hi'),
    received(text, line) {
      if (text === 'welcome') line.ready()
      else if (text === 'no') line.fail(new RefusedError('no', 'no'))
      else if (text === 'later') line.fail(new RefusedError('later', 'later', { temporary: true }))
      else heard.push(text)
    },
    lost: (error) => void heard.push(`lost: ${error.code}`),
    probe(line) {
      line.send('there?')
      return true
    },
  }
  const connection = new Connection(
    {
      world,
      address: async () => ({ url: 'ws://server' }),
      reconnect: fullJitter({ base: 1_000, cap: 8_000 }),
      ...options,
    },
    conversation,
  )
  connection.emitter.on('state', ({ from, to }: StateChange) => changes.push(`${from} → ${to}`))
  return { connection, heard, changes }
}

async function connected(world: VirtualWorld, options?: Partial<ConstructorParameters<typeof Connection>[0]>) {
  const all = started(world, options)
  all.connection.connect()
  await world.settled()
  world.socket().open()
  world.socket().say('welcome')
  expect(world.socket().heard()).toEqual(['hi'])
  return all
}

describe('states', () => {
  test('connected means that the protocol has been agreed on, not that the socket is open', async () => {
    const world = virtualWorld()
    const { connection, changes } = started(world)
    expect(connection.state).toBe('disconnected')
    connection.connect()
    const ready = connection.ready()
    await world.settled()
    world.socket().open()
    expect(connection.state).toBe('connecting')
    world.socket().say('welcome')
    await ready
    expect(changes).toEqual(['disconnected → connecting', 'connecting → connected'])
  })

  test('a lost connection is made again, and the state says so once', async () => {
    const world = virtualWorld()
    const { connection, changes, heard } = await connected(world)
    world.socket().end(1006)
    expect(connection.state).toBe('reconnecting')
    await world.pass(500)
    expect(world.sockets).toHaveLength(2)
    world.socket().end(1006)
    await world.pass(1_000)
    world.socket().open()
    world.socket().say('welcome')
    expect(changes.slice(2)).toEqual(['connected → reconnecting', 'reconnecting → connected'])
    expect(heard).toEqual(['lost: connection_lost', 'lost: connection_lost'])
  })

  test('a refusal closes, ready() tells why, and connect() begins anew', async () => {
    const world = virtualWorld()
    const { connection } = started(world)
    connection.connect()
    const ready = connection.ready()
    await world.settled()
    world.socket().open()
    world.socket().say('no')
    await expect(ready).rejects.toMatchObject({ code: 'no', temporary: false })
    expect(connection.state).toBe('closed')
    expect(world.socket().closedWith).toBe(1000)
    expect(world.next()).toBeUndefined()
    await expect(connection.ready()).rejects.toBeInstanceOf(HeliographError)
    connection.connect()
    await world.settled()
    expect(world.sockets).toHaveLength(2)
    world.socket().open()
    world.socket().say('welcome')
    expect(connection.state).toBe('connected')
  })

  test('a temporary refusal is tried again', async () => {
    const world = virtualWorld()
    const { connection } = started(world)
    connection.connect()
    await world.settled()
    world.socket().open()
    world.socket().say('later')
    expect(connection.state).toBe('connecting')
    await world.pass(1_000)
    expect(world.sockets).toHaveLength(2)
  })

  test('disconnect() ends everything, whatever the state', async () => {
    for (const prepare of [
      async (_: VirtualWorld) => {},
      async (world: VirtualWorld) => world.socket().open(),
      async (world: VirtualWorld) => {
        world.socket().open()
        world.socket().say('welcome')
      },
      async (world: VirtualWorld) => world.socket().end(1006),
    ]) {
      const world = virtualWorld()
      const { connection } = started(world)
      connection.connect()
      await world.settled()
      await prepare(world)
      connection.disconnect()
      expect(connection.state).toBe('disconnected')
      await world.pass(60_000)
      expect(world.sockets).toHaveLength(1)
      expect(world.next()).toBeUndefined()
    }
  })

  test('disconnect() while the address is still being asked for opens no socket', async () => {
    const world = virtualWorld()
    const { connection } = started(world)
    connection.connect()
    connection.disconnect()
    await world.settled()
    expect(world.sockets).toEqual([])
  })

  test('whoever ends it while being told of the loss has ended it', async () => {
    const world = virtualWorld()
    const { connection } = await connected(world)
    connection.emitter.on('state', ({ to }) => to === 'reconnecting' && connection.disconnect())
    world.socket().end(1006)
    expect(connection.state).toBe('disconnected')
    await world.pass(60_000)
    expect(world.sockets).toHaveLength(1)
  })
})

describe('attempts', () => {
  test('pauses grow with full jitter up to the cap, and there is no end of them', async () => {
    const world = virtualWorld()
    const { connection } = started(world)
    const delays: number[] = []
    connection.emitter.on('retry', ({ delay }) => delays.push(delay))
    connection.connect()
    await world.settled()
    for (let i = 0; i < 8; i += 1) {
      world.socket().end(1006)
      await world.pass(8_000)
    }
    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 4_000, 4_000, 4_000, 4_000])
  })

  test('a server that lets everybody in and closes at once is not hammered; after a good while pauses start small', async () => {
    const world = virtualWorld()
    const { connection } = await connected(world)
    const delays: number[] = []
    connection.emitter.on('retry', ({ delay }) => delays.push(delay))
    for (let i = 0; i < 3; i += 1) {
      world.socket().end(1006)
      await world.pass(4_000)
      world.socket().open()
      world.socket().say('welcome')
    }
    await world.pass(10_000)
    world.socket().end(1006)
    expect(delays).toEqual([500, 1_000, 2_000, 500])
  })

  test('an attempt that leads nowhere is given up', async () => {
    const world = virtualWorld()
    const { connection } = started(world, { connectTimeout: 3_000 })
    const retry = connection.emitter.once('retry')
    connection.connect()
    await world.pass(3_000)
    expect((await retry).error).toMatchObject({ code: 'timeout', temporary: true })
    expect(world.socket().closedWith).toBe(1000)
    // Whatever the old socket says now concerns nobody.
    const [old] = world.sockets
    old?.open()
    old?.say('welcome')
    expect(connection.state).toBe('connecting')
  })

  test('shouldReconnect decides by the close code', async () => {
    const world = virtualWorld()
    const { connection } = await connected(world, {
      reconnect: fullJitter({ shouldReconnect: ({ code }) => code !== 4321 }),
    })
    world.socket().end(1011, 'oops')
    expect(connection.state).toBe('reconnecting')
    await world.pass(20_000)
    world.socket().open()
    world.socket().say('welcome')
    const over = connection.emitter.once('state')
    world.socket().end(4321, 'go away')
    expect((await over).error).toMatchObject({ closeCode: 4321, message: 'the connection ended with 4321: go away' })
    expect(connection.state).toBe('closed')
  })

  test('a policy with a bound gives up', async () => {
    const world = virtualWorld()
    const { connection } = started(world, { reconnect: fullJitter({ mostAttempts: 2 }) })
    connection.connect()
    await world.settled()
    for (let i = 0; i < 3; i += 1) {
      world.socket().end(1006)
      await world.pass(20_000)
    }
    expect(connection.state).toBe('closed')
    expect(world.sockets).toHaveLength(3)
  })

  test('an address that cannot be had now is asked for again; UnauthorizedError ends it', async () => {
    const world = virtualWorld()
    const answers = [new Error('no network'), new UnauthorizedError('logged out')]
    const asked: number[] = []
    const { connection } = started(world, {
      address: async (attempt) => {
        asked.push(attempt)
        throw answers[asked.length - 1]
      },
    })
    connection.connect()
    await world.settled()
    expect(connection.state).toBe('connecting')
    await world.pass(1_000)
    expect(connection.state).toBe('closed')
    expect(asked).toEqual([0, 1])
  })

  test('the network is back, or the page is seen again: the next attempt comes at once', async () => {
    for (const hint of ['online', 'visible'] as const) {
      const world = virtualWorld()
      const { connection } = started(world)
      connection.connect()
      await world.settled()
      for (let i = 0; i < 5; i += 1) {
        world.socket().end(1006)
        await world.pass(8_000)
      }
      const before = world.sockets.length
      world.socket().end(1006)
      world.hint('offline')
      await world.settled()
      expect(world.sockets).toHaveLength(before)
      world.hint(hint)
      await world.settled()
      expect(world.sockets).toHaveLength(before + 1)
    }
  })
})

describe('signs of life', () => {
  test('asked for regularly; silence ends the line, any word is enough', async () => {
    const world = virtualWorld()
    const { connection } = await connected(world, { keepAlive: 10_000, probeTimeout: 2_000 })
    await world.pass(10_000)
    expect(world.socket().heard()).toEqual(['there?'])
    world.socket().say('anything')
    await world.pass(9_000)
    expect(connection.state).toBe('connected')
    await world.pass(1_000)
    expect(world.socket().heard()).toEqual(['there?'])
    await world.pass(2_000)
    expect(connection.state).toBe('reconnecting')
    expect(world.socket().closedWith).toBe(1000)
  })

  test('reconnectNow() and a network that is back find out about a connection that stands', async () => {
    const world = virtualWorld()
    const { connection } = await connected(world, { keepAlive: 0 })
    connection.reconnectNow()
    expect(world.socket().heard()).toEqual(['there?'])
    // One question at a time.
    world.hint('online')
    expect(world.socket().heard()).toEqual([])
    world.socket().say('yes')
    world.hint('online')
    expect(world.socket().heard()).toEqual(['there?'])
    await world.pass(8_000)
    expect(connection.state).toBe('reconnecting')
  })
})

describe('what waits', () => {
  test('is kept in order while there is no connection, and goes out when there is', async () => {
    const world = virtualWorld()
    const { connection } = await connected(world)
    world.socket().end(1006)
    expect(connection.send('one')).toBe(true)
    expect(connection.send('dropped', { volatile: true })).toBe(false)
    expect(connection.send('two')).toBe(true)
    await world.pass(1_000)
    world.socket().open()
    expect(world.socket().heard()).toEqual(['hi'])
    world.socket().say('welcome')
    expect(world.socket().heard()).toEqual(['one', 'two'])
  })

  test('is bounded by number and by size', async () => {
    const world = virtualWorld()
    const { connection } = await connected(world, { outbox: { messages: 2, size: 10 } })
    world.socket().end(1006)
    expect(() => connection.send('more than ten')).toThrow(QueueFullError)
    connection.send('12345')
    connection.send('1234')
    expect(() => connection.send('1')).toThrow(QueueFullError)
  })

  test('goes nowhere after the end', async () => {
    const world = virtualWorld()
    const { connection } = await connected(world)
    connection.disconnect()
    expect(() => connection.send('late')).toThrow(HeliographError)
  })

  test('what is volatile is dropped when much is under way', async () => {
    const world = virtualWorld()
    const { connection } = await connected(world)
    world.socket().bufferedAmount = 100_000
    expect(connection.send('position', { volatile: true })).toBe(false)
    expect(connection.send('chat')).toBe(true)
    expect(world.socket().heard()).toEqual(['chat'])
  })
})
