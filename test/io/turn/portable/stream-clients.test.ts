/** TCP clients of a portable worker: what comes in pieces, what is no TURN, what takes too long, who reads too slowly. */
import { describe, expect, test } from 'bun:test'
import { createTurnServer } from '../../../../src/turn/server.ts'
import { alice, bob, openPeer } from '../../../contract/turn-world.ts'
import { tempFolder } from '../../../support/temp-folder.ts'
import { message, randomTransaction, type TurnClient } from '../../../support/turn-client.ts'
import { binding, openPlain } from './plain.ts'
import { patient, type Stage, startStage, tcp, tlsListener } from './stage.ts'

const channel = 0x4001
async function withChannel(stage: Stage, who = alice) {
  const peer = await openPeer()
  const client = await stage.client(who)
  const relay = await client.allocate()
  const answer = await client.ask('channelBind', (writer) => {
    writer.put('channelNumber', channel).put('xorPeerAddress', peer.address)
  })
  expect(typeof answer === 'string' ? answer : answer.messageClass).toBe('success')
  return { client, peer, relay }
}

async function isServed(client: TurnClient): Promise<boolean> {
  return typeof (await client.ask('binding', () => {}, { as: 'none' })) !== 'string'
}

describe('a stream', () => {
  test('may come octet by octet, and several messages at once', async () => {
    await using stage = await startStage()
    using one = await openPlain(stage.port)
    const all = Buffer.concat([binding(), binding(), binding()])
    for (const octet of all.subarray(0, 25)) one.socket.write(Buffer.of(octet))
    await one.got(1)
    one.socket.write(all.subarray(25))
    await one.got(3)
  })

  test('carries the longest data that a datagram can have, and drops what is longer', async () => {
    await using stage = await startStage()
    const { client, peer, relay } = await withChannel(stage)
    const longest = crypto.getRandomValues(new Uint8Array(65_507))
    client.channelData(channel, new Uint8Array(65_508))
    client.channelData(channel, longest)
    expect((await peer.next()).data).toEqual(longest)
    expect(stage.counter('droppedSendFailed')).toBe(1)
    peer.send(longest, relay)
    expect((await client.relayed())?.data).toEqual(longest)
    peer[Symbol.dispose]()
  })

  test('keeps the order of many small frames that come glued together', async () => {
    await using stage = await startStage()
    const { client, peer, relay } = await withChannel(stage)
    const frames = Array.from({ length: 100 }, (_, at) => Uint8Array.of(0x40, 1, 0, 2, at >> 8, at & 255, 0, 0))
    client.line.send(Buffer.concat(frames))
    for (let at = 0; at < 100; at++) expect([...(await peer.next()).data]).toEqual([at >> 8, at & 255])
    for (let at = 0; at < 100; at++) peer.send(Uint8Array.of(at), relay)
    for (let at = 0; at < 100; at++) expect((await client.relayed())?.data).toEqual(Uint8Array.of(at))
    peer[Symbol.dispose]()
  })
})

describe('garbage', () => {
  for (const [what, bytes] of [
    ['HTTP', Buffer.from('POST / HTTP/1.1\r\n\r\n')],
    ['TLS', Buffer.from('16030100c8010000', 'hex')],
    ['STUN without the cookie', Buffer.alloc(20)],
    ['64 KiB of noise', Buffer.alloc(65_536, 0xfe)],
  ] as const) {
    test(`${what} closes its connection and no other, and an allocation with it`, async () => {
      await using stage = await startStage()
      const { client, peer } = await withChannel(stage)
      using other = await openPlain(stage.port)
      client.line.send(bytes)
      await client.line.closed
      expect((await stage.told('turn-connection-refused')).why).toBe('garbage')
      expect((await stage.told('turn-ended')).why).toBe('connection closed')
      other.socket.write(binding())
      await other.got(1)
      expect(stage.counter('clientConnections')).toBe(1)
      expect(stage.counter('allocationsTcp')).toBe(0)
      peer[Symbol.dispose]()
    })
  }

  test('a line of HTTP that looks like ChannelData is garbage from somebody without an allocation, all or half of it', async () => {
    await using stage = await startStage()
    for (const bytes of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.from('G'), Buffer.of(0x40, 1, 0, 0)]) {
      using one = await openPlain(stage.port)
      one.socket.write(bytes)
      await one.closed
    }
  })

  test('what was whole in front of it is answered', async () => {
    await using stage = await startStage()
    using one = await openPlain(stage.port)
    one.socket.write(Buffer.concat([binding(), Buffer.from('nonsense')]))
    await one.got(1)
    await one.closed
  })
})

describe('without an allocation', () => {
  const quick = { ...patient, allocate: 150 }

  test('a connection lasts so long and no longer, whatever else it asks for', async () => {
    await using stage = await startStage({ limits: quick })
    using one = await openPlain(stage.port)
    one.socket.write(binding())
    await one.got(1)
    await one.closed
    expect((await stage.told('turn-connection-refused')).why).toBe('no allocation in time')
  })

  test('it counts again from the end of the allocation', async () => {
    await using stage = await startStage({ limits: quick })
    const client = await stage.client()
    await client.allocate()
    await Bun.sleep(2 * quick.allocate)
    expect(await isServed(client)).toBe(true)
    await client.ask('refresh', (writer) => writer.put('lifetime', 0))
    await client.line.closed
    expect((await stage.told('turn-ended')).why).toBe('deleted by its client')
  })

  test('an address has 32 connections, and more once some have allocations or are gone', async () => {
    await using stage = await startStage()
    const held = await Promise.all(Array.from({ length: 32 }, () => openPlain(stage.port)))
    held[31]?.socket.write(binding())
    await held[31]?.got(1)
    using refused = await openPlain(stage.port)
    await refused.closed
    expect((await stage.told('turn-connection-refused')).why).toBe('too many without allocation')
    for (const one of held.slice(0, 2)) one[Symbol.dispose]()
    while (stage.counter('clientConnections') > 30) await Bun.sleep(1)
    const client = await stage.client()
    await client.allocate()
    using first = await openPlain(stage.port)
    using second = await openPlain(stage.port)
    second.socket.write(binding())
    await second.got(1)
    using third = await openPlain(stage.port)
    await third.closed
    for (const one of held) one[Symbol.dispose]()
    first[Symbol.dispose]()
  })
})

describe('a client that reads slowly', () => {
  for (const transport of ['tcp', 'tls'] as const) {
    test(`loses data over ${transport}, not its connection; what it gets is whole, and nobody else waits`, async () => {
      using folder = tempFolder()
      await using stage = await startStage({ listener: transport === 'tls' ? tlsListener(folder) : tcp })
      const quick = await withChannel(stage, bob)
      using peer = await openPeer()
      using slow = await openPlain(stage.port, alice, transport)
      const allocated = await slow.ask('allocate', (writer) => writer.put('requestedTransport', 17))
      const relay = allocated.get('xorRelayedAddress')
      await slow.ask('channelBind', (writer) => {
        writer.put('channelNumber', channel).put('xorPeerAddress', peer.address)
      })
      if (!relay) throw new Error('no allocation')
      const before = slow.frames.length
      slow.socket.pause()
      const data = new Uint8Array(60_000).fill(0x5a)
      while (stage.counter('droppedSlowClient') < 20) {
        for (let at = 0; at < 20; at++) peer.send(data, relay)
        quick.peer.send(Uint8Array.of(1), quick.relay)
        expect((await quick.client.relayed())?.data).toEqual(Uint8Array.of(1))
      }
      const sent = stage.counter('packetsToClients')
      slow.socket.resume()
      slow.socket.write(binding())
      const isAnswer = (frame: Uint8Array) => (frame[0] ?? 4) <= 3
      while (!slow.frames.slice(before).some(isAnswer)) await slow.got(slow.frames.length + 1)
      expect(slow.isGarbled()).toBe(false)
      expect(
        slow.frames
          .slice(before)
          .filter((frame) => !isAnswer(frame))
          .every((frame) => frame.length === 60_004),
      ).toBe(true)
      expect(slow.frames.length).toBeLessThan(sent)
      quick.peer[Symbol.dispose]()
    })
  }
})

test('who asks and asks and never reads the answers is given up', async () => {
  await using stage = await startStage()
  using one = await openPlain(stage.port)
  one.socket.pause()
  const many = Buffer.concat(Array.from({ length: 1_000 }, binding))
  const told = stage.told('turn-connection-refused')
  let isTold = false
  void told.then(() => {
    isTold = true
  })
  while (!isTold) {
    one.socket.write(many)
    await Bun.sleep(0)
  }
  expect((await told).why).toBe('too slow')
  one.socket.resume()
  await one.closed
})

test('a bug that one client brings about ends its connection and nothing else', async () => {
  await using stage = await startStage({
    makeServer(parts) {
      const server = createTurnServer(parts)
      return {
        ...server,
        received(bytes, start, end, client, now) {
          if (end - start === 24) throw new Error('as the test wants it')
          return server.received(bytes, start, end, client, now)
        },
        get size() {
          return server.size
        },
      }
    },
  })
  using one = await openPlain(stage.port)
  using other = await openPlain(stage.port)
  one.socket.write(
    message('binding', 'request', randomTransaction(), (writer) => writer.putOctets(0x8000, new Uint8Array(0))),
  )
  await one.closed
  expect((await stage.told('machine-broke')).error).toContain('as the test wants it')
  other.socket.write(binding())
  await other.got(1)
})
