import { describe, expect, test } from 'bun:test'
import type { TransportAddress } from '../../../src/lib/ip-address.ts'
import { mostChannels } from '../../../src/turn/allocation.ts'
import { at } from '../ip.ts'
import { type Put, peer, peer6, type Stage, settings, stage } from './stage.ts'

const allocated = (self: Stage = stage()) => {
  const client = self.client()
  client.allocate()
  return client
}
type Client = ReturnType<typeof allocated>
const say = (client: Client, put: Put) => {
  const reply = client.ask('channelBind', put)
  return reply?.code ?? reply?.kind
}
const bind = (client: Client, number: number, to: TransportAddress = peer) =>
  say(client, (writer) => writer.put('channelNumber', number).put('xorPeerAddress', to))

describe('[R22] ChannelBind', () => {
  test('binds, and prolongs', () => {
    const self = stage()
    const client = allocated(self)
    expect([bind(client, 0x4000), bind(client, 0x4fff, at('8.8.8.8', 2))]).toEqual(['success', 'success'])
    self.pass(500_000)
    expect(bind(client, 0x4000)).toBe('success')
    const expires = [...client.allocation().peers.channels.values()].map((channel) => channel.expires - self.now)
    expect(expires).toEqual([600_000, 100_000])
  })

  test('needs a number and exactly one peer', () => {
    const client = allocated()
    expect(say(client, (to) => to.put('xorPeerAddress', peer))).toBe(400)
    expect(say(client, (to) => to.put('channelNumber', 0x4000))).toBe(400)
    const two: Put = (to) =>
      to.put('channelNumber', 0x4000).put('xorPeerAddress', peer).put('xorPeerAddress', at('9.9.9.9', 1))
    expect(say(client, two)).toBe(400)
    expect(client.allocation().peers.channels.size).toBe(0)
  })

  test('takes the numbers that are let in', () => {
    const all = [0, 0x3fff, 0x4000, 0x4fff, 0x5000, 0x7ffe, 0x7fff, 0xffff]
    const each = (channels: 'rfc8656' | 'rfc5766') =>
      all.filter((number) => bind(allocated(stage({ settings: settings({ channels }) })), number) === 'success')
    expect(each('rfc8656')).toEqual([0x4000, 0x4fff])
    expect(each('rfc5766')).toEqual([0x4000, 0x4fff, 0x5000, 0x7ffe])
  })

  test('judges the port too', () => {
    const self = stage({ settings: withOwnSocket() })
    const client = allocated(self)
    expect(bind(client, 0x4000, at('9.9.9.9', 3478))).toBe(403)
    expect(bind(client, 0x4000, at('9.9.9.9', 3479))).toBe('success')
    expect(bind(client, 0x4001, peer6)).toBe(443)
  })

  test('a number or peer that is bound otherwise is 400, a full table 508', () => {
    const client = allocated()
    bind(client, 0x4000)
    expect([bind(client, 0x4001), bind(client, 0x4000, at('8.8.8.8', 1))]).toEqual([400, 400])
    for (let index = 1; index < mostChannels; index++) bind(client, 0x4000 + index, at('8.8.8.8', index))
    expect(bind(client, 0x4f00, at('8.8.8.8', 999))).toBe(508)
  })
})

function withOwnSocket() {
  const given = settings()
  return { ...given, peers: { ...given.peers, closed: [at('9.9.9.9', 3478)] } }
}
