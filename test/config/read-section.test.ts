import { describe, expect, test } from 'bun:test'
import { configOf, load, smallest, told } from './support.ts'

test('a value that is unusable is an error with line, key and what is allowed', () => {
  expect(told(`${smallest}[app]\ntrustedproxies = 127.0.0.1, 10.0.0.0/33`)).toEqual([
    'server.conf:6: [app] trustedproxies: "10.0.0.0/33" is not usable; allowed: IP addresses and networks separated by commas, such as 127.0.0.1, 10.0.0.0/8, 2001:db8::/32',
  ])
})

test('all faults are told at once, by line', () => {
  const text =
    '[sessions]\nblockkey = short\nhashkey = short\n[http]\nreadtimeout = x\nwirtetimeout = 1\n[app]\ndebug = x'
  const lines = load(text).faults.map(({ line, key }) => `${line} ${key}`)
  expect(lines).toEqual(['2 blockkey', '3 hashkey', '4 listen', '5 readtimeout', '6 wirtetimeout', '8 debug'])
})

test('no fault shows any of a secret', () => {
  const text = `[http]\nlisten = :1\n[sessions]\nhashkey = hidden1\nblockkey = hidden\n[nats]\nurl = nats://hidden:hidden@a`
  const lines = told(text)
  expect(lines).toHaveLength(3)
  expect(lines.join()).not.toContain('hidden')
  expect(lines[0]).toBe('server.conf:4: [sessions] hashkey: this value is not usable; allowed: at least 8 bytes')
})

test('an empty value is none', () => {
  const config = configOf(
    `${smallest}blockkey =\n[app]\ntrustedproxies =\ndebug =\ndraintimeout = ; soon\n[mcu]\ntype =\nurl =`,
  )
  expect(config.drainTimeout).toBe(10_000)
  expect(config.sessions.blockKey).toBeUndefined()
  expect(config.app.trustedProxies).toHaveLength(5)
})

describe('a key that is not known', () => {
  test('is a warning', () => {
    const { config, faults } = load(`${smallest}[app]\nfoo = bar`)
    expect(config).toBeDefined()
    expect(faults).toMatchObject([{ severity: 'warning', line: 6, section: 'app', key: 'foo' }])
  })

  test.each([
    ['http', 'lisen', 'listen'],
    ['app', 'trustedproxy', undefined],
    ['app', 'trustedproxie', 'trustedproxies'],
    ['stats', 'allowed-ips', 'allowed_ips'],
    ['clients', 'internalsecretfile', 'internalsecret_file'],
  ])('may be a slip: [%s] %s', (section, key, meant) => {
    const [line] = told(`${smallest}[${section}]\n${key} = 1`)
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`
    expect(line).toEndWith(`[${section}] ${key}: is not known here and has no effect${hint}`)
  })
})

test.each([
  ['sessions', 'blockkey', '-encryption-key-'],
  ['clients', 'internalsecret', 'the-shared-secret-for-internal-clients'],
])('a sample value of [%s] %s is a warning', (section, key, value) => {
  expect(told(`${smallest}[${section}]\n${key} = ${value}`)).toEqual([
    `server.conf:6: warning: [${section}] ${key}: is still the value of the sample file, which everybody knows; choose a random one`,
  ])
})

describe('what this build does not do', () => {
  test.each([
    ['[nats]\nurl = nats://localhost:4222', 'runs as one node'],
    ['[nats]\nurl = nats://loopback, nats://localhost:4222', 'runs as one node'],
    ['[grpc]\nlisten = 0.0.0.0:9090', 'runs as one node'],
    ['[grpc]\ntargets = a:9090, b:9090', 'runs as one node'],
    ['[etcd]\nendpoints = 127.0.0.1:2379', 'etcd is not'],
    ['[mcu]\nendpoints = 127.0.0.1:2379', 'etcd is not'],
    ['[mcu]\nurltype = etcd', 'proxies from etcd'],
    ['[backend]\nbackendtype = etcd', 'backends from etcd'],
  ])('is one warning with line and key: %p', (section, message) => {
    const { config, faults } = load(smallest + section)
    expect(config).toBeDefined()
    expect(faults).toMatchObject([{ severity: 'warning', line: 6, key: expect.any(String) }])
    expect(faults[0]?.message).toContain(message)
    expect(faults[0]?.message).toContain('this build')
  })

  test.each([
    '[nats]\nurl = nats://loopback',
    '[nats]\nurl = :loopback:',
    '[nats]',
    '[app]\nallowsubscribeany = true',
    '[mcu]\nmaxstreambitrate = 1000\nallowedcandidates = 10.0.0.0/8',
    '[federation]\nskipverify = true\ntimeout = 3',
    '[grpc]\ntargettype = static',
    '[geoip-overrides]',
  ])('is not asked for by %p', (section) => {
    configOf(smallest + section)
  })

  test('is checked all the same', () => {
    expect(told(`${smallest}[mcu]\nblockedcandidates = x\n[grpc]\ndnsdiscovery = x`)).toHaveLength(2)
  })
})
