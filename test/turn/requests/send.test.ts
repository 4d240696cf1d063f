import { describe, expect, test } from 'bun:test'
import type { TransportAddress } from '../../../src/lib/ip-address.ts'
import { at } from '../ip.ts'
import { type Put, peer, type StageParts, settings, stage } from './stage.ts'

const data = new Uint8Array([1, 2, 3, 4, 5])
const to =
  (address: TransportAddress, octets = data): Put =>
  (writer) =>
    writer.put('xorPeerAddress', address).put('data', octets)

function permitted(parts: StageParts = {}) {
  const self = stage(parts)
  const client = self.client()
  client.allocate()
  client.ask('createPermission', (writer) => writer.put('xorPeerAddress', peer))
  const why = () => self.facts.flatMap((fact) => (fact.fact === 'turn-ignored' ? [fact.why] : []))
  return { self, client, why }
}

describe('[D1] a Send indication', () => {
  test('goes to its peer, on every port, as it is', () => {
    const { self, client } = permitted()
    client.indicate('send', to(peer))
    client.indicate('send', to(at('8.8.8.8', 1), new Uint8Array(0)))
    const [from] = client.allocation().relays
    expect(self.sent).toMatchObject([
      { from, to: peer, data },
      { from, to: at('8.8.8.8', 1), data: new Uint8Array(0) },
    ])
  })

  test('without a permission, or when it has ended, goes nowhere and is not answered', () => {
    const { self, client, why } = permitted()
    client.indicate('send', to(at('8.8.8.9', 1)))
    self.pass(300_000)
    client.indicate('send', to(peer))
    expect([self.sent, self.heard, why()]).toEqual([[], [], ['no permission', 'no permission']])
  })

  test('to a port that is not let in goes nowhere, though the address is permitted', () => {
    const given = settings()
    const { self, client, why } = permitted({ settings: { ...given, peers: { ...given.peers, closed: [peer] } } })
    client.indicate('send', to(peer))
    client.indicate('send', to(peer))
    client.indicate('send', to(at('8.8.8.8', 1)))
    expect([self.sent.length, why()]).toEqual([1, ['peer not allowed', 'peer not allowed']])
  })

  test('without peer or data, or with what we do not understand, goes nowhere', () => {
    const { self, client, why } = permitted()
    client.indicate('send', (writer) => writer.put('xorPeerAddress', peer))
    client.indicate('send', (writer) => writer.put('data', data))
    client.indicate('send', (writer) => to(peer)(writer) && writer.putOctets(0x7ffe, data))
    client.indicate('send', (writer) => to(peer)(writer) && writer.putOctets(0x000d, data))
    expect([self.sent, new Set(why()), why().length]).toEqual([[], new Set(['malformed']), 4])
  })

  test('of somebody without an allocation goes nowhere', () => {
    const { self, why } = permitted()
    self.client(5001).indicate('send', to(peer))
    expect([self.sent, why()]).toEqual([[], ['no allocation']])
  })
})

describe('[D2] DONT-FRAGMENT', () => {
  const whole: Put = (writer) => to(peer)(writer) && writer.put('dontFragment', true)

  test('is asked of sockets that can do it', () => {
    const { self, client } = permitted()
    client.indicate('send', whole)
    client.indicate('send', to(peer))
    const asked = self.actions.flatMap((action) => (action.do === 'send-to-peer' ? [action.dontFragment] : []))
    expect(asked).toEqual([true, false])
  })

  test('drops the data where it cannot be done', () => {
    const { self, client } = permitted({ dontFragment: false })
    client.indicate('send', whole)
    expect(self.sent).toEqual([])
  })
})

test('[D6] Send indications count, and only so many bytes go in a second', () => {
  const { self, client, why } = permitted({ settings: settings({ bytesPerSecond: 12 }) })
  for (let count = 0; count < 4; count++) client.indicate('send', to(peer))
  expect(client.allocation().toPeers).toMatchObject({ packets: 2, bytes: 10 })
  expect(why()).toEqual(['over the byte rate', 'over the byte rate'])
  self.pass(1000)
  client.indicate('send', to(peer))
  expect(self.sent).toHaveLength(3)
})
