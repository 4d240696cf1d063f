import { describe, expect, test } from 'bun:test'
import { bindChannel, permit } from '../../src/turn/allocation.ts'
import { ipKey, peerKey } from '../../src/turn/five-tuple.ts'
import { asIndication, towardsClient, towardsPeer } from '../../src/turn/relaying.ts'
import { at } from './ip.ts'
import { opened } from './opened.ts'

const peer = at('8.8.8.8', 7)
const bound = () => {
  const allocation = opened()
  bindChannel(allocation.peers, 0x4000, peer, 0)
  return allocation
}
const fromPeer = (allocation: ReturnType<typeof bound>, from: typeof peer, now: number, rate = 0) =>
  towardsClient(allocation, ipKey(from.ip), peerKey(from.ip, from.port), 10, now, rate)

describe('[D3] ChannelData', () => {
  test('goes to the peer of its channel, also when the permission has ended', () => {
    expect(towardsPeer(bound(), 0x4000, 10, 0, 0)).toMatchObject({ peer })
    expect(towardsPeer(bound(), 0x4000, 10, 599_999, 0)).toMatchObject({ peer })
  })

  test('goes nowhere on a channel that is not bound, or not any more', () => {
    expect(towardsPeer(bound(), 0x4001, 10, 0, 0)).toBe('no channel')
    expect(towardsPeer(bound(), 0x4000, 10, 600_000, 0)).toBe('no channel')
  })
})

describe('[D4] data of a peer', () => {
  test('goes on the channel that is bound to the peer, else in an indication', () => {
    expect(fromPeer(bound(), peer, 0)).toBe(0x4000)
    expect(fromPeer(bound(), at('8.8.8.8', 8), 0)).toBe(asIndication)
    const allocation = opened()
    permit(allocation.peers, [peer.ip], 0)
    expect(fromPeer(allocation, peer, 0)).toBe(asIndication)
  })

  test('goes nowhere without a permission, or when it has ended', () => {
    expect(fromPeer(bound(), at('8.8.8.9', 7), 0)).toBe('no permission')
    expect(fromPeer(bound(), peer, 300_000)).toBe('no permission')
  })

  test('goes in an indication when the channel has ended and the permission has not', () => {
    const allocation = bound()
    permit(allocation.peers, [peer.ip], 500_000)
    expect(fromPeer(allocation, peer, 600_000)).toBe(asIndication)
  })
})

test('[D6] what goes is counted, each way for itself, and only so much goes in a second', () => {
  const allocation = bound()
  expect(towardsPeer(allocation, 0x4000, 60, 0, 100)).toMatchObject({ peer })
  expect(towardsPeer(allocation, 0x4000, 60, 0, 100)).toBe('over the byte rate')
  expect(fromPeer(allocation, peer, 0, 10)).toBe(0x4000)
  expect(fromPeer(allocation, peer, 0, 10)).toBe('over the byte rate')
  expect(fromPeer(allocation, at('8.8.8.9', 7), 0, 10)).toBe('no permission')
  expect(allocation.toPeers).toMatchObject({ packets: 1, bytes: 60 })
  expect(allocation.toClient).toMatchObject({ packets: 1, bytes: 10 })
})
