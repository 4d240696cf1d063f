import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createInbox, type Inbox, inboxOctets } from '../../../../src/io/turn/batch/inbox.ts'
import { createOutbox, type Outbox, outboxOctets } from '../../../../src/io/turn/batch/outbox.ts'
import { mapRegion, type Region } from '../../../../src/io/turn/batch/region.ts'
import { createSockets, type OpenSocket, type Sockets } from '../../../../src/io/turn/batch/sockets.ts'
import { at, type Counters, counterBytes, countersIn } from '../../../../src/io/turn/counters.ts'
import { ip } from '../../../turn/ip.ts'
import { canRun } from './tiny-client.ts'

const loopback = ip('127.0.0.1')

describe.skipIf(!canRun)('what waits to be sent', () => {
  let region: Region
  let sockets: Sockets
  let inbox: Inbox
  let outbox: Outbox
  let counters: Counters
  let from: OpenSocket
  let peers: readonly OpenSocket[]

  beforeAll(() => {
    region = mapRegion(inboxOctets + outboxOctets + 16_384)
    sockets = createSockets(region)
    inbox = createInbox(region)
    counters = countersIn(new ArrayBuffer(counterBytes))
    outbox = createOutbox(region, counters)
    from = open()
    peers = [open(), open()]
    outbox.open(from.fd, from.family, 'peer')
  })
  afterAll(() => {
    for (const { fd } of [from, ...peers]) sockets.close(fd)
    region.free()
  })

  function open(): OpenSocket {
    const opened = sockets.openRelay({ ip: loopback, port: 0 })
    if (!opened.ok) throw new Error(opened.error.text)
    return opened.value
  }

  interface Sent {
    readonly to: number
    readonly head: boolean
    readonly length: number
  }

  function send({ to, head, length }: Sent, mark: number): void {
    const room = outbox.scratch(length + 4)
    if (room === undefined) throw new Error('no room')
    region.bytes.fill(mark, room, room + length + 4)
    outbox.add(from.fd, { ip: loopback, port: peers[to]?.port ?? 0 }, 0, undefined, head ? room : -1, room + 4, length)
  }

  function received(fd: number): number[][] {
    const all: number[][] = []
    for (;;) {
      inbox.clear()
      const count = inbox.receive(fd, 64)
      if (count <= 0) return all
      for (let slot = 0; slot < count; slot++) {
        const start = inbox.dataAt(slot)
        const length = inbox.lengthOf(slot)
        const segment = inbox.segmentOf(slot) || Math.max(length, 1)
        for (let offset = 0; offset < Math.max(length, 1); offset += segment) {
          const end = start + Math.min(offset + segment, length)
          all.push([...region.bytes.subarray(start + offset, end)])
        }
      }
    }
  }

  test('arrives whole, in order, and nobody gets what is for another', () => {
    const datagram = fc.record({
      to: fc.integer({ min: 0, max: 1 }),
      head: fc.boolean(),
      length: fc.oneof(fc.constantFrom(0, 160, 164, 1000), fc.integer({ min: 0, max: 1400 })),
    })
    fc.assert(
      fc.property(fc.array(datagram, { maxLength: 90 }), (all) => {
        for (const [index, one] of all.entries()) send(one, index)
        outbox.flush()
        for (const [index, { fd }] of peers.entries()) {
          const expected = all.flatMap(({ to, head, length }, mark) =>
            to === index ? [new Array<number>(length + (head ? 4 : 0)).fill(mark)] : [],
          )
          expect(received(fd)).toEqual(expected)
        }
      }),
      { numRuns: 50 },
    )
  })

  test('equal neighbours leave with one call as segments, and all are counted', () => {
    const before = counters.values.slice()
    for (let index = 0; index < 70; index++) send({ to: 0, head: true, length: 200 }, index)
    outbox.flush()
    expect(received(peers[0]?.fd ?? -1)).toHaveLength(70)
    const grown = (name: 'sendCalls' | 'packetsToPeers' | 'bytesToPeers' | 'sentInSegments') =>
      (counters.values[at[name]] ?? 0) - (before[at[name]] ?? 0)
    expect([grown('packetsToPeers'), grown('bytesToPeers')]).toEqual([70, 70 * 204])
    expect([grown('sendCalls'), grown('sentInSegments')]).toEqual([1, 70])
  })

  test('what cannot be sent is counted and stops nothing', () => {
    const before = counters.values[at.droppedSendFailed] ?? 0
    for (const length of [10, 65_535, 10]) send({ to: 1, head: false, length }, length)
    outbox.flush()
    expect(received(peers[1]?.fd ?? -1)).toEqual([new Array<number>(10).fill(10), new Array<number>(10).fill(10)])
    expect(counters.values[at.droppedSendFailed]).toBe(before + 1)
  })

  test('more than there is room for goes out in between', () => {
    for (let index = 0; index < 2500; index++) {
      send({ to: 0, head: false, length: 1 }, 1)
      if (index % 500 === 499) expect(received(peers[0]?.fd ?? -1).length).toBeGreaterThanOrEqual(0)
    }
    outbox.flush()
    expect(outbox.scratch(10_000_000)).toBeUndefined()
    received(peers[0]?.fd ?? -1)
  })

  test('is sent before its socket is closed, and forgotten then', () => {
    const other = open()
    outbox.open(other.fd, other.family, 'peer')
    const room = outbox.scratch(3) ?? 0
    outbox.add(other.fd, { ip: loopback, port: peers[0]?.port ?? 0 }, 0, undefined, -1, room, 3)
    outbox.close(other.fd)
    expect(received(peers[0]?.fd ?? -1)).toHaveLength(1)
    outbox.add(other.fd, { ip: loopback, port: peers[0]?.port ?? 0 }, 0, undefined, -1, room, 3)
    outbox.flush()
    expect(received(peers[0]?.fd ?? -1)).toEqual([])
    sockets.close(other.fd)
  })
})
