/** Sockets whose peers are not there, cannot be reached or flood: nothing of it may be thrown. */
import { expect, test } from 'bun:test'
import { at, counterBytes, countersIn } from '../../../../src/io/turn/counters.ts'
import { bindDatagrams, type DatagramSocket } from '../../../../src/io/turn/portable/datagrams.ts'
import { createTick } from '../../../../src/io/turn/portable/tick.ts'
import { openPeer } from '../../../contract/turn-world.ts'

interface Bound extends Disposable {
  readonly socket: DatagramSocket
  readonly got: { readonly bytes: Uint8Array; readonly port: number; readonly address: string }[]
  readonly faults: unknown[]
  counter(name: keyof typeof at): number
}

async function bound(received?: () => void, host = '127.0.0.1'): Promise<Bound> {
  const got: { bytes: Uint8Array; port: number; address: string }[] = []
  const faults: unknown[] = []
  const broke = (error: unknown) => void faults.push(error)
  const counters = countersIn(new ArrayBuffer(counterBytes))
  const socket = await bindDatagrams({
    ...{ host, port: 0, counters, broke },
    tick: createTick(broke),
    received(bytes, port, address) {
      got.push({ bytes, port, address })
      received?.()
    },
  })
  return {
    ...{ socket, got, faults },
    counter: (name) => counters.values[at[name]] ?? 0,
    [Symbol.dispose]: () => socket.close(),
  }
}

test('several datagrams of a turn go out in one call, each to its own', async () => {
  using one = await bound()
  using first = await openPeer()
  using second = await openPeer()
  for (const value of [1, 2, 3]) one.socket.send(Uint8Array.of(value), first.port, '127.0.0.1')
  one.socket.send(Uint8Array.of(4), second.port, '127.0.0.1')
  expect(one.counter('sendCalls')).toBe(0)
  expect([...(await first.next()).data, ...(await first.next()).data, ...(await first.next()).data]).toEqual([1, 2, 3])
  expect([...(await second.next()).data]).toEqual([4])
  expect(one.counter('sendCalls')).toBe(1)
})

test('a storm to a closed port harms no other, and nothing is thrown', async () => {
  using one = await bound()
  using peer = await openPeer()
  const gone = await openPeer()
  gone[Symbol.dispose]()
  for (let round = 0; round < 20; round++) {
    for (let at = 0; at < 10; at++) {
      one.socket.send(Uint8Array.of(round, at), gone.port, '127.0.0.1')
      one.socket.send(Uint8Array.of(round, at), peer.port, '127.0.0.1')
    }
    for (let at = 0; at < 10; at++) expect([...(await peer.next()).data]).toEqual([round, at])
  }
  expect(one.faults).toEqual([])
})

test('what cannot be sent is counted, what comes after it is sent', async () => {
  using one = await bound()
  using peer = await openPeer()
  one.socket.send(new Uint8Array(65_508), peer.port, '127.0.0.1')
  one.socket.send(Uint8Array.of(1), 9, '255.255.255.255')
  one.socket.send(Uint8Array.of(1), 9, '::1')
  one.socket.send(Uint8Array.of(1), 0, '127.0.0.1')
  one.socket.send(Uint8Array.of(2), peer.port, '127.0.0.1')
  expect([...(await peer.next()).data]).toEqual([2])
  expect(one.counter('droppedSendFailed')).toBe(3)
  expect(one.faults).toEqual([])
})

test('what one datagram makes throw is told, and the next is received', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  let count = 0
  using one = await bound(() => {
    if (++count === 1) throw new Error('as the test wants it')
    resolve()
  })
  using peer = await openPeer()
  peer.send(Uint8Array.of(1), { ...peer.address, port: one.socket.port })
  peer.send(Uint8Array.of(2), { ...peer.address, port: one.socket.port })
  await promise
  expect(one.faults).toHaveLength(1)
})

test('octets that were received stay as they were', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  let count = 0
  using one = await bound(() => {
    if (++count === 20) resolve()
  })
  using peer = await openPeer()
  for (let at = 0; at < 20; at++) peer.send(Uint8Array.of(at), { ...peer.address, port: one.socket.port })
  await promise
  expect(one.got.map(({ bytes }) => bytes[0])).toEqual(Array.from({ length: 20 }, (_, at) => at))
})

test('what was said before a socket is closed is sent, after it nothing', async () => {
  using one = await bound()
  using peer = await openPeer()
  one.socket.send(Uint8Array.of(1), peer.port, '127.0.0.1')
  one.socket.close()
  one.socket.send(Uint8Array.of(2), peer.port, '127.0.0.1')
  one.socket.close()
  expect([...(await peer.next()).data]).toEqual([1])
  using next = await bound()
  next.socket.send(Uint8Array.of(3), peer.port, '127.0.0.1')
  expect([...(await peer.next()).data]).toEqual([3])
  expect(one.faults).toEqual([])
})
