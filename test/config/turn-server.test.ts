import { describe, expect, test } from 'bun:test'
import type { TurnServerOn } from '../../src/config/config.ts'
import { printFault } from '../../src/config/load.ts'
import { parseIpAddress } from '../../src/lib/ip-address.ts'
import { configOf, type Given, load, smallest, told } from './support.ts'

/** What stands in [turn-server], which is line 5 of the file. */
function turnServer(text: string, given: Given = {}): TurnServerOn {
  const { config, faults } = load(`${smallest}[turn-server]\n${text}`, given)
  const read = config?.turnServer
  if (read?.kind !== 'on') throw new Error(faults.map(printFault).join('\n'))
  return read
}
const faults = (text: string, given: Given = {}): string[] => told(`${smallest}[turn-server]\n${text}`, given)
const ip = (text: string) => {
  const address = parseIpAddress(text)
  if (!address) throw new Error(text)
  return address
}

test('off without its section, on with one, also by the environment', () => {
  expect(configOf(smallest).turnServer).toEqual({ kind: 'off' })
  const environment = { HELIOGRAPH_TURN_SERVER_SECRET: 's' }
  expect(load(smallest, { environment }).config?.turnServer).toMatchObject({ kind: 'on', secrets: ['s'] })
})

test('a secret is enough: every address, port 3478, and the defaults', () => {
  expect(turnServer('secret = s')).toEqual({
    kind: 'on',
    listen: [{ host: '::', port: 3478 }],
    tlsListen: [],
    certificate: undefined,
    key: undefined,
    hostname: undefined,
    realm: 'heliograph',
    secrets: ['s'],
    users: [],
    authUrl: undefined,
    relayAddress: {},
    externalAddress: {},
    ports: { min: 49_152, max: 65_535 },
    allowedPeers: [],
    deniedPeers: [],
    sfuHosts: [],
    quotas: { perUser: 24, perSource: 0, total: 0 },
    challengeRate: 10,
    bindingRate: 50,
    bytesPerSecond: 0,
    legacyChannels: false,
    tcpRelay: false,
    sha256: false,
    nonceKey: undefined,
    workers: 0,
    path: 'auto',
    coturnMetrics: false,
  })
})

test('every setting arrives', () => {
  const read = turnServer(`
    listen = 127.0.0.1:3478 [::1]:3478
    tlslisten = 127.0.0.1:5349
    certificate = cert.pem
    key = key.pem
    hostname = turn.example.org
    realm = example.org
    secret = s1, s2
    users = alice:pass:word, bob:pw2
    authurl = http://app/turn-auth?from=turn
    relayaddress = 10.0.0.5 2001:db8::5
    externaladdress = 203.0.113.7
    minport = 50000
    maxport = 50100
    allowedpeers = 10.0.0.0/8
    deniedpeers = 10.1.0.0/16 10.2.0.1
    userquota = 0
    sourcequota = 1
    totalquota = 2
    challengerate = 3
    bindingrate = 4
    maxbps = 5
    legacychannels = true
    tcprelay = true
    sha256 = true
    noncekey = 0123456789abcdef
    workers = 6
    path = portable
    coturnmetrics = true
    [mcu]
    url = ws://127.0.0.1:8188/ ws://[::1]:8188 ws://janus.example.org nonsense`)
  expect(read).toEqual({
    kind: 'on',
    listen: [
      { host: '127.0.0.1', port: 3478 },
      { host: '::1', port: 3478 },
    ],
    tlsListen: [{ host: '127.0.0.1', port: 5349 }],
    certificate: 'cert.pem',
    key: 'key.pem',
    hostname: 'turn.example.org',
    realm: 'example.org',
    secrets: ['s1', 's2'],
    users: [
      { name: 'alice', password: 'pass:word' },
      { name: 'bob', password: 'pw2' },
    ],
    authUrl: 'http://app/turn-auth?from=turn',
    relayAddress: { 4: ip('10.0.0.5'), 6: ip('2001:db8::5') },
    externalAddress: { 4: ip('203.0.113.7') },
    ports: { min: 50_000, max: 50_100 },
    allowedPeers: [{ family: 4, base: 0x0a000000, mask: 0xff000000 }],
    deniedPeers: [
      { family: 4, base: 0x0a010000, mask: 0xffff0000 },
      { family: 4, base: 0x0a020001, mask: 0xffffffff },
    ],
    sfuHosts: ['127.0.0.1', '::1', 'janus.example.org'],
    quotas: { perUser: 0, perSource: 1, total: 2 },
    challengeRate: 3,
    bindingRate: 4,
    bytesPerSecond: 5,
    legacyChannels: true,
    tcpRelay: true,
    sha256: true,
    nonceKey: '0123456789abcdef',
    workers: 6,
    path: 'portable',
    coturnMetrics: true,
  })
})

test('secrets and users may come from files, one a line', () => {
  const files = { '/run/secrets/turn': 's1\ns2\n', '/run/secrets/users': 'alice:a\r\nbob:b\r\n' }
  const text = 'secret_file = /run/secrets/turn\nusers_file = /run/secrets/users'
  expect(turnServer(text, { files })).toMatchObject({
    secrets: ['s1', 's2'],
    users: [
      { name: 'alice', password: 'a' },
      { name: 'bob', password: 'b' },
    ],
  })
})

test('what is listed twice counts once', () => {
  const { listen, secrets } = turnServer('secret = s, t, s\nlisten = 127.0.0.1:1 127.0.0.1:1, 127.0.0.1:2')
  expect(listen).toEqual([
    { host: '127.0.0.1', port: 1 },
    { host: '127.0.0.1', port: 2 },
  ])
  expect(secrets).toEqual(['s', 't'])
})

test('the realm is the host name if nothing else is said', () => {
  expect(turnServer('secret = s\nhostname = turn.example.org').realm).toBe('turn.example.org')
})

describe('the relay address', () => {
  test('may be divided by blanks or commas', () => {
    const both = { 4: ip('10.0.0.5'), 6: ip('2001:db8::5') }
    for (const text of ['10.0.0.5, 2001:db8::5', '2001:db8::5 10.0.0.5', '10.0.0.5,2001:db8::5']) {
      expect(turnServer(`secret = s\nrelayaddress = ${text}`).relayAddress).toEqual(both)
    }
  })

  test('is the first of each family that is listened on, if it is one', () => {
    const addresses = '0.0.0.0:1 192.0.2.1:3478 192.0.2.2:3478 [2001:db8::1]:3478'
    expect(turnServer(`secret = s\nlisten = ${addresses}`).relayAddress).toEqual({
      4: ip('192.0.2.1'),
      6: ip('2001:db8::1'),
    })
    expect(turnServer('secret = s\nlisten = :3478 [::]:3479').relayAddress).toEqual({})
  })

  test.each([
    '0.0.0.0',
    '::',
    '224.0.0.1',
    'ff02::1',
    '255.255.255.255',
    '10.0.0.1 10.0.0.2',
    'eth0',
    '::ffff:0.0.0.0',
  ])('is not %p', (text) => {
    expect(faults(`secret = s\nrelayaddress = ${text}`)).toEqual([
      expect.stringMatching(/^server\.conf:7: \[turn-server\] relayaddress: ".*" is not usable; allowed: one IPv4/),
    ])
  })
})

describe('does not start', () => {
  test('if nobody could use it', () => {
    const why = /^server\.conf:5: \[turn-server\] secret: is missing, users and authurl too, .* write the secret from/
    expect(faults('')).toEqual([expect.stringMatching(why)])
    expect(faults('secret =\nusers =')).toEqual([expect.stringMatching(why)])
    expect(faults('users = alice:a')).toEqual([])
    expect(faults('authurl = https://app.example.org/auth')).toEqual([])
  })

  test('with TLS and no certificate or key', () => {
    expect(faults('secret = s\ntlslisten = :5349')).toEqual([
      'server.conf:7: [turn-server] certificate: is missing; tlslisten needs one: the path of a file (PEM)',
      'server.conf:7: [turn-server] key: is missing; tlslisten needs one: the path of a file (PEM)',
    ])
    expect(faults('secret = s\ntlslisten = :5349\ncertificate = c\nkey = k')).toEqual([])
  })

  test('with an external address that has nothing to stand for', () => {
    expect(faults('secret = s\nrelayaddress = 10.0.0.5\nexternaladdress = 203.0.113.7 2001:db8::7')).toEqual([
      'server.conf:8: [turn-server] externaladdress: has 2001:db8::7, but relayaddress has no IPv6 address that it could stand for; add one to relayaddress',
    ])
    expect(faults('secret = s\nlisten = 10.0.0.5:3478\nexternaladdress = 2001:db8::7')).toEqual([
      expect.stringContaining('listen, from which relayaddress is taken, has no IPv6 address'),
    ])
    expect(faults('secret = s\nexternaladdress = 203.0.113.7 2001:db8::7')).toEqual([])
  })

  test('without a relay port', () => {
    expect(faults('secret = s\nminport = 50000\nmaxport = 49999')).toEqual([
      expect.stringContaining('server.conf:8: [turn-server] maxport: leaves no port: minport is 50000, maxport 49999'),
    ])
    expect(faults('secret = s\nmaxport = 49000')).toEqual([expect.stringContaining('minport is 49152, maxport 49000')])
    expect(faults('secret = s\nminport = 80')).toEqual([expect.stringContaining('minport: "80" is not usable')])
  })

  test.each([
    ['allowedpeers = 10.0.0.0/8, 10.0.0.0/33', '"10.0.0.0/33" is not usable'],
    ['deniedpeers = example.org', '"example.org" is not usable'],
    ['listen = /run/turn.sock', '"/run/turn.sock" is not usable'],
    ['listen = localhost:3478', '"localhost:3478" is not usable'],
    ['authurl = https://user:password@app/', 'is not usable; allowed: https://'],
    ['authurl = ftp://app/', 'is not usable; allowed: https://'],
    ['hostname = not a name', 'is not usable; allowed: a host name'],
    ['realm = say "hello"', 'is not usable; allowed: up to 127 characters'],
    ['noncekey = short', 'this value is not usable; allowed: at least 16 bytes'],
    ['workers = 17', '"17" is not usable; allowed: a whole number from 0 to 16'],
    ['path = fast', '"fast" is not usable; allowed: auto or batch or portable'],
    ['users = alice', 'this value is not usable; allowed: name:password'],
    ['users = alice:a, alice:b', 'this value is not usable'],
    ['users = :a', 'this value is not usable'],
    ['users = alice:', 'this value is not usable'],
    [`users = ${'x'.repeat(509)}:a`, 'this value is not usable'],
  ])('with %p, and says the line', (line, why) => {
    const [fault, ...more] = faults(`secret = s\n${line}`)
    expect(more).toEqual([])
    expect(fault).toStartWith(`server.conf:7: [turn-server] ${line.split(' ')[0]}: `)
    expect(fault).toContain(why)
  })
})

test('no message holds a secret', () => {
  const { faults: all } = load(`${smallest}[turn-server]\nusers = alice:hidden, alice:hidden\nnoncekey = hidden`)
  expect(all).toHaveLength(2)
  expect(all.map(printFault).join('\n')).not.toContain('hidden')
})

describe('a warning', () => {
  test.each(['secret = north', 'secret = s, the-turn-secret', 'users = ninefingers:youhavetoberealistic'])(
    'tells that %p is of a sample file',
    (line) => {
      expect(faults(line)).toEqual([expect.stringContaining('is still the value of the sample file')])
    },
  )

  test('tells that credentials are made with a secret that the server does not know', () => {
    const text = (secret: string, more = '') =>
      `${smallest}[turn]\napikey = k\nsecret = ${secret}\n${more}\n[turn-server]\nsecret = s1, s2`
    expect(told(text('other'))).toEqual([
      'server.conf:10: warning: [turn] secret: is none of [turn-server] secret, so what /turn/credentials hands out would be refused here; remove it, or add it there',
    ])
    expect(told(text('s2'))).toEqual([])
    expect(told(text('other', 'servers = turn:a'))).toEqual([])
  })
})
