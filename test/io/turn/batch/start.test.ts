import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { canUseBatch } from '../../../../src/io/turn/batch/libc.ts'
import { createRawPeer } from './raw-peer.ts'
import {
  allocate,
  ask,
  bindChannel,
  canRun,
  channelData,
  openSocket,
  permitPeer,
  placeOf,
  startUnderTest,
  type UnderTest,
  until,
} from './tiny-client.ts'
import { command } from './tiny-server.ts'

const channel = 0x4001

/** A worker, a client that has a channel to a peer, and the port of the relay. */
async function relaying(host = '127.0.0.1') {
  const worker = await startUnderTest(host)
  const [port = 0] = worker.ports
  const client = await openSocket(host)
  const peer = await openSocket(host)
  const [relay = 0] = await allocate(client, port, host === '::1' ? 6 : 4)
  await bindChannel(client, port, channel, peer)
  return {
    ...{ worker, port, client, peer, relay },
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]()
      peer[Symbol.dispose]()
      await worker.stop()
    },
  }
}

describe.skipIf(!canRun)('a batch worker', () => {
  for (const host of ['127.0.0.1', '::1'] as const) {
    test(`relays both ways at ${host}`, async () => {
      await using all = await relaying(host)
      const { worker, port, client, peer, relay } = all
      client.send(channelData(channel, [1, 2, 3]), port)
      const there = await peer.next()
      expect([there.port, [...there.octets]]).toEqual([relay, [1, 2, 3]])
      peer.send([9, 8, 7, 6, 5], relay)
      const back = await client.next()
      expect([back.port, [...back.octets]]).toEqual([port, [...channelData(channel, [9, 8, 7, 6, 5])]])
      expect(worker.counter('packetsToPeers')).toBe(1)
      expect(worker.counter('bytesFromPeers')).toBe(5)
      expect(worker.counter('allocationsUdp')).toBe(1)
    })
  }

  test('serves both families from one socket, and answers from the address that was asked', async () => {
    await using worker = await startUnderTest('::')
    const [port = 0] = worker.ports
    using client = await openSocket()
    using peer = await openSocket()
    for (const host of ['127.0.0.1', '127.0.0.9']) {
      client.send([0, command.echo, 5], port, host)
      const { octets, host: from } = await client.next()
      expect([from, [...octets]]).toEqual([host, [0, command.echo, 5]])
    }
    using other = await openSocket('::1')
    expect((await ask(other, port, [0, command.echo])).host).toBe('::1')
    const [relay4 = 0, relay6 = 0] = await allocate(client, port, 10)
    expect(relay6).toBeGreaterThan(0)
    await bindChannel(client, port, channel, peer)
    peer.send([1], relay4)
    expect([...(await client.next()).octets]).toEqual([...channelData(channel, [1])])
    using peer6 = await openSocket('::1')
    await bindChannel(client, port, channel + 1, peer6)
    client.send(channelData(channel + 1, [6]), port)
    expect((await peer6.next()).port).toBe(relay6)
  })

  test('keeps the address that was asked for the data of an allocation', async () => {
    await using worker = await startUnderTest('0.0.0.0')
    const [port = 0] = worker.ports
    using client = await openSocket()
    using peer = await openSocket()
    client.send([0, command.allocate, 4], port, '127.0.0.7')
    const { octets } = await client.next()
    await bindChannel(client, port, channel, peer)
    peer.send([1], (octets[2] ?? 0) * 256 + (octets[3] ?? 0))
    expect((await client.next()).host).toBe('127.0.0.7')
  })

  test('data of a permitted peer without a channel comes wrapped, that of others not at all', async () => {
    await using worker = await startUnderTest()
    const [port = 0] = worker.ports
    using client = await openSocket()
    using peer = await openSocket()
    const [relay = 0] = await allocate(client, port)
    peer.send([1], relay)
    await until(() => worker.counter('droppedNoPermission') === 1)
    await permitPeer(client, port, peer)
    peer.send([1, 2, 3], relay)
    expect([...(await client.next()).octets]).toEqual([1, command.data, peer.port >> 8, peer.port & 255, 1, 2, 3, 0])
    expect(client.waiting).toBe(0)
  })

  test('sends for a client what is no channel data, with and without DF', async () => {
    await using all = await relaying()
    for (const dontFragment of [0, 1, 0]) {
      all.client.send([0, command.send, dontFragment, 0, ...placeOf(all.peer), 7, 7, dontFragment], all.port)
      expect([...(await all.peer.next()).octets]).toEqual([7, 7, dontFragment])
    }
  })

  test('relays the longest and the shortest datagrams', async () => {
    await using all = await relaying()
    const { client, peer, port, relay } = all
    for (const length of [0, 1, 1472, 1473, 9000, 65_503]) {
      const data = new Uint8Array(length).map((_, index) => index * 7)
      client.send(channelData(channel, data), port)
      expect((await peer.next()).octets).toEqual(data)
      peer.send(data, relay)
      expect((await client.next()).octets).toEqual(channelData(channel, data))
    }
    // With its header it would be too long for a datagram.
    peer.send(new Uint8Array(65_507), relay)
    await until(() => all.worker.counter('droppedSendFailed') === 1)
  })

  test('takes STUN inside of channel data for data, and padding for nothing', async () => {
    await using all = await relaying()
    const { client, peer, port } = all
    client.send([...channelData(channel, [0, command.end, 0]), 0], port)
    expect([...(await peer.next()).octets]).toEqual([0, command.end, 0])
  })

  test('splits what arrives in segments, and the last may be shorter', async () => {
    await using all = await relaying()
    const { client, peer, relay, port, worker } = all
    using raw = createRawPeer()
    await bindChannel(client, port, channel + 1, raw)
    const parts = [0, 1, 2, 3].map((part) => new Uint8Array(part === 3 ? 40 : 100).fill(part + 1))
    raw.sendSegments(parts, relay)
    for (const part of parts) expect((await client.next()).octets).toEqual(channelData(channel + 1, part))
    await permitPeer(client, port, peer)
    using stranger = createRawPeer('127.0.0.1')
    stranger.sendSegments(parts, relay)
    for (const part of parts) {
      expect([...(await client.next()).octets]).toEqual([1, command.data, ...placeOf(stranger).slice(2, 4), ...part])
    }
    expect(worker.counter('packetsFromPeers')).toBe(8)
    // Towards the client, what came together leaves together.
    expect(worker.counter('sentInSegments')).toBeGreaterThanOrEqual(4)
  })

  for (const host of ['127.0.0.1', '::'] as const) {
    test(`splits what a client sends in segments to ${host}`, async () => {
      await using worker = await startUnderTest(host)
      const [port = 0] = worker.ports
      using client = createRawPeer()
      using peer = await openSocket()
      client.sendSegments([Uint8Array.of(0, command.allocate, 4)], port)
      expect(client.receive()[1]).toBe(command.allocate)
      client.sendSegments([Uint8Array.of(0, command.channel, 0x40, 1, ...placeOf(peer))], port)
      expect(client.receive()[1]).toBe(command.channel)
      const parts = [0, 1, 2, 3, 4].map((part) => new Uint8Array(part === 4 ? 3 : 160).fill(part))
      client.sendSegments(
        parts.map((part) => channelData(channel, part)),
        port,
      )
      for (const part of parts) expect((await peer.next()).octets).toEqual(part)
    })
  }

  test('lives through peers whose ports are closed, and tells what ICMP says', async () => {
    await using all = await relaying()
    const { client, peer, port, worker } = all
    const closed = await openSocket()
    await bindChannel(client, port, channel + 1, closed)
    closed[Symbol.dispose]()
    client.send(channelData(channel + 1, [1]), port)
    const { octets } = await client.next()
    expect([...octets.subarray(0, 6)]).toEqual([1, command.icmp, 3, 3, closed.port >> 8, closed.port & 255])
    for (let round = 0; round < 50; round++) {
      for (let index = 0; index < 10; index++) client.send(channelData(channel + 1, [1]), port)
      client.send(channelData(channel, [round]), port)
      expect([...(await peer.next()).octets]).toEqual([round])
    }
    expect(worker.facts).toEqual([])
  })

  test('a bug in one datagram is told and harms no other', async () => {
    await using all = await relaying()
    all.client.send([0, command.throw], all.port)
    expect([...(await ask(all.client, all.port, [0, command.echo])).octets]).toEqual([0, command.echo])
    await until(() => all.worker.facts.length > 0)
    expect(all.worker.facts[0]).toContain('machine-broke')
  })

  test('garbage from many ports leaves nothing behind', async () => {
    await using all = await relaying()
    const before = memory()
    for (let port = 0; port < 200; port++) {
      using stranger = await openSocket()
      for (let length = 0; length < 20; length++) stranger.send(new Uint8Array(length * 70).fill(32 + port), all.port)
      stranger.send(channelData(channel, [1, 2, 3]), all.port)
    }
    expect([...(await ask(all.client, all.port, [0, command.echo])).octets]).toEqual([0, command.echo])
    expect(memory() - before).toBeLessThan(40 * 1024 * 1024)
    expect(all.peer.waiting).toBe(0)
    expect(all.worker.counter('allocationsUdp')).toBe(1)
  })

  test('an allocation that is closed and made again in one go hears only its own peer', async () => {
    await using all = await relaying()
    const { client, peer, port, relay } = all
    for (let round = 0; round < 20; round++) {
      peer.send([1], relay)
      client.send([0, command.end], port)
      client.send([0, command.allocate, 4], port)
    }
    let last: Uint8Array = new Uint8Array()
    for (let answers = 0; answers < 40; ) {
      last = (await client.next()).octets
      if (last[0] === 1) answers++
    }
    const now = (last[2] ?? 0) * 256 + (last[3] ?? 0)
    await bindChannel(client, port, channel, peer)
    peer.send([5], now)
    expect([...(await client.next()).octets]).toEqual([...channelData(channel, [5])])
  })

  test('ends when the last allocation is gone, and leaves no descriptor open', async () => {
    const before = descriptors()
    const worker = await startUnderTest('127.0.0.1', '::1')
    const clients = await Promise.all(Array.from({ length: 20 }, () => openSocket()))
    for (const client of clients) await allocate(client, worker.ports[0] ?? 0, 10)
    const drained = worker.drain()
    for (const client of clients.slice(0, 10)) await ask(client, worker.ports[0] ?? 0, [0, command.end])
    for (const client of clients.slice(10)) await ask(client, worker.ports[0] ?? 0, [0, command.end])
    await drained
    for (const client of clients) client[Symbol.dispose]()
    await worker.stop()
    await until(() => descriptors() <= before + threadDescriptors)
    const again = await startUnderTest('127.0.0.1')
    for (let index = 0; index < 5; index++) {
      using client = await openSocket()
      await allocate(client, again.ports[0] ?? 0)
    }
    await again.stop()
  })

  test('says which port it cannot have', async () => {
    const failure = await startUnderTest('192.0.2.1').then(
      (worker: UnderTest) => worker.stop(),
      (fault: unknown) => String(fault),
    )
    expect(failure).toContain('EADDRNOTAVAIL')
  })

  test('sleeps when there is nothing to do', async () => {
    await using all = await relaying()
    await Bun.sleep(50)
    const before = all.worker.counter('receiveCalls')
    await Bun.sleep(300)
    expect(all.worker.counter('receiveCalls')).toBe(before)
  })
})

test('says whether raw sockets can be had', () => {
  expect(canUseBatch().ok).toBe(process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch))
})

/** What a thread of the runtime may keep open for itself. */
const threadDescriptors = 4

const descriptors = (): number => readdirSync('/proc/self/fd').length

function memory(): number {
  const pages = Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[1])
  return pages * 4096
}
