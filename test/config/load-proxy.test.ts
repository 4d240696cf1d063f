import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { printFault } from '../../src/config/fault.ts'
import type { ConfigSource } from '../../src/config/load.ts'
import { loadProxyConfig } from '../../src/config/load-proxy.ts'
import type { ProxyConfig } from '../../src/config/proxy-config.ts'
import { contains } from '../../src/lib/ip-range.ts'
import { nextReleaseFolder } from '../support/deb.ts'
import { ecPair, rsaPair } from '../support/rsa-keys.ts'

const smallest = '[http]\nlisten = 127.0.0.1:9090\n[tokens]\none = one.pem\n[mcu]\nurl = ws://127.0.0.1:8188/\n'

const files: Readonly<Record<string, string>> = {
  'one.pem': rsaPair('one').publicKey,
  'two.pem': rsaPair('two').publicKey,
  'one.key': rsaPair('one').privateKey,
  'ec.pem': ecPair().publicKey,
  'text.pem': 'hello',
}

type Given = Partial<ConfigSource>

function load(text: string, given: Given = {}) {
  const readFile = (path: string): string => {
    const content = files[path]
    if (content === undefined) throw new Error('no such file')
    return content
  }
  return loadProxyConfig({ file: 'proxy.conf', text, environment: {}, readFile, ...given })
}

const told = (text: string, given: Given = {}): readonly string[] => load(text, given).faults.map(printFault)

function configOf(text: string, given: Given = {}): ProxyConfig {
  const { config, faults } = load(text, given)
  if (!config || faults.length > 0) throw new Error(faults.map(printFault).join('\n'))
  return config
}

test('the smallest file has every default', () => {
  const { app, stats, tokens, ...rest } = configOf(smallest)
  expect(rest).toEqual({
    http: { listen: [{ kind: 'tcp', host: '127.0.0.1', port: 9090 }], readTimeout: 15_000, writeTimeout: 30_000 },
    https: { listen: [], readTimeout: 15_000, writeTimeout: 30_000, certificate: undefined, key: undefined },
    limits: { maxConnectionsPerAddress: 0 },
    drainTimeout: 10_000,
    country: undefined,
    bandwidth: { incoming: 0, outgoing: 0 },
    remote: { kind: 'off' },
    sfu: {
      kind: 'janus',
      url: 'ws://127.0.0.1:8188/',
      maxStreamBitrate: 1_048_576,
      maxScreenBitrate: 2_097_152,
      timeout: 10_000,
      allowedCandidates: [],
      blockedCandidates: [],
      allowSubscribeAny: false,
    },
  })
  expect(app.debug).toBe(false)
  expect([contains(app.trustedProxies, '10.0.0.1'), contains(stats.allowedIps, '10.0.0.1')]).toEqual([true, false])
  expect(tokens.map(({ id, publicKey }) => [id, publicKey.asymmetricKeyType])).toEqual([['one', 'rsa']])
})

test('every setting arrives', () => {
  const { app, country, drainTimeout, tokens, bandwidth, remote, sfu, limits } = configOf(`
    [http]
    listen = :9090
    maxconnectionsperaddress = 3
    [https]
    listen = :9443
    certificate = c.pem
    key = k.pem
    [app]
    debug = true
    trustedproxies = 192.0.2.1
    country = de
    tokentype = static
    hostname = media.example.org
    token_id = One
    token_key = one.key
    skipverify = yes
    draintimeout = 2
    [bandwidth]
    incoming = 10
    outgoing = 20
    [tokens]
    server1 = one.pem
    Server-2 = two.pem
    [mcu]
    type = janus
    url = wss://janus.example.org
    maxstreambitrate = 5
    maxscreenbitrate = 6
    timeout = 7
    allowedcandidates = 10.1.0.0/16
    blockedcandidates = 10.0.0.0/8
    [stats]
    allowed_ips = 192.0.2.0/24
  `)
  expect({ app: app.debug, country, drainTimeout, bandwidth, limits }).toEqual({
    app: true,
    country: 'DE',
    drainTimeout: 2_000,
    bandwidth: { incoming: 10 * 1_048_576, outgoing: 20 * 1_048_576 },
    limits: { maxConnectionsPerAddress: 3 },
  })
  expect(tokens.map(({ id }) => id)).toEqual(['server1', 'server-2'])
  expect(remote).toMatchObject({ kind: 'on', tokenId: 'One', hostname: 'media.example.org', skipVerify: true })
  expect(sfu).toMatchObject({
    url: 'wss://janus.example.org',
    maxStreamBitrate: 5,
    maxScreenBitrate: 6,
    timeout: 7_000,
  })
  expect(contains(sfu.blockedCandidates, '10.0.0.1') && contains(sfu.allowedCandidates, '10.1.0.1')).toBe(true)
})

test('the environment goes before the file, and adds keys', () => {
  const { bandwidth, tokens, sfu } = configOf(smallest, {
    environment: {
      HELIOGRAPH_BANDWIDTH_INCOMING: '7',
      HELIOGRAPH_TOKENS_ONE: 'two.pem',
      HELIOGRAPH_TOKENS_MORE: 'one.pem',
      HELIOGRAPH_MCU_URL: 'ws://other:1',
    },
  })
  expect(bandwidth.incoming).toBe(7 * 1_048_576)
  expect(sfu.url).toBe('ws://other:1')
  const kept = (id: string): unknown => tokens.find((token) => token.id === id)?.publicKey.export({ format: 'jwk' })
  expect(kept('one')).not.toEqual(kept('more'))
  expect(tokens.map(({ id }) => id)).toEqual(['one', 'more'])
  expect(told(smallest, { environment: { HELIOGRAPH_MCU_URLS: 'x' } })).toEqual([
    expect.stringContaining('did you mean HELIOGRAPH_MCU_URL?'),
  ])
})

describe('what cannot work', () => {
  test('without a key nobody could connect: it says what to do', () => {
    const [fault = '', ...more] = told(smallest.replace('one = one.pem', ''))
    expect(more).toEqual([])
    expect(fault).toMatch(/^proxy\.conf:3: \[tokens\]: there is no key in it.*openssl/)
    expect(told('[http]\nlisten = :1\n[mcu]\nurl = ws://x\n')).toEqual([expect.stringContaining('no key in it')])
  })

  test.each([
    ['[tokens]\nx = nowhere.pem', 'proxy.conf:2: [tokens] x: cannot read "nowhere.pem": no such file'],
    ['[tokens]\nx = text.pem', 'proxy.conf:2: [tokens] x: "text.pem" is no PEM file'],
    ['[tokens]\nx = one.key', 'proxy.conf:2: [tokens] x: "one.key" holds a private key; a public RSA key is needed'],
    ['[tokens]\nx = ec.pem', 'proxy.conf:2: [tokens] x: "ec.pem" holds a key of the kind ec; an RSA key is needed'],
    ['[app]\ntoken_id = me', 'proxy.conf:2: [app] token_key: is missing; token_id is no use without it'],
    ['[app]\ntoken_key = one.key', 'proxy.conf:2: [app] token_id: is missing; token_key is no use without it'],
    ['[app]\ncountry = Germany', 'proxy.conf:2: [app] country: "Germany" is not usable; allowed: a country code'],
    ['[app]\nhostname = http://x', 'proxy.conf:2: [app] hostname: "http://x" is not usable; allowed: a host name'],
    ['[app]\ntokentype = etcd', 'proxy.conf:2: [app] tokentype: etcd is not in this build yet'],
    [
      '[bandwidth]\nincoming = lots',
      'proxy.conf:2: [bandwidth] incoming: "lots" is not usable; allowed: a whole number',
    ],
    ['[mcu]\ntype = proxy', 'proxy.conf:2: [mcu] type: "proxy" is not usable; allowed: janus'],
  ])('%p', (text, fault) => {
    const { config, faults } = load(
      `${text}\n${smallest.replace('[tokens]', text.includes('[tokens]') ? '' : '[tokens]')}`,
    )
    expect(config).toBeUndefined()
    expect(faults.map(printFault)).toContainEqual(expect.stringContaining(fault))
  })

  test.each([
    ['', 'url: is missing; write the WebSocket url of Janus'],
    ['url = http://127.0.0.1:8188', '"http://127.0.0.1:8188" is not usable; allowed: ws:// or wss://'],
    ['url = ws://a ws://b', '"ws://a ws://b" is not usable'],
  ])('[mcu] %p', (line, fault) => {
    const [only = '', ...more] = told(smallest.replace('url = ws://127.0.0.1:8188/', line))
    expect([only, more]).toEqual([expect.stringContaining(fault), []])
  })

  test('no listener; TLS without a certificate', () => {
    expect(told(smallest.replace('listen = 127.0.0.1:9090', ''))).toEqual([
      expect.stringContaining('listen = 127.0.0.1:9090'),
    ])
    expect(told(`${smallest}[https]\nlisten = :1\n`)).toHaveLength(2)
  })

  test('what is not known is a warning with its line', () => {
    expect(told(`${smallest}[bandwith]\nincoming = 1\n[stats]\nallowed_ip = ::1\n`)).toEqual([
      'proxy.conf:7: warning: [bandwith]: this section is not known and has no effect; did you mean [bandwidth]?',
      'proxy.conf:10: warning: [stats] allowed_ip: is not known here and has no effect; did you mean allowed_ips?',
    ])
  })
})

test.each(['/etc', `${nextReleaseFolder}/etc`])(
  "the Debian package's file below %s starts once its placeholders are filled in",
  (folder) => {
    const path = `${folder}/nextcloud-spreed-signaling/proxy.conf`
    if (!existsSync(path)) return console.log(`NOT RUN: ${path} is not here`)
    const filled = readFileSync(path, 'utf8')
      .replace(/^#listen = /m, 'listen = ')
      .replace(/^#server1 = .*$/m, 'server1 = one.pem')
    expect(configOf(filled).sfu.url).toBe('ws://localhost:8188/')
  },
)

test('for any text nothing throws, every fault prints as one line, and only errors keep a configuration back', () => {
  const line = fc.oneof(
    fc.constantFrom('[http]', '[app]', '[tokens]', '[mcu]', '[bandwidth]', '[nonsense', 'x = one.pem', 'listen = :1'),
    fc.string({ maxLength: 30 }),
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 15 }), (lines) => {
      const { config, faults } = load(lines.join('\n'))
      for (const fault of faults) expect(printFault(fault)).not.toContain('\n')
      expect(config === undefined).toBe(faults.some(({ severity }) => severity === 'error'))
    }),
  )
})
