import { describe, expect, test } from 'bun:test'
import { clientKey } from '../../../src/turn/five-tuple.ts'
import { expectNothingLeft, type Put, peer, peer6, type Stage, stage, udp } from './stage.ts'

const lifetime =
  (seconds: number): Put =>
  (to) =>
    to.put('lifetime', seconds)
const family =
  (value: number): Put =>
  (to) =>
    to.put('requestedAddressFamily', value)
const dual = (self: Stage) => {
  const client = self.client()
  client.allocate((to) => udp(to) && to.put('additionalAddressFamily', 2))
  return client
}

describe('[R20] Refresh', () => {
  test('prolongs for what Allocate would have granted', () => {
    const self = stage()
    const client = self.client()
    client.allocate()
    const granted = (put?: Put) => client.ask('refresh', put)?.message.get('lifetime')
    expect([granted(), granted(lifetime(1)), granted(lifetime(1200)), granted(lifetime(100_000))]).toEqual([
      600, 600, 1200, 3600,
    ])
    self.pass(3_599_999)
    expect(self.server.size).toBe(1)
    self.pass(1)
    expectNothingLeft(self)
    expect(self.facts.at(-1)).toMatchObject({ fact: 'turn-ended', why: 'not refreshed' })
  })

  test('with LIFETIME 0 ends the allocation', () => {
    const self = stage()
    const client = self.client()
    client.allocate()
    expect(client.ask('refresh', lifetime(0))?.message.get('lifetime')).toBe(0)
    expectNothingLeft(self)
    expect(self.facts.at(-1)).toMatchObject({ fact: 'turn-ended', why: 'deleted by its client' })
    expect(client.ask('refresh', lifetime(0))?.code).toBe(437)
    expect(client.allocate()?.kind).toBe('success')
  })

  test('of a family that is not there is 443', () => {
    const client = stage().client()
    client.allocate()
    expect([1, 2, 0, 7].map((value) => client.ask('refresh', family(value))?.code)).toEqual([undefined, 443, 443, 443])
  })

  test('with LIFETIME 0 gives up one family of two alone', () => {
    const self = stage()
    const client = dual(self)
    client.ask('channelBind', (to) => to.put('channelNumber', 0x4000).put('xorPeerAddress', peer))
    client.ask('channelBind', (to) => to.put('channelNumber', 0x4001).put('xorPeerAddress', peer6))
    expect(client.ask('refresh', (to) => to.put('lifetime', 0).put('requestedAddressFamily', 1))?.kind).toBe('success')
    expect([self.server.size, self.sockets.size, self.ledger.ports[4].inUse]).toEqual([1, 1, 0])
    const { relays, peers } = client.allocation()
    expect(relays.map((relay) => relay.family)).toEqual([6])
    expect([[...peers.channels.keys()], peers.permissions.size]).toEqual([[0x4001], 1])
    expect(client.ask('createPermission', (to) => to.put('xorPeerAddress', peer))?.code).toBe(443)
    expect(client.ask('refresh', (to) => to.put('lifetime', 0).put('requestedAddressFamily', 2))?.kind).toBe('success')
    expectNothingLeft(self)
  })

  test('of one family prolongs both', () => {
    const self = stage()
    const client = dual(self)
    expect(client.ask('refresh', (to) => to.put('lifetime', 3600).put('requestedAddressFamily', 2))?.kind).toBe(
      'success',
    )
    self.pass(3_000_000)
    expect(self.server.allocationOf(clientKey(client.client))?.relays).toHaveLength(2)
  })
})
