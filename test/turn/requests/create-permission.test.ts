import { describe, expect, test } from 'bun:test'
import type { TransportAddress } from '../../../src/lib/ip-address.ts'
import { mostPermissions } from '../../../src/turn/allocation.ts'
import { at } from '../ip.ts'
import { peer, peer6, type Stage, stage, udp } from './stage.ts'

const allocated = (self: Stage = stage()) => {
  const client = self.client()
  client.allocate()
  return client
}
const permit = (client: ReturnType<typeof allocated>, ...peers: readonly TransportAddress[]) => {
  const reply = client.ask('createPermission', (to) => {
    for (const one of peers) to.put('xorPeerAddress', one)
  })
  return reply?.code ?? reply?.kind
}

describe('[R21] CreatePermission', () => {
  test('permits one address or several', () => {
    const client = allocated()
    expect(permit(client, peer, at('9.9.9.9', 1))).toBe('success')
    expect(client.allocation().peers.permissions.size).toBe(2)
  })

  test('needs an address', () => {
    expect(permit(allocated())).toBe(400)
  })

  test('judges each on its own, and permits none if one is not let in', () => {
    const client = allocated()
    expect(permit(client, peer, at('8.8.4.4', 1))).toBe(403)
    expect(permit(client, at('8.8.4.4', 1), peer)).toBe(403)
    expect(permit(client, peer, peer6)).toBe(443)
    expect(client.allocation().peers.permissions.size).toBe(0)
  })

  test('is 508 if there is no room for all', () => {
    const client = allocated()
    const some = (count: number, from: number) =>
      Array.from({ length: count }, (_, index) => at(`9.9.${from}.${index}`, 1))
    expect(permit(client, ...some(mostPermissions - 1, 1))).toBe('success')
    expect(permit(client, ...some(2, 2))).toBe(508)
    expect(permit(client, ...some(1, 2))).toBe('success')
  })
})

describe('[R23] peers', () => {
  test.each([
    ['127.0.0.1', 403],
    ['10.0.0.1', 403],
    ['169.254.169.254', 403],
    ['224.0.0.1', 403],
    ['0.0.0.0', 403],
    ['::1', 443],
    ['2a00::1', 443],
  ])('%s over IPv4 is %p', (address, code) => {
    const self = stage()
    expect(permit(allocated(self), at(address, 1))).toBe(code)
    const told = self.facts.filter(({ fact }) => fact === 'turn-peer-refused')
    expect(told).toHaveLength(code === 403 ? 1 : 0)
  })

  test.each([
    ['::ffff:127.0.0.1', 403],
    ['::127.0.0.1', 403],
    ['64:ff9b::7f00:1', 403],
    ['2002:7f00:1::1', 403],
    ['::ffff:8.8.8.8', 443],
    ['8.8.8.8', 443],
    ['10.0.0.1', 443],
  ])('%s over IPv6 is %p', (address, code) => {
    const client = stage().client()
    client.allocate((to) => udp(to) && to.put('requestedAddressFamily', 2))
    expect(permit(client, at(address, 1))).toBe(code)
  })

  test('IPv4 in IPv6 clothes is reached as IPv4, if there is a relay for that', () => {
    const self = stage()
    const client = self.client()
    client.allocate((to) => udp(to) && to.put('additionalAddressFamily', 2))
    const clothed = at('::ffff:8.8.8.8', 7)
    expect(permit(client, clothed)).toBe('success')
    client.indicate('send', (to) => to.put('xorPeerAddress', clothed).put('data', new Uint8Array(1)))
    expect(self.sent).toMatchObject([{ from: { family: 4 }, to: at('8.8.8.8', 7) }])
    client.ask('channelBind', (to) => to.put('channelNumber', 0x4000).put('xorPeerAddress', clothed))
    expect(client.allocation().peers.channels.get(0x4000)?.peer).toEqual(at('8.8.8.8', 7))
  })
})

test('[R6] without an allocation 437, with that of another user 441', () => {
  const client = stage().client()
  const ask = (method: 'createPermission' | 'channelBind' | 'refresh', who?: { username: string; password: string }) =>
    client.ask(method, (to) => to.put('xorPeerAddress', peer).put('channelNumber', 0x4000), who)?.code
  const methods = ['createPermission', 'channelBind', 'refresh'] as const
  expect(methods.map((method) => ask(method))).toEqual([437, 437, 437])
  client.allocate()
  const bob = { username: 'bob', password: 'builder' }
  expect(methods.map((method) => ask(method, bob))).toEqual([441, 441, 441])
  expect(methods.map((method) => ask(method))).toEqual([undefined, undefined, undefined])
})
