import { describe, expect, test } from 'bun:test'
import { reloaded } from '../../src/config/reload.ts'
import { ownBackend, sections } from '../../src/config/schema.ts'
import { etcdAccess } from '../../src/config/sections/cluster.ts'
import { rsaPair } from '../support/rsa-keys.ts'
import { configOf as configWith, load as loadWith, smallest } from './support.ts'

const files = { one: rsaPair().privateKey, two: rsaPair('two').privateKey }
const configOf = (text: string) => configWith(text, { files })
const load = (text: string) => loadWith(text, { files })

const before: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  http: { listen: ':1' },
  https: { listen: ':2', certificate: 'c', key: 'k' },
  sessions: { hashkey: '12345678' },
  backend: { backends: 'cloud', secret: 's' },
  cloud: { urls: 'https://a' },
  mcu: { type: 'proxy', url: 'https://a/', token_id: 'a', token_key: 'one' },
  turn: { apikey: 'a', secret: 'b', servers: 'turn:a' },
  'turn-server': {
    listen: ':4',
    tlslisten: ':5',
    certificate: 'c',
    key: 'k',
    secret: 's',
    realm: 'r',
    relayaddress: '192.0.2.5',
  },
  relay: { users: 'a:b', joincallback: 'http://x/', webhooksecret: '0123456789abcdef' },
  presence: { providers: 'one, two' },
  admission: { appsecret: 's', apppassword: 'p' },
  demo: { password: 'password-of-the-page' },
  'presence-one': { issuer: 'https://one.example', audience: 'a' },
  'presence-two': { issuer: 'https://two.example', audience: 'a' },
}

function fileOf(values: Readonly<Record<string, Readonly<Record<string, string>>>>): string {
  const lines = Object.entries(values).flatMap(([section, keys]) => [
    `[${section}]`,
    ...Object.entries(keys).map(([key, value]) => `${key} = ${value}`),
  ])
  return lines.join('\n')
}

function withChange(section: string, key: string, value: string): string {
  return fileOf({ ...before, [section]: { ...before[section], [key]: value } })
}

/** One other value for each setting that ends up in the configuration. */
const changes: readonly (readonly [section: string, key: string, value: string, name?: string])[] = [
  ['http', 'listen', ':3'],
  ['http', 'readtimeout', '3'],
  ['http', 'writetimeout', '3'],
  ['http', 'maxconnectionsperaddress', '3'],
  ['https', 'listen', ':3'],
  ['https', 'readtimeout', '3'],
  ['https', 'writetimeout', '3'],
  ['https', 'certificate', 'x'],
  ['https', 'key', 'x'],
  ['app', 'debug', 'true'],
  ['app', 'trustedproxies', '192.0.2.1'],
  ['app', 'draintimeout', '3'],
  ['sessions', 'hashkey', '87654321'],
  ['sessions', 'blockkey', '1234567890123456'],
  ['sessions', 'idformat', 'cookie'],
  ['sessions', 'maxpendingbytes', '2048'],
  ['sessions', 'maxpendingmessages', '3'],
  ['clients', 'internalsecret', 'x'],
  ['backend', 'backends', '', '[backend] backends'],
  ['backend', 'allowall', 'true', '[backend] backends'],
  ['backend', 'secret', 'x', '[cloud]'],
  ['backend', 'timeout', '3'],
  ['backend', 'connectionsperhost', '3'],
  ['backend', 'skipverify', 'true'],
  ['backend', 'maxbodysize', '2048'],
  ['app', 'allowsubscribeany', 'true'],
  ['mcu', 'type', 'janus'],
  ['mcu', 'url', 'https://a/x/'],
  ['mcu', 'maxstreambitrate', '3'],
  ['mcu', 'maxscreenbitrate', '3'],
  ['mcu', 'allowedcandidates', '192.0.2.1'],
  ['mcu', 'blockedcandidates', '192.0.2.1'],
  ['mcu', 'timeout', '3'],
  ['mcu', 'proxytimeout', '3'],
  ['mcu', 'skipverify', 'true'],
  ['mcu', 'token_id', 'x'],
  ['mcu', 'token_key', 'two'],
  ['mcu', 'dnsdiscovery', 'true'],
  ['geoip', 'license', 'x', '[geoip]'],
  ['geoip', 'url', 'file:///x', '[geoip]'],
  ['turn', 'apikey', 'x'],
  ['turn', 'secret', 'x'],
  ['turn', 'servers', 'turn:x'],
  ['turn-server', 'listen', ':3'],
  ['turn-server', 'tlslisten', ':3'],
  ['turn-server', 'certificate', 'x'],
  ['turn-server', 'key', 'x'],
  ['turn-server', 'hostname', 'x'],
  ['turn-server', 'realm', 'x'],
  ['turn-server', 'secret', 's, t'],
  ['turn-server', 'users', 'x:y'],
  ['turn-server', 'authurl', 'https://x/'],
  ['turn-server', 'relayaddress', '192.0.2.6'],
  ['turn-server', 'externaladdress', '192.0.2.7'],
  ['turn-server', 'minport', '50000'],
  ['turn-server', 'maxport', '60000'],
  ['turn-server', 'allowedpeers', '10.0.0.0/8'],
  ['turn-server', 'deniedpeers', '192.0.2.9'],
  ['turn-server', 'userquota', '3'],
  ['turn-server', 'sourcequota', '3'],
  ['turn-server', 'totalquota', '3'],
  ['turn-server', 'challengerate', '3'],
  ['turn-server', 'bindingrate', '3'],
  ['turn-server', 'maxbps', '3'],
  ['turn-server', 'legacychannels', 'true'],
  ['turn-server', 'tcprelay', 'true'],
  ['turn-server', 'sha256', 'true'],
  ['turn-server', 'noncekey', '0123456789abcdef'],
  ['turn-server', 'workers', '3'],
  ['turn-server', 'path', 'portable'],
  ['turn-server', 'coturnmetrics', 'true'],
  ['relay', 'users', 'c:d'],
  ['relay', 'path', '/x', '[relay]'],
  ['relay', 'authurl', 'http://x/', '[relay]'],
  ['relay', 'revision', '2', '[relay]'],
  ['relay', 'authtimeout', '3', '[relay]'],
  ['relay', 'idletimeout', '3', '[relay]'],
  ['relay', 'maxmessage', '2048', '[relay]'],
  ['relay', 'joincallback', 'http://y/', '[relay]'],
  ['relay', 'createcallback', 'http://y/', '[relay]'],
  ['relay', 'leavecallback', 'http://y/', '[relay]'],
  ['relay', 'webhooksecret', '0123456789abcdeg', '[relay]'],
  ['relay', 'webhooktimeout', '3', '[relay]'],
  ['relay', 'outboxfolder', 'x', '[relay]'],
  ['presence', 'path', '/online', '[presence]'],
  ['presence', 'providers', 'one', '[presence]'],
  ['presence', 'revision', '2', '[presence]'],
  ['presence', 'interval', '3', '[presence]'],
  ['presence', 'grace', '3', '[presence]'],
  ['presence', 'clockskew', '3', '[presence]'],
  ['presence', 'refresh', '3', '[presence]'],
  ['presence', 'strict', 'true', '[presence]'],
  ['presence', 'closeexpired', 'true', '[presence]'],
  ['presence', 'devices', '3', '[presence]'],
  ['presence', 'rate', '3', '[presence]'],
  ['admission', 'path', '/x', '[admission]'],
  ['admission', 'appsecret', 'x', '[admission]'],
  ['admission', 'apppassword', 'x', '[admission]'],
  ['admission', 'tokenlifetime', '3', '[admission]'],
  ['admission', 'requesttimeout', '3', '[admission]'],
  ['admission', 'maxpayload', '3', '[admission]'],
  ['admission', 'maxrooms', '3', '[admission]'],
  ['admission', 'maxmembers', '3', '[admission]'],
  ['admission', 'eventrate', '3', '[admission]'],
  ['admission', 'origins', 'https://x', '[admission]'],
  ['admission', 'revision', '2', '[admission]'],
  ['demo', 'password', 'another-password', '[demo]'],
  ['federation', 'skipverify', 'true'],
  ['federation', 'timeout', '3'],
  ['federation', 'allowedtargets', '10.0.0.0/8'],
  ['federation', 'maxconnections', '3'],
  ['federation', 'maxconnectionsperuser', '3'],
  ['stats', 'allowed_ips', '192.0.2.1'],
  ['cloud', 'urls', 'https://x', '[cloud]'],
  ['cloud', 'secret', 'x', '[cloud]'],
  ['cloud', 'sessionlimit', '3', '[cloud]'],
  ['cloud', 'maxstreambitrate', '3', '[cloud]'],
  ['cloud', 'maxscreenbitrate', '3', '[cloud]'],
]

const old = configOf(fileOf(before))

test.each(changes)(
  '[%s] %s is treated as the reference page says',
  (section, key, value, name = `[${section}] ${key}`) => {
    // Janus has one url, of another kind.
    const text = withChange(section, key, value)
    const next = load(value === 'janus' ? text.replace('https://a/', 'ws://a/') : text).config
    if (!next) throw new Error('the change is a mistake')
    const setting = (section === 'cloud' ? ownBackend : sections.find((one) => one.name === section))?.settings
    const declared = Object.entries(setting ?? {}).find(([one]) => one === key)?.[1]
    const { config, taken, needRestart } = reloaded(old, next)
    expect([taken, needRestart]).toEqual(declared?.reload ? [[name], []] : [[], [name]])
    expect(config).toEqual(declared?.reload ? next : old)
  },
)

test('every setting of a section that is in use has its case above', () => {
  const covered = new Set(changes.map(([section, key]) => `${section} ${key}`))
  // Those that the configuration does not hold, or holds only for backends without a name.
  const ofEtcd = ['urltype', 'keyprefix', ...Object.keys(etcdAccess)].map((key) => `mcu ${key}`)
  const elsewhere = ['backend backendtype', 'backend backendprefix', 'backend allowed', ...ofEtcd]
  const unnamed = ['backend allowhttp', 'backend sessionlimit', 'backend maxstreambitrate', 'backend maxscreenbitrate']
  const inUse = sections.filter(({ later }) => !later)
  const settings = inUse.flatMap(({ name, settings }) => Object.keys(settings).map((key) => `${name} ${key}`))
  expect(settings.filter((name) => !covered.has(name)).toSorted()).toEqual([...elsewhere, ...unnamed].toSorted())
})

test('the same file changes nothing', () => {
  expect(reloaded(old, configOf(fileOf(before)))).toEqual({ config: old, taken: [], needRestart: [] })
})

test('overrides of countries and continents are taken over', () => {
  const next = configOf(`${fileOf(before)}\n[geoip-overrides]\n10.0.0.1 = DE\n[continent-overrides]\nAF = EU`)
  const taken = ['[geoip-overrides]', '[continent-overrides]']
  expect(reloaded(old, next)).toEqual({ config: next, taken, needRestart: [] })
})

test('a Janus elsewhere waits for a restart; its bitrates do not', () => {
  const janus = (rest: string) => configOf(`${smallest}[mcu]\ntype = janus\n${rest}`)
  const [first, second] = [janus('url = ws://a/'), janus('url = ws://b/\nmaxstreambitrate = 5')]
  const { config, taken, needRestart } = reloaded(first, second)
  expect(config).toEqual(janus('url = ws://a/\nmaxstreambitrate = 5'))
  expect([taken, needRestart]).toEqual([['[mcu] maxstreambitrate'], ['[mcu] url']])
})

test('an SFU does not come or go while running', () => {
  const [off, on] = [configOf(smallest), configOf(`${smallest}[mcu]\ntype = janus\nurl = ws://a/`)]
  expect(reloaded(off, on)).toEqual({ config: off, taken: [], needRestart: ['[mcu] type'] })
  expect(reloaded(on, off)).toEqual({ config: on, taken: [], needRestart: ['[mcu] type'] })
})

test('the TURN server does not come or go while running', () => {
  const off = configOf(smallest)
  const on = configOf(`${smallest}[turn-server]\nsecret = s`)
  expect(reloaded(off, on)).toEqual({ config: off, taken: [], needRestart: ['[turn-server]'] })
  expect(reloaded(on, off)).toEqual({ config: on, taken: [], needRestart: ['[turn-server]'] })
})

describe('backends', () => {
  const open = (text: string) => configOf(`${smallest}[backend]\nallowall = true\nsecret = ${text}`)

  test('one without a name is named by [backend]', () => {
    expect(reloaded(open('x'), open('y'))).toEqual({ config: open('y'), taken: ['[backend]'], needRestart: [] })
  })

  test('Talk itself does not come or go while running', () => {
    const off = configOf(smallest)
    expect(reloaded(off, open('x'))).toEqual({ config: off, taken: [], needRestart: ['[backend]'] })
    expect(reloaded(open('x'), off)).toEqual({ config: open('x'), taken: [], needRestart: ['[backend]'] })
  })
})
