import { describe, expect, test } from 'bun:test'
import type { TransportAddress } from '../../../src/lib/ip-address.ts'
import { clientKey } from '../../../src/turn/five-tuple.ts'
import { at, ranges } from '../ip.ts'
import { endAll, expectNothingLeft, type Put, peer, peer6, type Stage, settings, stage, udp } from './stage.ts'

const tcp: Put = (to) => to.put('requestedTransport', 6)

function streaming(self: Stage = stage({ settings: settings({ tcpRelay: true }) })) {
  const client = self.client(5000, { listener: 1 })
  client.allocate(tcp)
  return { self, client }
}
const connect = (client: ReturnType<typeof streaming>['client'], to: TransportAddress = peer) =>
  client.ask('connect', (writer) => writer.put('xorPeerAddress', to))
const asked = (self: Stage) =>
  self.actions.flatMap((action) => (action.do === 'connect-peer' ? [action.connection] : [])).at(-1) ?? 0
const ended = (self: Stage) =>
  self.actions.flatMap((action) => (action.do === 'disconnect-peer' ? [action.connection] : []))

describe('[R26] Connect', () => {
  test('has the world connect, and tells the number when it has', () => {
    const { self, client } = streaming()
    expect(connect(client)).toBeUndefined()
    const id = asked(self)
    expect(self.actions.at(-1)).toMatchObject({ do: 'connect-peer', peer, allocation: client.allocation() })
    self.run(self.server.peerConnected(id, self.now))
    const reply = client.hear()
    expect([reply?.kind, reply?.message.get('connectionId')]).toEqual(['success', id])
    expect(reply?.message.integrityAt).toBeDefined()
  })

  test('has numbers that differ', () => {
    const { self, client } = streaming()
    const ids = Array.from({ length: 20 }, (_, index) => {
      connect(client, at('8.8.8.8', index + 1))
      return asked(self)
    })
    expect(new Set(ids).size).toBe(20)
  })

  test('is 447 if the peer cannot be reached, and may be tried again', () => {
    const { self, client } = streaming()
    connect(client)
    self.run(self.server.peerFailed(asked(self), 'ECONNREFUSED', self.now))
    expect(client.hear()?.code).toBe(447)
    expect(connect(client)).toBeUndefined()
    expect(asked(self)).not.toBe(0)
  })

  test('is 446 twice to a peer, 508 over 64, 400 without one, 403 and 443 as elsewhere', () => {
    const { client } = streaming()
    connect(client)
    expect(connect(client)?.code).toBe(446)
    expect(client.ask('connect')?.code).toBe(400)
    expect(connect(client, at('127.0.0.1', 22))?.code).toBe(403)
    expect(connect(client, peer6)?.code).toBe(443)
    for (let index = 1; index < 64; index++) expect(connect(client, at('8.8.8.8', index))).toBeUndefined()
    expect(connect(client, at('8.8.8.8', 99))?.code).toBe(508)
  })

  test('judges the port', () => {
    const given = settings({ tcpRelay: true })
    const self = stage({ settings: { ...given, peers: { ...given.peers, closed: [peer] } } })
    expect(connect(streaming(self).client)?.code).toBe(403)
  })

  test('is 437 without an allocation of that kind, 400 where it is not switched on', () => {
    const self = stage({ settings: settings({ tcpRelay: true }) })
    const client = self.client(5000, { listener: 1 })
    expect(connect(client)?.code).toBe(437)
    client.allocate(udp)
    expect(connect(client)?.code).toBe(437)
    expect(connect(stage().client(5000, { listener: 1 }))?.code).toBe(400)
  })

  test('goes with neither channels nor Send', () => {
    const { self, client } = streaming()
    client.ask('createPermission', (to) => to.put('xorPeerAddress', peer))
    expect(client.ask('channelBind', (to) => to.put('channelNumber', 0x4000).put('xorPeerAddress', peer))?.code).toBe(
      400,
    )
    client.indicate('send', (to) => to.put('xorPeerAddress', peer).put('data', new Uint8Array(1)))
    expect(self.sent).toEqual([])
  })
})

describe('[R27] a peer who connects', () => {
  test('is told of if he is permitted', () => {
    const { self, client } = streaming()
    client.ask('createPermission', (to) => to.put('xorPeerAddress', peer))
    const { connection, actions } = self.server.peerArrived(client.allocation(), at('8.8.8.8', 9), self.now)
    self.run(actions)
    const told = client.hear()
    expect([told?.kind, told?.message.method]).toEqual(['indication', 'connectionAttempt'])
    expect(told?.message.get('connectionId')).toBe(connection ?? 0)
    expect(told?.message.get('xorPeerAddress')).toEqual(at('8.8.8.8', 9))
  })

  test('is not let in otherwise', () => {
    const { self, client } = streaming()
    const arrive = () => self.server.peerArrived(client.allocation(), peer, self.now)
    expect(arrive()).toEqual({ connection: undefined, actions: [] })
    client.ask('createPermission', (to) => to.put('xorPeerAddress', peer))
    self.pass(300_000)
    expect(arrive().connection).toBeUndefined()
    const allocation = client.allocation()
    client.ask('createPermission', (to) => to.put('xorPeerAddress', peer))
    client.ask('refresh', (to) => to.put('lifetime', 0))
    expect(self.server.peerArrived(allocation, peer, self.now).connection).toBeUndefined()
  })
})

describe('[R29] the end', () => {
  const joined = () => {
    const { self, client } = streaming()
    connect(client)
    const id = asked(self)
    self.run(self.server.peerConnected(id, self.now))
    client.hear()
    const data = self.client(5001, { listener: 1 })
    expect(data.ask('connectionBind', (to) => to.put('connectionId', id))?.kind).toBe('success')
    return { self, client, data, id }
  }

  test('of the data connection is that of the peer connection, and the other way round', () => {
    const one = joined()
    one.self.run(one.self.server.closed(clientKey(one.data.client), one.self.now))
    expect(ended(one.self)).toEqual([one.id])
    const other = joined()
    other.self.run(other.self.server.peerClosed(other.id, other.self.now))
    expect(ended(other.self)).toEqual([other.id])
    expect(connect(other.client)).toBeUndefined()
  })

  test('of the allocation is that of all its connections', () => {
    const { self, client, id } = joined()
    connect(client, at('8.8.8.8', 1))
    const second = asked(self)
    self.run(self.server.closed(clientKey(client.client), self.now))
    expect(ended(self)).toEqual([id, second])
    self.run(self.server.peerConnected(second, self.now))
    self.run(self.server.peerFailed(second, 'aborted', self.now))
    self.run(self.server.peerClosed(id, self.now))
    expect([ended(self).length, client.hear()]).toEqual([2, undefined])
    expectNothingLeft(self)
  })

  test('comes with an administrator too', () => {
    const { self, id, client } = joined()
    endAll(self)
    expect(ended(self)).toEqual([id])
    expect(self.actions).toContainEqual({ do: 'close-client', client: client.client })
    expectNothingLeft(self)
  })
})

test('[R25] new settings end connections that they forbid', () => {
  const { self, client } = streaming()
  connect(client)
  const id = asked(self)
  connect(client, at('9.9.9.9', 1))
  const given = settings({ tcpRelay: true })
  self.run(self.server.reload({ ...given, peers: { ...given.peers, denied: ranges('8.8.8.8') } }, self.now))
  expect(ended(self)).toEqual([id])
})
