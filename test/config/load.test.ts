import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { printFault } from '../../src/config/load.ts'
import { sections } from '../../src/config/schema.ts'
import { contains } from '../../src/lib/ip-range.ts'
import { configOf, load, smallest, told } from './support.ts'

test('the smallest file has every default', () => {
  const { app, stats, ...rest } = configOf(smallest)
  expect(rest).toEqual({
    http: { listen: [{ kind: 'tcp', host: '127.0.0.1', port: 8080 }], readTimeout: 15_000, writeTimeout: 30_000 },
    https: { listen: [], readTimeout: 15_000, writeTimeout: 30_000, certificate: undefined, key: undefined },
    sessions: { hashKey: '0123456789abcdef0123456789abcdef', blockKey: undefined, idFormat: 'sealed' },
    clients: { internalSecret: undefined },
    talk: { kind: 'off' },
    federation: {
      skipVerify: false,
      timeout: 10_000,
      allowedTargets: [],
      maxLinks: 1000,
      maxLinksPerUser: 20,
    },
    sfu: { kind: 'none' },
    geoip: { database: { kind: 'none' }, overrides: [], continents: {} },
    turn: { apiKey: undefined, secret: undefined, servers: [] },
    turnServer: { kind: 'off' },
    relay: { kind: 'off' },
    presence: { kind: 'off' },
    admission: { kind: 'off' },
    demo: { kind: 'off' },
    drainTimeout: 10_000,
    limits: { maxConnectionsPerAddress: 0 },
  })
  expect(app.debug).toBe(false)
  const believed = ['127.9.9.9', '::1', '10.0.0.1', '172.31.0.1', '192.168.0.1', '8.8.8.8', '172.32.0.1', '::2']
  expect(believed.map((address) => contains(app.trustedProxies, address))).toEqual([
    ...[true, true, true, true, true],
    ...[false, false, false],
  ])
  const curious = ['127.0.0.1', '::1', '127.0.0.2', '10.0.0.1']
  expect(curious.map((address) => contains(stats.allowedIps, address))).toEqual([true, true, false, false])
})

test('every setting of the configuration arrives', () => {
  const text = `
    [http]
    listen = 127.0.0.1:1 /run/h.sock
    readtimeout = 1
    writetimeout = 2
    maxconnectionsperaddress = 3
    [https]
    listen = [::1]:2
    readtimeout = 4
    writetimeout = 5
    certificate = c.pem
    key = k.pem
    [app]
    debug = true
    trustedproxies = 192.0.2.1
    draintimeout = 0.5
    [sessions]
    hashkey = 12345678
    blockkey = 1234567890123456
    idformat = cookie
    maxpendingbytes = 2048
    maxpendingmessages = 7
    [clients]
    internalsecret = i
    [backend]
    allowall = true
    secret = s
    timeout = 8
    connectionsperhost = 9
    skipverify = true
    maxbodysize = 4096
    [federation]
    skipverify = true
    timeout = 3
    allowedtargets = 10.0.0.0/8
    maxconnections = 30
    maxconnectionsperuser = 4
    [turn]
    apikey = a
    secret = t
    servers = turn:a?transport=udp, turn:b
    [stats]
    allowed_ips = 192.0.2.0/24`
  expect(configOf(text)).toEqual({
    http: {
      listen: [
        { kind: 'tcp', host: '127.0.0.1', port: 1 },
        { kind: 'unix', path: '/run/h.sock' },
      ],
      readTimeout: 1000,
      writeTimeout: 2000,
    },
    https: {
      listen: [{ kind: 'tcp', host: '::1', port: 2 }],
      readTimeout: 4000,
      writeTimeout: 5000,
      certificate: 'c.pem',
      key: 'k.pem',
    },
    app: { debug: true, trustedProxies: [{ family: 4, base: 0xc0000201, mask: 0xffffffff }] },
    sessions: { hashKey: '12345678', blockKey: '1234567890123456', idFormat: 'cookie' },
    clients: { internalSecret: 'i' },
    talk: {
      kind: 'on',
      backends: [
        {
          id: 'compat',
          accepts: { kind: 'any' },
          secret: 's',
          sessionLimit: 0,
          maxStreamBitrate: 0,
          maxScreenBitrate: 0,
        },
      ],
      timeout: 8000,
      connectionsPerHost: 9,
      skipVerify: true,
      maxBodySize: 4096,
      maxPendingBytes: 2048,
      maxPendingMessages: 7,
    },
    federation: {
      skipVerify: true,
      timeout: 3000,
      allowedTargets: [{ family: 4, base: 0x0a000000, mask: 0xff000000 }],
      maxLinks: 30,
      maxLinksPerUser: 4,
    },
    sfu: { kind: 'none' },
    geoip: { database: { kind: 'none' }, overrides: [], continents: {} },
    turn: { apiKey: 'a', secret: 't', servers: ['turn:a?transport=udp', 'turn:b'] },
    turnServer: { kind: 'off' },
    relay: { kind: 'off' },
    presence: { kind: 'off' },
    admission: { kind: 'off' },
    demo: { kind: 'off' },
    stats: { allowedIps: [{ family: 4, base: 0xc0000200, mask: 0xffffff00 }] },
    drainTimeout: 500,
    limits: { maxConnectionsPerAddress: 3 },
  })
})

/** All that is set in the file that the Debian package 0.4.1 brings, with its listener and backends switched on. */
const packaged = `[http]
listen = 127.0.0.1:8080
readtimeout = 15
writetimeout = 15
[https]
certificate = /etc/nginx/ssl/server.crt
key = /etc/nginx/ssl/server.key
[app]
debug = false
allowsubscribeany = false
[sessions]
hashkey = the-secret-for-session-checksums
blockkey = -encryption-key-
[clients]
internalsecret = the-shared-secret-for-internal-clients
[backend]
backends = backend-id, another-backend
allowall = false
timeout = 10
connectionsperhost = 8
skipverify = false
[backend-id]
url = https://cloud.domain.invalid
secret = the-shared-secret
sessionlimit = 10
maxstreambitrate = 1048576
maxscreenbitrate = 2097152
[another-backend]
url = https://cloud.otherdomain.invalid
secret = the-shared-secret
[nats]
url = nats://localhost:4222
[mcu]
type =
url =
maxstreambitrate = 1048576
maxscreenbitrate = 2097152
proxytimeout = 2
urltype = static
skipverify = false
token_id = server1
token_key = privkey.pem
clientkey = /path/to/etcd-client.key
clientcert = /path/to/etcd-client.crt
cacert = /path/to/etcd-ca.crt
keyprefix = /signaling/proxy/server
[turn]
servers =
[geoip]
license =
url =
[geoip-overrides]
[continent-overrides]
[stats]
allowed_ips =
`

test('the file of the Debian package starts, and says what is still to be done', () => {
  const { config, faults } = load(packaged)
  expect(config?.talk).toMatchObject({ backends: [{ id: 'backend-id', sessionLimit: 10 }, { id: 'another-backend' }] })
  expect(faults.map(({ severity, section, key }) => `${severity} ${section} ${key}`)).toEqual([
    'warning sessions hashkey',
    'warning sessions blockkey',
    'warning clients internalsecret',
    'warning backend-id secret',
    'warning another-backend secret',
    'warning nats url',
  ])
})

test('without a listener the error says what to write', () => {
  expect(told('[sessions]\nhashkey = 12345678')).toEqual([
    'server.conf: [http] listen: is missing, in [https] too, so nobody could connect; write for example listen = 127.0.0.1:8080',
  ])
  expect(told('[http]\n[sessions]\nhashkey = 12345678')[0]).toStartWith('server.conf:1: [http] listen: ')
})

test('a listener with TLS needs certificate and key', () => {
  expect(told('[https]\nlisten = :443\n[sessions]\nhashkey = 12345678')).toEqual([
    'server.conf:2: [https] certificate: is missing; listen needs one: the path of a file (PEM)',
    'server.conf:2: [https] key: is missing; listen needs one: the path of a file (PEM)',
  ])
})

test('the key that signs sessions must be there', () => {
  expect(told('[http]\nlisten = :80')).toEqual([
    'server.conf: [sessions] hashkey: is missing; allowed: at least 8 bytes, better 32 or 64 random ones',
  ])
  expect(told('[http]\nlisten = :80\n[sessions]\nhashkey = 1234567')).toEqual([
    'server.conf:4: [sessions] hashkey: this value is not usable; allowed: at least 8 bytes',
  ])
})

test('TURN servers need a key and a secret', () => {
  expect(told(`${smallest}[turn]\nservers = turn:a`)).toEqual([
    'server.conf:6: [turn] apikey: is missing; servers needs one: any text',
    'server.conf:6: [turn] secret: is missing; servers needs one: any text',
  ])
})

test('Talk is on when there is a [backend] section, in the file or in the environment', () => {
  expect(configOf(smallest).talk.kind).toBe('off')
  expect(load(`${smallest}[backend]`).config?.talk.kind).toBe('on')
  const environment = { HELIOGRAPH_BACKEND_TIMEOUT: '3' }
  expect(load(smallest, { environment }).config?.talk).toMatchObject({ kind: 'on', timeout: 3000 })
})

describe('a section that is not known', () => {
  test.each([
    ['[htpp]', 'server.conf:5: warning: [htpp]: this section is not known and has no effect; did you mean [http]?'],
    ['[something]\nx = 1', 'server.conf:5: warning: [something]: this section is not known and has no effect'],
    [
      '[presence-one]',
      'server.conf:5: warning: [presence-one]: this section has no effect; list its name in [presence] providers',
    ],
    [
      '[turnserver]',
      'server.conf:5: warning: [turnserver]: this section is not known and has no effect; did you mean [turn-server]?',
    ],
  ])('is a warning: %p', (section, line) => {
    expect(told(smallest + section)).toEqual([line])
  })
})

describe('for any text', () => {
  const names = [...sections.map(({ name }) => name), 'one', 'two']
  const keys = sections.flatMap(({ settings }) => Object.keys(settings))
  const section = fc.constantFrom(...names).map((name) => `[${name}]`)
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'true',
      '0',
      '10',
      'one, two',
      'https://a',
      'static',
      '$(A)',
      '$(B)',
      '127.0.0.1:80',
      'x'.repeat(32),
    ),
  )
  const pair = fc
    .tuple(fc.constantFrom(...keys, 'secret_file', 'lisen'), value)
    .map(([key, text]) => `${key} = ${text}`)
  const line = fc.oneof({ weight: 2, arbitrary: section }, { weight: 5, arbitrary: pair }, fc.string())
  const variable = fc
    .tuple(fc.constantFrom(...names), fc.constantFrom(...keys))
    .map(([name, key]) => `HELIOGRAPH_${name}_${key}`.toUpperCase())
  const environment = fc.dictionary(fc.oneof(variable, fc.constant('A')), value)

  test('nothing throws, every fault prints as one line, and only errors keep a configuration back', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), environment, fc.boolean(), (lines, environment, start) => {
        const { config, faults } = load((start ? smallest : '') + lines.join('\n'), { environment, files: { x: 'y' } })
        for (const fault of faults) expect(printFault(fault)).not.toContain('\n')
        expect(config === undefined).toBe(faults.some(({ severity }) => severity === 'error'))
      }),
      { numRuns: 300 },
    )
  })
})
