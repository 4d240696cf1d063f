import { expect, test } from 'bun:test'
import { kindOf, type PacketKind } from '../../../src/turn/codec/demultiplex.ts'

const borders: readonly (readonly [number, number, PacketKind])[] = [
  [0, 3, 'stun'],
  [4, 15, 'unknown'],
  [16, 19, 'zrtp'],
  [20, 63, 'dtls'],
  [64, 79, 'channel'],
  [80, 127, 'quic'],
  [128, 191, 'rtp'],
  [192, 255, 'quic'],
]

test('[C20] the first octet tells the kind of each packet', () => {
  for (const [from, to, kind] of borders)
    for (let octet = from; octet <= to; octet++) expect([octet, kindOf(octet)]).toEqual([octet, kind])
  expect(kindOf(undefined)).toBe('unknown')
})

test('[C20] the channels of RFC 5766 reach up to 127', () => {
  expect([63, 64, 79, 80, 127, 128].map((octet) => kindOf(octet, 'rfc5766'))).toEqual([
    'dtls',
    'channel',
    'channel',
    'channel',
    'channel',
    'rtp',
  ])
})
