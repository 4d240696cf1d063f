import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { IpAddress } from '../../src/lib/ip-address.ts'
import {
  bindChannel,
  channelLifetime,
  channelOfPeer,
  channelQuarantine,
  grantedLifetime,
  isPermitted,
  mostChannels,
  mostPermissions,
  type Peers,
  peerOfChannel,
  permissionLifetime,
  permit,
} from '../../src/turn/allocation.ts'
import { at, ip } from './ip.ts'
import { opened } from './opened.ts'

const peersOf = (): Peers => opened().peers
const host = (index: number): IpAddress => ({ family: 4, value: 0x08000000 + index })
const hosts = (count: number, from = 0) => Array.from({ length: count }, (_, index) => host(from + index))

test('[Q12] a lifetime is 600 s at least and 3600 s at most, whatever was asked', () => {
  expect([undefined, 0, 1, 599, 600, 777, 3600, 3601, 2 ** 32 - 1].map(grantedLifetime)).toEqual([
    600, 600, 600, 600, 600, 777, 3600, 3600, 3600,
  ])
})

describe('[Q13] permissions', () => {
  test('are for an address, on every port, in either clothes, for 300 s', () => {
    const peers = peersOf()
    expect(permit(peers, [ip('8.8.8.8'), ip('2a00::1')], 1000)).toBe('ok')
    const permitted = (text: string, now: number) => isPermitted(peers, ip(text), now)
    expect(['8.8.8.8', '::ffff:8.8.8.8', '2a00::1', '8.8.8.9', '2a00::2'].map((text) => permitted(text, 1000))).toEqual(
      [true, true, true, false, false],
    )
    expect(permissionLifetime).toBe(300_000)
    expect([300_999, 301_000].map((now) => permitted('8.8.8.8', now))).toEqual([true, false])
    permit(peers, [ip('8.8.8.8')], 300_000)
    expect([599_999, 600_000].map((now) => permitted('8.8.8.8', now))).toEqual([true, false])
  })

  test('are all installed or none', () => {
    const peers = peersOf()
    expect(permit(peers, hosts(mostPermissions - 1), 0)).toBe('ok')
    expect(permit(peers, hosts(2, 1000), 0)).toBe('full')
    expect(isPermitted(peers, host(1000), 0)).toBe(false)
  })
})

test('[Q14] there are at most 64 permissions; those that ended make room, and repeating one needs none', () => {
  const peers = peersOf()
  expect(permit(peers, [...hosts(64), ...hosts(64)], 0)).toBe('ok')
  expect([permit(peers, [host(64)], 299_999), permit(peers, [host(3)], 299_999)]).toEqual(['full', 'ok'])
  expect(permit(peers, hosts(63, 100), 300_000)).toBe('ok')
  expect([isPermitted(peers, host(3), 300_000), permit(peers, [host(64)], 300_000)]).toEqual([true, 'full'])
  expect(permit(peersOf(), hosts(65), 0)).toBe('full')
})

describe('[Q15] channels', () => {
  const peer = at('8.8.8.8', 9000)

  test('bind a number and a peer to each other for 600 s, and permit the peer for 300 s', () => {
    const peers = peersOf()
    expect(bindChannel(peers, 0x4000, peer, 0)).toBe('ok')
    expect([peerOfChannel(peers, 0x4000, 599_999), peerOfChannel(peers, 0x4000, 600_000)]).toEqual([peer, undefined])
    expect([channelOfPeer(peers, peer, 599_999), channelOfPeer(peers, peer, 600_000)]).toEqual([0x4000, undefined])
    expect(channelOfPeer(peers, at('8.8.8.8', 9001), 0)).toBeUndefined()
    expect([isPermitted(peers, peer.ip, 299_999), isPermitted(peers, peer.ip, 300_000)]).toEqual([true, false])
  })

  test('are prolonged by the same pair; any other pair with the number or the peer is a conflict', () => {
    const peers = peersOf()
    bindChannel(peers, 0x4000, peer, 0)
    bindChannel(peers, 0x4001, at('8.8.8.8', 9001), 0)
    expect(bindChannel(peers, 0x4000, at('8.8.8.8', 9002), 1)).toBe('conflict')
    expect(bindChannel(peers, 0x4002, peer, 1)).toBe('conflict')
    expect(bindChannel(peers, 0x4001, peer, 1)).toBe('conflict')
    expect(bindChannel(peers, 0x4000, at('::ffff:8.8.8.8', 9000), 500_000)).toBe('ok')
    expect(peerOfChannel(peers, 0x4000, 1_099_999)).toEqual(peer)
    expect(isPermitted(peers, peer.ip, 799_999)).toBe(true)
  })

  test('belong together for another 300 s after they ended', () => {
    const peers = peersOf()
    const free = channelLifetime + channelQuarantine
    bindChannel(peers, 0x4000, peer, 0)
    expect(bindChannel(peers, 0x4000, at('8.8.4.4', 1), free - 1)).toBe('conflict')
    expect(bindChannel(peers, 0x4001, peer, free - 1)).toBe('conflict')
    expect(bindChannel(peers, 0x4001, peer, free)).toBe('ok')
    expect(bindChannel(peers, 0x4000, at('8.8.4.4', 1), free)).toBe('ok')
  })
})

test('[Q16] there are at most 64 channels; those that nobody remembers make room', () => {
  const peers = peersOf()
  for (let index = 0; index < mostChannels; index++) {
    expect(bindChannel(peers, 0x4000 + index, { ip: host(0), port: index + 1 }, index)).toBe('ok')
  }
  const one = { ip: host(0), port: 1000 }
  expect(bindChannel(peers, 0x4fff, one, 899_999)).toBe('full')
  expect([bindChannel(peers, 0x4fff, one, 900_000), bindChannel(peers, 0x4ffe, one, 900_000)]).toEqual([
    'ok',
    'conflict',
  ])
  expect(bindChannel(peers, 0x4ffe, { ...one, port: 1001 }, 900_000)).toBe('full')
  const crowded = peersOf()
  permit(crowded, hosts(64), 0)
  expect([bindChannel(crowded, 0x4000, at('9.9.9.9', 1), 0), peerOfChannel(crowded, 0x4000, 0)]).toEqual([
    'full',
    undefined,
  ])
})

test('[Q15, Q16] both maps say the same of channels, and neither grows', () => {
  const step = fc.record({
    number: fc.integer({ min: 0x4000, max: 0x4004 }),
    port: fc.integer({ min: 1, max: 5 }),
    wait: fc.constantFrom(0, 1000, 400_000, 1_000_000),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const peers = peersOf()
      let now = 0
      for (const { number, port, wait } of steps) {
        now += wait
        const peer = { ip: host(1), port }
        const bound = bindChannel(peers, number, peer, now)
        if (bound === 'ok')
          expect([peerOfChannel(peers, number, now), channelOfPeer(peers, peer, now)]).toEqual([peer, number])
        expect(new Set(peers.channels.values())).toEqual(new Set(peers.channelsByPeer.values()))
        expect(peers.channels.size).toBe(peers.channelsByPeer.size)
      }
    }),
  )
})
