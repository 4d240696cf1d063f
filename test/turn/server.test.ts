import { describe, expect, test } from 'bun:test'
import { clientKey } from '../../src/turn/five-tuple.ts'
import { at, ip, ranges } from './ip.ts'
import { peer, settings, stage } from './requests/stage.ts'

describe('[R25] new settings', () => {
  const given = settings()
  const without8888 = { ...given, peers: { ...given.peers, denied: ranges('8.8.8.8', '2a00::8') } }

  test('leave allocations, and take what they forbid', () => {
    const self = stage()
    const client = self.client()
    client.allocate()
    client.ask('createPermission', (to) => to.put('xorPeerAddress', at('9.9.9.9', 1)))
    for (const [index, to] of [peer, at('8.8.8.9', 1)].entries()) {
      client.ask('channelBind', (writer) => writer.put('channelNumber', 0x4000 + index).put('xorPeerAddress', to))
    }
    client.indicate('send', (to) => to.put('xorPeerAddress', peer).put('data', new Uint8Array(1)))
    self.run(self.server.reload(without8888, self.now))
    const { permissions, channels, channelsByPeer } = client.allocation().peers
    expect([permissions.size, [...channels.keys()], channelsByPeer.size]).toEqual([2, [0x4001], 1])
    client.indicate('send', (to) => to.put('xorPeerAddress', peer).put('data', new Uint8Array(1)))
    expect(self.sent).toHaveLength(1)
    expect(client.ask('createPermission', (to) => to.put('xorPeerAddress', peer))?.code).toBe(403)
  })

  test('take a channel whose port they forbid, and leave the permission', () => {
    const self = stage()
    const client = self.client()
    client.allocate()
    client.ask('channelBind', (to) => to.put('channelNumber', 0x4000).put('xorPeerAddress', peer))
    self.run(self.server.reload({ ...given, peers: { ...given.peers, closed: [peer] } }, self.now))
    const { permissions, channels } = client.allocation().peers
    expect([permissions.size, channels.size]).toEqual([1, 0])
    client.indicate('send', (to) => to.put('xorPeerAddress', peer).put('data', new Uint8Array(1)))
    expect(self.sent).toEqual([])
  })

  test('take IPv6 as well', () => {
    const self = stage()
    const client = self.client()
    client.allocate((to) => to.put('requestedTransport', 17).put('requestedAddressFamily', 2))
    client.ask('createPermission', (to) =>
      to.put('xorPeerAddress', at('2a00::8', 1)).put('xorPeerAddress', at('2a00::9', 1)),
    )
    self.run(self.server.reload(without8888, self.now))
    expect(client.allocation().peers.permissions.size).toBe(1)
  })

  test('count for users and for what clients are told', () => {
    const self = stage()
    const client = self.client()
    client.allocate()
    const credentials = { users: new Map([['zoe', 'z']]), secrets: [], hook: false }
    self.run(
      self.server.reload(
        settings({ credentials, relays: { 4: { bound: ip('10.0.0.7'), told: ip('192.0.2.99') } } }),
        self.now,
      ),
    )
    expect(client.ask('refresh')?.kind).toBe('success')
    expect(self.client(5001).allocate()?.code).toBe(401)
    const zoe = self.client(5002, { username: 'zoe', password: 'z' }).allocate()
    expect(zoe?.message.get('xorRelayedAddress')?.ip).toEqual(ip('192.0.2.99'))
  })
})

test('[Q18] the server says when it wants to be woken', () => {
  const self = stage()
  expect(self.server.nextDeadline()).toBeUndefined()
  const client = self.client()
  client.allocate()
  expect(self.server.nextDeadline()).toBe(self.now + 600_000)
  expect(self.server.expired(self.now)).toEqual([])
  expect(self.server.allocationOf(clientKey(client.client))).toBe(client.allocation())
  self.pass(600_000)
  expect(self.server.nextDeadline()).toBeUndefined()
  expect(self.server.allocationOf(clientKey(client.client))).toBeUndefined()
})
