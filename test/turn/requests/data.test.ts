import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { unmapped } from '../../../src/lib/ip-address.ts'
import { decodeMessage, transactionId } from '../../../src/turn/codec/message.ts'
import { indicationHeadroom } from '../../../src/turn/server.ts'
import { anyIp, at, port } from '../ip.ts'
import { peer, peer6, stage, udp } from './stage.ts'

describe('[D5] a Data indication', () => {
  const { server } = stage()
  const wrapped = (start: number, data: Uint8Array, from: Parameters<typeof server.wrapData>[3]) => {
    const bytes = new Uint8Array(start + data.length + 8).fill(0xee)
    bytes.set(data, start)
    const begin = server.wrapData(bytes, start, start + data.length, from)
    const end = start + Math.ceil(data.length / 4) * 4
    const decoded = decodeMessage(bytes, begin, end)
    if (!decoded.ok) throw new Error(decoded.error)
    return { bytes, begin, end, message: decoded.value }
  }

  test('is written around the data, which stays where it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), anyIp, port, fc.nat(9), (data, ip, number, more) => {
        const start = indicationHeadroom + more
        const { bytes, begin, end, message } = wrapped(start, data, { ip, port: number })
        expect([message.method, message.messageClass]).toEqual(['data', 'indication'])
        expect(message.get('xorPeerAddress')).toEqual({ ip: unmapped(ip), port: number })
        expect(message.get('data')).toEqual(data)
        expect(message.span('data')).toEqual({ start, end: start + data.length })
        expect(bytes.subarray(start + data.length, end)).toEqual(new Uint8Array(end - start - data.length))
        expect(bytes.subarray(0, begin)).toEqual(new Uint8Array(begin).fill(0xee))
        expect(bytes.subarray(end)).toEqual(new Uint8Array(bytes.length - end).fill(0xee))
      }),
    )
  })

  test('has another transaction id than the last', () => {
    const ids = Array.from({ length: 100 }, () =>
      transactionId(wrapped(indicationHeadroom, new Uint8Array(1), peer).message).toHex(),
    )
    expect(new Set(ids).size).toBe(100)
  })

  test('may carry as much as a datagram does', () => {
    const { message } = wrapped(indicationHeadroom, new Uint8Array(65_000), peer6)
    expect(message.get('data')).toHaveLength(65_000)
  })
})

describe('[D7] an ICMP error', () => {
  const permitted = () => {
    const self = stage()
    const client = self.client()
    client.allocate((to) => udp(to) && to.put('additionalAddressFamily', 2))
    client.ask('createPermission', (to) => to.put('xorPeerAddress', peer).put('xorPeerAddress', peer6))
    return { self, client }
  }
  const unreachable = { type: 3, code: 3, data: 0 }

  test('about a permitted peer is told', () => {
    const { self, client } = permitted()
    self.run(self.server.icmpReceived(client.allocation(), peer, { type: 3, code: 4, data: 1400 }, self.now))
    const told = client.hear()
    expect([told?.kind, told?.message.method]).toEqual(['indication', 'data'])
    expect(told?.message.get('icmp')).toEqual({ type: 3, code: 4, data: 1400 })
    expect(told?.message.get('xorPeerAddress')).toEqual(peer)
    expect(told?.message.span('data')).toBeUndefined()
  })

  test('about another peer, or of an allocation that is gone, is not', () => {
    const { self, client } = permitted()
    const allocation = client.allocation()
    self.run(self.server.icmpReceived(allocation, at('8.8.8.9', 1), unreachable, self.now))
    client.ask('refresh', (to) => to.put('lifetime', 0))
    self.run(self.server.icmpReceived(allocation, peer, unreachable, self.now))
    expect(client.hear()).toBeUndefined()
  })

  test('of a kind that does not concern clients is not', () => {
    const { self, client } = permitted()
    const told = (from: typeof peer, type: number) => {
      self.run(self.server.icmpReceived(client.allocation(), from, { type, code: 0, data: 0 }, self.now))
      return client.hear() !== undefined
    }
    const types = Array.from({ length: 20 }, (_, type) => type)
    expect(types.filter((type) => told(peer, type))).toEqual([3, 11])
    expect(types.filter((type) => told(peer6, type))).toEqual([1, 2, 3])
  })
})
