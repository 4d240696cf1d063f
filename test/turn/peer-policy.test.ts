import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { formatIp, type IpAddress } from '../../src/lib/ip-address.ts'
import { containsAddress } from '../../src/lib/ip-range.ts'
import { createPeerPolicy, type PeerPolicy, type PeerPolicySettings } from '../../src/turn/peer-policy.ts'
import { anyIp, at, ip, port, ranges, v4, word } from './ip.ts'

const nothing: PeerPolicySettings = {
  allowed: [],
  denied: [],
  relays: [],
  relayPorts: { min: 49_152, max: 65_535 },
  sfu: [],
  closed: [],
  own: [],
}
const policy = (settings: Partial<PeerPolicySettings> = {}): PeerPolicy => createPeerPolicy({ ...nothing, ...settings })
const everything = ranges('0.0.0.0/0', '::/0')

const notPublic = [
  '127.0.0.1 127.255.255.255 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 169.254.169.254 172.16.0.1',
  '172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1',
  '240.0.0.1 255.255.255.254 ::1 64:ff9b::1 64:ff9b::8.8.8.8 100::1 2001:db8::1 fc00::1 fd00:ec2::254 fe80::1 febf::1',
  'fec0::1',
].flatMap((line) => line.split(' '))
const nobody = [
  '0.0.0.0 0.0.0.1 0.255.255.255 224.0.0.1 239.255.255.255 255.255.255.255 :: ff02::1 ffff::1 2001::1',
  '2001:0:5ef5:79fb::1 2002::1 2002:808:808::1 64:ff9b:1::1 64:ff9b:1:ffff::8.8.8.8',
].flatMap((line) => line.split(' '))
const open = [
  '1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 169.253.255.255',
  '172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 198.17.255.255 198.20.0.0 223.255.255.255',
  '2001:1::1 2001:4860:4860::8888 2a00::1 2003::1 64:ff9a::1 64:ff9b::1:0:0 100:0:0:1::1',
].flatMap((line) => line.split(' '))

describe('[P1] without settings, public addresses only', () => {
  test.each(notPublic)('%s is denied by default', (text) => expect(policy()(ip(text), 3478)).toBe('denied by default'))
  test.each(nobody)('%s is nobody', (text) => expect(policy()(ip(text), 3478)).toBe('never'))
  test.each(open)('%s is open', (text) => expect(policy()(ip(text), 3478)).toBe('allowed'))
})

describe('[P2] an IPv4 address is the same in all its clothes', () => {
  const clothes: readonly [string, (value: number) => IpAddress][] = [
    ['mapped', (value) => ({ family: 6, words: [0, 0, 0xffff, value] })],
    ['compatible', (value) => ({ family: 6, words: [0, 0, 0, value] })],
    ['NAT64', (value) => ({ family: 6, words: [0x64ff9b, 0, 0, value] })],
    ['local NAT64', (value) => ({ family: 6, words: [0x64ff9b, 0x10000, 0, value] })],
    ['6to4', (value) => ({ family: 6, words: [(0x20020000 | (value >>> 16)) >>> 0, (value << 16) >>> 0, 0, 1] })],
    ['Teredo', (value) => ({ family: 6, words: [0x20010000, 0, 0, ~value >>> 0] })],
    ['Teredo server', (value) => ({ family: 6, words: [0x20010000, value, 0, 0] })],
  ]
  const denied = ranges('8.8.0.0/16')
  const some = fc.oneof(v4, fc.constantFrom(...[...notPublic, ...nobody].filter((one) => !one.includes(':')).map(ip)))

  test.each(clothes)('%s: what is refused bare is refused dressed', (_name, dress) => {
    for (const allowed of [[], ranges('::/0'), ranges('64:ff9b::/96', '::/96')]) {
      const judge = policy({ allowed, denied })
      fc.assert(
        fc.property(some, port, (address, to) => {
          if (address.family === 6 || judge(address, to) === 'allowed') return
          // ::1 is an address of its own, which `::/0` opens.
          fc.pre(address.value > 1)
          expect(judge(dress(address.value), to)).not.toBe('allowed')
        }),
      )
    }
  })

  test('mapped: also what is allowed', () => {
    const judge = policy({ allowed: ranges('10.0.0.0/8'), denied })
    fc.assert(
      fc.property(some, port, (address, to) => {
        if (address.family === 6) return
        expect(judge({ family: 6, words: [0, 0, 0xffff, address.value] }, to)).toBe(judge(address, to))
      }),
    )
  })

  test.each([
    ['::ffff:127.0.0.1', 'denied by default'],
    ['::127.0.0.1', 'denied by default'],
    ['::ffff:0.0.0.0', 'never'],
    ['::ffff:224.0.0.1', 'never'],
    ['64:ff9b::7f00:1', 'denied by default'],
    ['2002:7f00:1::1', 'never'],
    ['::ffff:8.8.4.4', 'allowed'],
  ] as const)('%s: %s', (text, verdict) => expect(policy()(ip(text), 1)).toBe(verdict))

  test('who opens NAT64 has not opened what lies behind it', () => {
    const judge = policy({ allowed: ranges('64:ff9b::/96') })
    expect(judge(ip('64:ff9b::8.8.8.8'))).toBe('allowed')
    expect(judge(ip('64:ff9b::10.0.0.1'))).toBe('denied by default')
    expect(judge(ip('64:ff9b::224.0.0.1'))).toBe('never')
    expect(policy({ allowed: ranges('64:ff9b::/96', '10.0.0.0/8') })(ip('64:ff9b::10.0.0.1'))).toBe('allowed')
  })
})

test('[P3] no setting opens what is nobody: this network, multicast, broadcast, Teredo, 6to4, local NAT64', () => {
  for (const text of nobody) {
    const judge = policy({
      allowed: [...everything, ...ranges(text)],
      sfu: ranges(text),
      relays: [ip(text)],
      own: [ip(text)],
    })
    expect([text, judge(ip(text)), judge(ip(text), 50_000)]).toEqual([text, 'never', 'never'])
  }
})

test('[P3] nobody has port 0', () => {
  const judge = policy({ allowed: everything, sfu: ranges('8.8.8.8') })
  expect([judge(ip('8.8.8.8'), 0), judge(ip('8.8.8.8'), 1), judge(ip('8.8.8.8'))]).toEqual([
    'never',
    'allowed',
    'allowed',
  ])
})

describe('[P4] our own sockets are nobody’s peer', () => {
  const closed = [at('198.51.100.7', 3478), at('127.0.0.1', 4222), at('0.0.0.0', 8080), at('::', 443)]
  const own = ['198.51.100.7', '10.0.0.5', '2a00::5'].map(ip)
  const judge = policy({ closed, own, allowed: everything, relays: [ip('198.51.100.7')], sfu: everything })

  test.each([
    ['198.51.100.7', 3478],
    ['::ffff:198.51.100.7', 3478],
    ['127.0.0.1', 4222],
    ['10.0.0.5', 8080],
    ['::ffff:10.0.0.5', 8080],
    ['127.0.0.1', 8080],
    ['127.1.2.3', 8080],
    ['::1', 443],
    ['2a00::5', 443],
    ['10.0.0.5', 443],
  ])('%s port %d', (text, to) => {
    expect(judge(ip(text), to)).toBe('own socket')
    expect(judge(ip(text), to + 1)).toBe('allowed')
    expect(judge(ip(text))).toBe('allowed')
  })

  test('others may use these ports', () => {
    expect(judge(ip('198.51.100.8'), 3478)).toBe('allowed')
    expect(judge(ip('8.8.8.8'), 443)).toBe('allowed')
  })
})

test('[P5] deniedpeers beats allowedpeers and whatever is let in by itself', () => {
  const every = { allowed: everything, sfu: everything, relays: [ip('10.0.0.5')] }
  const judge = policy({ ...every, denied: ranges('10.0.0.0/8', '2a00::/16') })
  for (const text of ['10.0.0.5', '10.9.9.9', '2a00::1', '::ffff:10.0.0.5', '64:ff9b::10.1.1.1']) {
    expect(judge(ip(text), 50_000)).toBe('denied by setting')
  }
  expect(judge(ip('11.0.0.1'), 50_000)).toBe('allowed')
})

describe('[P6] allowedpeers re-opens what it names', () => {
  test('loopback and private ranges included', () => {
    const names = ['127.0.0.0/8', '::1', '10.0.0.0/8', '192.168.0.0/16', 'fd00::/8', '240.0.0.0/4']
    const judge = policy({ allowed: ranges(...names) })
    for (const text of ['127.0.0.1', '::1', '10.2.3.4', '192.168.0.1', 'fd00::1', '240.0.0.1', '::ffff:127.0.0.1']) {
      expect([text, judge(ip(text), 9)]).toEqual([text, 'allowed'])
    }
    for (const text of ['172.16.0.1', 'fc00::1', '100.64.0.1']) expect(judge(ip(text), 9)).toBe('denied by default')
  })

  test('a wide range opens all it holds but link-local and the clouds’ metadata', () => {
    const judge = policy({ allowed: [...everything, ...ranges('100.64.0.0/10', 'fd00::/8', '169.0.0.0/8')] })
    for (const text of ['169.254.169.254', 'fe80::1', '100.100.100.200', 'fd00:ec2::254']) {
      expect([text, judge(ip(text), 80)]).toEqual([text, 'denied by default'])
      expect(policy({ allowed: ranges(text) })(ip(text), 80)).toBe('allowed')
    }
    for (const text of ['127.0.0.1', '10.0.0.1', 'fd00::1', '100.64.0.1']) expect(judge(ip(text), 80)).toBe('allowed')
    expect(policy({ allowed: ranges('169.254.0.0/16') })(ip('169.254.169.254'), 80)).toBe('allowed')
  })

  test('and nothing else', () => {
    const range = fc.tuple(word, fc.integer({ min: 0, max: 32 }))
    fc.assert(
      fc.property(range, anyIp, port, ([base, prefix], address, to) => {
        const allowed = ranges(`${formatIp({ family: 4, value: base })}/${prefix}`)
        if (containsAddress(allowed, address)) return
        expect(policy({ allowed })(address, to)).toBe(policy()(address, to))
      }),
    )
  })
})

test('[P7] our own relay addresses are let in on the relay ports only, unless allowedpeers names them', () => {
  const relays = ['10.0.0.5', '203.0.113.7', '8.8.8.8', '2001:db8::7'].map(ip)
  const judge = policy({ relays })
  for (const text of ['10.0.0.5', '203.0.113.7', '8.8.8.8', '::ffff:203.0.113.7', '2001:db8::7']) {
    expect([49_151, 49_152, 65_535, undefined, 22].map((to) => judge(ip(text), to))).toEqual([
      'own address outside the relay ports',
      'allowed',
      'allowed',
      'allowed',
      'own address outside the relay ports',
    ])
  }
  expect(judge(ip('10.0.0.6'), 50_000)).toBe('denied by default')
  expect(policy({ relays, allowed: ranges('10.0.0.0/8') })(ip('10.0.0.5'), 22)).toBe('allowed')
})

test('[P8] the SFU’s addresses are let in on every port', () => {
  const judge = policy({ sfu: ranges('10.0.0.9', '127.0.0.1', 'fd00::9') })
  for (const text of ['10.0.0.9', '127.0.0.1', 'fd00::9']) expect(judge(ip(text), 20_000)).toBe('allowed')
  expect(judge(ip('10.0.0.10'), 20_000)).toBe('denied by default')
})

test('[P9] a permission is judged without a port, and is never narrower than what may then be sent', () => {
  const judge = policy({
    closed: [at('0.0.0.0', 3478)],
    own: [ip('8.8.8.8')],
    relays: [ip('8.8.8.8'), ip('10.0.0.5')],
    allowed: ranges('10.1.0.0/16'),
    denied: ranges('10.1.1.0/24'),
  })
  const near = fc
    .constantFrom('8.8.8.8', '10.0.0.5', '10.1.1.1', '10.1.2.1', '::ffff:10.1.1.1', 'fe80::1', '::')
    .map(ip)
  fc.assert(
    fc.property(fc.oneof(near, anyIp), port, (address, to) => {
      if (judge(address) !== 'allowed') expect(judge(address, to)).not.toBe('allowed')
    }),
  )
})
