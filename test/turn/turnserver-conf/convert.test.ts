import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseIni } from '../../../src/config/ini.ts'
import { loadConfig, printFault } from '../../../src/config/load.ts'
import { convertTurnserverConf } from '../../../src/turn/turnserver-conf/convert.ts'
import { fates } from '../../../src/turn/turnserver-conf/options.ts'
import { printTurnServerSection } from '../../../src/turn/turnserver-conf/print.ts'

const settings = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(convertTurnserverConf(text).settings.map(({ key, value }) => [key, value]))
/** `kind line option` of each note about a line. */
const notes = (text: string): readonly string[] =>
  convertTurnserverConf(text).notes.flatMap(({ kind, line, option }) => (line ? [`${kind} ${line} ${option}`] : []))

/** The file of a Nextcloud Talk set-up on a cloud's machine behind NAT 1:1. */
const behindNat = `
    listening-port=3478
    tls-listening-port=443
    listening-ip=10.0.0.5
    relay-ip=10.0.0.5
    external-ip=203.0.113.7
    fingerprint
    lt-cred-mech
    realm=cloud.example.com
    server-name=turn.example.com

    use-auth-secret
    static-auth-secret=a-secret

    cert=/etc/turnserver-certs/fullchain.pem
    pkey=/etc/turnserver-certs/privkey.pem

    cipher-list="HIGH"
    dh-file=/etc/ssl/certs/dhparam.pem

    no-multicast-peers
    log-file=/var/log/turnserver.log
    simple-log
`

describe('the usual file', () => {
  test('every option is taken over or accounted for', () => {
    expect(convertTurnserverConf(behindNat).settings).toEqual([
      { key: 'listen', value: '10.0.0.5:3478' },
      { key: 'tlslisten', value: '10.0.0.5:443' },
      { key: 'certificate', value: '/etc/turnserver-certs/fullchain.pem' },
      { key: 'key', value: '/etc/turnserver-certs/privkey.pem' },
      { key: 'hostname', value: 'turn.example.com' },
      { key: 'relayaddress', value: '10.0.0.5' },
      { key: 'externaladdress', value: '203.0.113.7' },
      { key: 'realm', value: 'cloud.example.com' },
      { key: 'secret', value: 'a-secret' },
    ])
    expect(notes(behindNat)).toEqual([
      'always 7 fingerprint',
      'always 8 lt-cred-mech',
      'left out 18 cipher-list',
      'left out 19 dh-file',
      'always 21 no-multicast-peers',
      'left out 22 log-file',
      'always 23 simple-log',
    ])
  })

  test('with placeholders where values belong it opens nothing that was not named', () => {
    const text = behindNat
      .replace('=3478', '=port')
      .replaceAll('10.0.0.5', 'PRIVATE_IP')
      .replace('203.0.113.7', 'PUBLIC_IP')
    expect(Object.keys(settings(text))).toEqual(['hostname', 'realm', 'secret'])
    expect(notes(text).filter((note) => note.startsWith('look at'))).toEqual([
      'look at 4 listening-ip',
      'look at 5 relay-ip',
      'look at 6 external-ip',
    ])
  })

  test('is printed as a section that can be read again, with the notes as comments', () => {
    const ini = parseIni(printTurnServerSection(convertTurnserverConf(behindNat), 'turn\nserver.conf'))
    expect([...ini.sections.keys(), ini.faults]).toEqual(['turn-server', []])
    const entries = [...(ini.sections.get('turn-server')?.entries ?? [])].map(([key, { text }]) => [key, text])
    expect(Object.fromEntries(entries)).toEqual(settings(behindNat))
  })
})

describe('listeners', () => {
  test('without an address every address, with several all of them, and auxiliary ones', () => {
    expect(settings('')).toMatchObject({ listen: ':3478' })
    const text =
      'listening-ip=10.0.0.5\nlistening-ip=::1\nlistening-port=80\naux-server=10.0.0.6:33\naux-server=[2a00::1]:34\n'
    expect(settings(text)).toMatchObject({ listen: '10.0.0.5:80 [::1]:80 10.0.0.6:33 [2a00::1]:34' })
    expect(notes('aux-server=10.0.0.6\naux-server=[x]:1\naux-server=10.0.0.6:0')).toHaveLength(3)
  })

  test('TLS needs a certificate and a key, and has the port of TCP if both have one', () => {
    expect(settings('cert=c\npkey=k')).toMatchObject({ tlslisten: ':5349', certificate: 'c', key: 'k' })
    expect(settings('cert=c\npkey=k\nno-tls')).not.toContainKey('tlslisten')
    for (const text of ['cert=c', 'pkey=k', 'tls-listening-port=443']) {
      expect(settings(text)).not.toContainKey('tlslisten')
      expect(notes(text)).toHaveLength(1)
    }
    const shared = 'cert=c\npkey=k\nlistening-port=443\ntls-listening-port=443'
    expect(settings(shared)).toMatchObject({ listen: ':443', tlslisten: ':443' })
    expect(notes(shared)).toEqual(['look at 4 tls-listening-port'])
  })

  test('plain listeners are for UDP and TCP both', () => {
    expect(settings('no-udp\nno-tcp\ncert=c\npkey=k')).not.toContainKey('listen')
    expect([settings('no-udp'), notes('no-udp')]).toMatchObject([{ listen: ':3478' }, ['look at 1 no-udp']])
    expect(notes('no-udp=no')).toEqual([])
    expect(convertTurnserverConf('no-udp\nno-tcp').notes.map(({ option }) => option)).toContain('no-udp')
    expect(notes('no-tls\ncert=c\npkey=k')).toEqual(['left out 2 cert', 'left out 3 pkey'])
  })
})

describe('relays', () => {
  test.each([
    ['listening-ip=10.0.0.5\nlistening-ip=10.0.0.6\nlistening-ip=fd00::5', '10.0.0.5, fd00::5', undefined],
    ['listening-ip=0.0.0.0', undefined, undefined],
    ['external-ip=203.0.113.7', undefined, '203.0.113.7'],
    ['external-ip=203.0.113.7/10.0.0.5\nexternal-ip=2a00::1/fd00::5', '10.0.0.5, fd00::5', '203.0.113.7, 2a00::1'],
    ['relay-ip=10.0.0.9\nexternal-ip=203.0.113.7/10.0.0.9', '10.0.0.9', '203.0.113.7'],
    ['external-ip=turn.example.com', undefined, undefined],
    ['external-ip=203.0.113.7/inner', undefined, undefined],
  ])('%p', (text, relay, external) => {
    expect([settings(text)['relayaddress'], settings(text)['externaladdress']]).toEqual([relay, external])
  })

  test('what is too much is told', () => {
    expect(notes('relay-ip=10.0.0.5\nrelay-ip=10.0.0.6')).toEqual(['left out 2 relay-ip'])
    expect(notes('relay-ip=10.0.0.5\nexternal-ip=203.0.113.7/10.0.0.6')).toEqual(['look at 2 external-ip'])
  })

  test('ports', () => {
    expect(settings('min-port=50000\nmax-port=50100')).toMatchObject({ minport: '50000', maxport: '50100' })
    for (const text of ['min-port=80', 'max-port=70000', 'min-port=60000\nmax-port=50000', 'max-port=2000']) {
      expect(Object.keys(settings(text))).toEqual(['listen'])
      expect(notes(text)).toHaveLength(1)
    }
  })
})

describe('users', () => {
  test('several secrets; static users only where coturn lets them in', () => {
    const users = 'user=alice:a:b\nuser=bob:0xbc807ee29df3c9ffa736523fb2c4e8ee\nuser=carol\nuser=:x\n'
    expect(settings('static-auth-secret=one\nstatic-auth-secret=two')).toMatchObject({ secret: 'one, two' })
    expect(settings(users)).toMatchObject({ users: 'alice:a:b' })
    expect(notes(users)).toEqual(['look at 2 user', 'look at 3 user', 'look at 4 user'])
    expect(settings(`${users}static-auth-secret=s`)).toMatchObject({ secret: 's' })
    expect(settings(`${users}static-auth-secret=s`)).not.toContainKey('users')
  })

  test('what nobody could use, or everybody, is told', () => {
    const whole = (text: string) => convertTurnserverConf(text).notes.map(({ option }) => option)
    expect(whole('')).toContain('users')
    expect(whole('use-auth-secret')).toContain('use-auth-secret')
    expect(notes('no-auth\nuser=a:b')).toEqual(['look at 1 no-auth'])
    expect(notes('rest-api-separator=|\nuser=a:b')).toEqual(['look at 1 rest-api-separator'])
    expect(notes('rest-api-separator=:\nuser=a:b')).toEqual([])
  })

  test('a secret that an INI file cannot hold is named by its line and not shown', () => {
    for (const secret of ['one,two', 'one ;two', 'one #two', ';one', '$(HOME)']) {
      const converted = convertTurnserverConf(`static-auth-secret=${secret}\nstatic-auth-secret=good`)
      expect(converted.settings).toContainEqual({ key: 'secret', value: 'good' })
      expect(converted.notes.find(({ line }) => line === 1)?.kind).toBe('look at')
      expect(JSON.stringify(converted.notes)).not.toContain(secret)
    }
  })
})

describe('peers', () => {
  test('allowed stays above denied, as it is for coturn: it is taken out of what is denied', () => {
    const text = 'denied-peer-ip=10.0.0.0-10.0.0.7\nallowed-peer-ip=10.0.0.2\ndenied-peer-ip=192.0.2.1'
    expect(settings(text)).toMatchObject({
      allowedpeers: '10.0.0.2',
      deniedpeers: '10.0.0.0/31, 10.0.0.3, 10.0.0.4/30, 192.0.2.1',
    })
    expect(notes(text)).toEqual(['look at 2 allowed-peer-ip'])
    expect(notes('denied-peer-ip=10.0.0.0-10.0.0.7\nallowed-peer-ip=11.0.0.2')).toEqual([])
  })

  test('loopback only where it was opened; what cannot be read is told', () => {
    expect(settings('allow-loopback-peers')).toMatchObject({ allowedpeers: '127.0.0.0/8, ::1' })
    expect(settings('allow-loopback-peers=no')).not.toContainKey('allowedpeers')
    expect(notes('denied-peer-ip=everywhere')).toEqual(['look at 1 denied-peer-ip'])
  })
})

test('limits', () => {
  const text =
    'user-quota=12\ntotal-quota=0\nmax-bps=64000\nunauthorized-ratelimit\nunauthorized-ratelimit-rps=5\nrfc5766-channel-numbers'
  expect(settings(text)).toMatchObject({
    userquota: '12',
    totalquota: '0',
    maxbps: '64000',
    challengerate: '5',
    legacychannels: 'true',
  })
  expect(settings('unauthorized-ratelimit-rps=5\nmax-bps=fast')).toEqual({ listen: ':3478' })
  expect(notes('unauthorized-ratelimit-rps=5\nmax-bps=fast')).toEqual([
    'left out 1 unauthorized-ratelimit-rps',
    'look at 2 max-bps',
  ])
})

test('what cannot be switched off here is told, and lines that nobody knows are named, cut short', () => {
  expect(notes('no-multicast-peers=no\nfingerprint=false\nfingerprint')).toEqual([
    'look at 1 no-multicast-peers',
    'look at 2 fingerprint',
    'always 3 fingerprint',
  ])
  expect(notes(`lisening-port=1\n--realm=x\n__proto__=1\n${'x'.repeat(60)}=1\na\u202eb`)).toEqual([
    'unknown 1 lisening-port',
    'unknown 2 --realm',
    'unknown 3 __proto__',
    `unknown 4 ${'x'.repeat(40)}…`,
    'unknown 5 a?b',
  ])
})

test('every option is taken over or told of, and any file becomes a section that can be read again', () => {
  const option = fc.constantFrom(...fates.keys())
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'no',
      '0',
      '1',
      '443',
      '10.0.0.1',
      '::1',
      '10.0.0.1-10.0.0.9',
      '1.1.1.1/10.0.0.1',
      'a:b',
      '[::1]:80',
    ),
  )
  const line = fc.oneof(
    fc.tuple(option, value).map(([name, given]) => `${name}=${given}`),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const converted = convertTurnserverConf(lines.join('\n'))
      const ini = parseIni(printTurnServerSection(converted, 'a'))
      expect([...ini.sections.keys(), ini.faults]).toEqual(['turn-server', []])
      const entries = [...(ini.sections.get('turn-server')?.entries ?? [])].map(([key, { text }]) => ({
        key,
        value: text,
      }))
      expect(entries).toEqual([...converted.settings])
    }),
    { numRuns: 500 },
  )
  for (const [name, { fate }] of fates) {
    if (fate !== 'converted') expect(notes(name).map((note) => note.replace(/ 1 .*/, ''))).toEqual([fate])
  }
})

describe('the section is one that starts', () => {
  const accepted = (text: string): readonly string[] => {
    const section = printTurnServerSection(convertTurnserverConf(text), 'a')
    const { faults } = loadConfig({
      file: 'f',
      text: `[http]\nlisten = :80\n[sessions]\nhashkey = 12345678\n${section}`,
      environment: {},
      readFile: () => '',
    })
    return faults.filter(({ severity }) => severity === 'error').map(printFault)
  }

  test('for the usual file, without a warning', () => {
    expect(accepted(behindNat)).toEqual([])
  })

  test.each([
    ['a family that has no relay address', 'listening-ip=10.0.0.5\nexternal-ip=2001:db8::7'],
    ['addresses that are nobody’s', 'relay-ip=0.0.0.0\nrelay-ip=224.0.0.1\nexternal-ip=255.255.255.255'],
    ['an address twice', 'listening-ip=10.0.0.5\nlistening-ip=10.0.0.5'],
    ['an auxiliary server on the port of TLS', 'listening-ip=10.0.0.5\naux-server=10.0.0.5:5349\ncert=c\npkey=k'],
    ['a realm with a quote', 'realm=the "realm"'],
    ['a name that is none', 'server-name=turn server'],
    ['quotas beyond all bounds', 'user-quota=1000000000\nmax-bps=999999999999'],
    ['a short secret of nonces', 'stateless-nonce-secret=short'],
    ['more threads than there may be', 'relay-threads=64'],
  ])('with %s', (_, text) => {
    expect(accepted(`static-auth-secret=s\n${text}`)).toEqual([])
  })

  test('with a user twice', () => {
    expect(accepted('user=alice:a\nuser=alice:b')).toEqual([])
  })

  const values = ['', '1', '0', '443', '3478', '65535', '10.0.0.1', '0.0.0.0', '::', '::1', '10.0.0.1-10.0.0.9']
  const more = [
    '1.1.1.1/10.0.0.1',
    '2001:db8::1/::1',
    '[::1]:443',
    '10.0.0.1:3478',
    'a:b',
    'a:c',
    '"',
    'x, y',
    'ff02::1',
  ]
  const line = fc
    .tuple(fc.constantFrom(...fates.keys()), fc.oneof(fc.string(), fc.constantFrom(...values, ...more)))
    .map(([option, value]) => `${option}=${value}`)

  test('for any file with somebody who may use it', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const text = [...lines.filter((one) => !/^no-(?:udp|tcp)=/.test(one)), 'static-auth-secret=a'].join('\n')
        expect(accepted(text)).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
})

describe('how it is run', () => {
  test('its name is that of urls that are handed out', () => {
    expect(settings('server-name=turn.example.com')).toMatchObject({ hostname: 'turn.example.com' })
    expect(notes('server-name=192.0.2')).toEqual(['left out 1 server-name'])
  })

  test('threads, the key of nonces and metrics are taken over', () => {
    const text = 'relay-threads=4\nstateless-nonce-secret=0123456789abcdef\nprometheus'
    expect(settings(text)).toMatchObject({ workers: '4', noncekey: '0123456789abcdef', coturnmetrics: 'true' })
    expect(notes(text)).toEqual(['look at 3 prometheus'])
    expect(settings('relay-threads=0\nprometheus=0')).not.toHaveProperty('coturnmetrics')
  })
})
