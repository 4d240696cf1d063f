import { describe, expect, test } from 'bun:test'
import type { TurnServerOn } from '../src/config/config.ts'
import { parseListenAddress } from '../src/config/listen-address.ts'
import { printFault } from '../src/config/load.ts'
import { formatIp, formatTransportAddress, parseIpAddress } from '../src/lib/ip-address.ts'
import { createPeerPolicy } from '../src/turn/peer-policy.ts'
import { listeningPlaces, type TurnWorld, turnListeners, turnSettings } from '../src/turn-settings.ts'
import { load, smallest } from './config/support.ts'

const ip = (text: string) => {
  const address = parseIpAddress(text)
  if (!address) throw new Error(text)
  return address
}
function config(text: string): TurnServerOn {
  const { config: loaded, faults } = load(`${smallest}[turn-server]\nsecret = s\n${text}`)
  const turnServer = loaded?.turnServer
  if (turnServer?.kind !== 'on') throw new Error(faults.map(printFault).join('\n'))
  return turnServer
}
const world: TurnWorld = {
  addresses: [ip('127.0.0.1'), ip('10.0.0.5'), ip('2001:db9::5')],
  routed: { 4: ip('10.0.0.5'), 6: ip('2001:db9::5') },
  listening: [{ ip: ip('127.0.0.1'), port: 8080 }],
  sfu: [],
  nonceKey: new Uint8Array(32).fill(7),
}
const policy = (text: string, more: Partial<TurnWorld> = {}) =>
  createPeerPolicy(turnSettings(config(text), { ...world, ...more }).peers)

test('what stands in the settings arrives as it is', () => {
  const settings = turnSettings(
    config('users = alice:a\nrealm = r\nuserquota = 3\nchallengerate = 4\nbindingrate = 5\nmaxbps = 6\nsha256 = yes'),
    world,
  )
  expect(settings).toMatchObject({
    realm: 'r',
    credentials: { secrets: ['s'], hook: false },
    quotas: { perUser: 3, perSource: 0, total: 0 },
    challengeRate: 4,
    bindingRate: 5,
    bytesPerSecond: 6,
    channels: 'rfc8656',
    tcpRelay: false,
    sha256: true,
  })
  expect([...settings.credentials.users]).toEqual([['alice', 'a']])
  expect(turnSettings(config('legacychannels = yes\nauthurl = https://a/'), world)).toMatchObject({
    channels: 'rfc5766',
    credentials: { hook: true },
  })
})

test('the key of nonces is that of the settings, brought to 32 octets, or else the one of this start', () => {
  expect(turnSettings(config(''), world).nonceKey).toBe(world.nonceKey)
  const given = () => turnSettings(config('noncekey = 0123456789abcdef'), world).nonceKey
  expect(given()).toHaveLength(32)
  expect([...given()]).toEqual([...given()])
  expect([...turnSettings(config('noncekey = 0123456789abcdeg'), world).nonceKey]).not.toEqual([...given()])
})

describe('relay addresses', () => {
  test('are those of the default route, unless the settings have some', () => {
    const relays = (text: string) => {
      const { relays } = turnSettings(config(text), world)
      return [relays[4], relays[6]].map((relay) => relay && [formatIp(relay.bound), formatIp(relay.told)])
    }
    expect(relays('')).toEqual([
      ['10.0.0.5', '10.0.0.5'],
      ['2001:db9::5', '2001:db9::5'],
    ])
    expect(relays('externaladdress = 198.41.0.4')).toEqual([
      ['10.0.0.5', '198.41.0.4'],
      ['2001:db9::5', '2001:db9::5'],
    ])
    expect(relays('relayaddress = 10.0.0.6\nexternaladdress = 198.41.0.4')).toEqual([
      ['10.0.0.6', '198.41.0.4'],
      undefined,
    ])
    expect(relays('listen = 127.0.0.1:3478')).toEqual([['127.0.0.1', '127.0.0.1'], undefined])
  })

  test('reach each other on the relay ports only, as bound and as told', () => {
    const judge = policy('relayaddress = 10.0.0.6\nexternaladdress = 198.41.0.4')
    for (const address of ['10.0.0.6', '198.41.0.4']) {
      expect(judge(ip(address), 50_000)).toBe('allowed')
      expect(judge(ip(address), 22)).toBe('own address outside the relay ports')
    }
    expect(judge(ip('10.0.0.7'), 50_000)).toBe('denied by default')
  })
})

test('everything we listen on is closed, whatever is allowed', () => {
  const text = 'listen = 10.0.0.5:3478\ntlslisten = :5349\ncertificate = c\nkey = k\nallowedpeers = 0.0.0.0/0'
  const judge = policy(text)
  expect(judge(ip('127.0.0.1'), 8080)).toBe('own socket')
  expect(judge(ip('10.0.0.5'), 3478)).toBe('own socket')
  for (const address of ['127.0.0.1', '10.0.0.5', '2001:db9::5']) expect(judge(ip(address), 5349)).toBe('own socket')
  expect(judge(ip('10.0.0.9'), 5349)).toBe('allowed')
})

test('an external address is this machine too', () => {
  const judge = policy('relayaddress = 10.0.0.5\nexternaladdress = 198.41.0.4\nallowedpeers = 198.41.0.4')
  expect(judge(ip('198.41.0.4'), 3478)).toBe('own socket')
  expect(judge(ip('198.41.0.4'), 3479)).toBe('allowed')
})

test('a port that was chosen at the start is closed once it is known, and known once', () => {
  const { closed } = turnSettings(config('listen = 127.0.0.1:0 127.0.0.1:3478'), {
    ...world,
    listening: [
      { ip: ip('127.0.0.1'), port: 40_000 },
      { ip: ip('127.0.0.1'), port: 3478 },
    ],
  }).peers
  expect(closed.map(formatTransportAddress)).toEqual(['127.0.0.1:40000', '127.0.0.1:3478'])
})

test('the SFU is let in on every port, by its address or by what its name stands for', () => {
  const judge = policy('[mcu]\nurl = ws://192.168.3.3:8188 ws://janus', { sfu: [ip('192.168.4.4')] })
  expect(judge(ip('192.168.3.3'), 20_000)).toBe('allowed')
  expect(judge(ip('192.168.4.4'), 20_000)).toBe('allowed')
  expect(judge(ip('192.168.5.5'), 20_000)).toBe('denied by default')
})

test('every address is for UDP and TCP, unless TLS has the place of TCP', () => {
  const tls = 'tlslisten = 10.0.0.5:443 10.0.0.5:0\ncertificate = c\nkey = k'
  const listeners = turnListeners(config(`listen = 10.0.0.5:443 10.0.0.6:443 10.0.0.5:0\n${tls}`))
  expect(listeners.map(({ transport, host, port }) => `${transport} ${host}:${port}`)).toEqual([
    'udp 10.0.0.5:443',
    'udp 10.0.0.6:443',
    'tcp 10.0.0.6:443',
    'udp 10.0.0.5:0',
    'tcp 10.0.0.5:0',
    'tls 10.0.0.5:443',
    'tls 10.0.0.5:0',
  ])
  expect(listeners[5]).toMatchObject({ certificate: 'c', key: 'k' })
})

test('places of HTTP: no socket has none, and a name is taken for every address', () => {
  const addresses = ['127.0.0.1:8080', '[::1]:8081', ':8082', 'localhost:8083', '/run/h.sock', '127.0.0.1:0']
  const parsed = addresses.map(parseListenAddress).filter((address) => address !== undefined)
  expect(parsed).toHaveLength(6)
  expect(listeningPlaces(parsed).map(formatTransportAddress)).toEqual([
    '127.0.0.1:8080',
    '[::1]:8081',
    '[::]:8082',
    '[::]:8083',
  ])
})
