import { describe, expect, test } from 'bun:test'
import { configOf, load, smallest, told } from './support.ts'

const one = '[presence-one]\nissuer = https://login.example.org/realms/a/\naudience = my-client\n'
const withOne = `${smallest}[presence]\nproviders = one\n${one}`

/** What is left of a complaint when it does not matter where it stands. */
const complaints = (text: string): readonly string[] => told(text).map((line) => line.replace(/^[^ ]* /, ''))

describe('[presence]', () => {
  test('without the section it is off, and the smallest one has every default', () => {
    expect(configOf(smallest).presence).toEqual({ kind: 'off' })
    expect(configOf(withOne).presence).toEqual({
      kind: 'on',
      path: '/',
      providers: [
        {
          name: 'one',
          issuer: 'https://login.example.org/realms/a',
          discovery: 'https://login.example.org/realms/a',
          audiences: ['my-client'],
        },
      ],
      revision: 1,
      interval: 100,
      grace: 1_000,
      clockSkew: 60_000,
      refresh: 10_000,
      isStrict: false,
      closesExpired: false,
      devicesPerUser: 16,
      messagesPerSecond: 100,
    })
  })

  test('every setting arrives', () => {
    const text = `${smallest}
      [presence]
      path = /online
      providers = One, two
      revision = 1
      interval = 0
      grace = 0
      clockskew = 0.5
      refresh = 3
      strict = yes
      closeexpired = yes
      devices = 2
      rate = 0
      [presence-one]
      issuer = http://op.localhost/realms/auth
      discovery = http://op:8080/realms/auth
      audience = a, b
      [presence-two]
      issuer = http://127.0.0.1:9/x
      audience = c`
    expect(configOf(text).presence).toEqual({
      kind: 'on',
      path: '/online',
      providers: [
        {
          name: 'one',
          issuer: 'http://op.localhost/realms/auth',
          discovery: 'http://op:8080/realms/auth/',
          audiences: ['a', 'b'],
        },
        { name: 'two', issuer: 'http://127.0.0.1:9/x', discovery: 'http://127.0.0.1:9/x', audiences: ['c'] },
      ],
      revision: 1,
      interval: 0,
      grace: 0,
      clockSkew: 500,
      refresh: 3_000,
      isStrict: true,
      closesExpired: true,
      devicesPerUser: 2,
      messagesPerSecond: 0,
    })
  })

  test('the environment sets what belongs to a provider', () => {
    const environment = { HELIOGRAPH_PRESENCE_ONE_AUDIENCE: 'other', HELIOGRAPH_PRESENCE_PROVIDERS: 'one' }
    const { presence } = configOf(`${smallest}${one}`, { environment })
    expect(presence.kind === 'on' && presence.providers[0]?.audiences).toEqual(['other'])
  })

  test.each([
    ['[presence]', '[presence] providers: is missing, so nobody could sign in'],
    ['[presence]\nproviders = one', '[presence-one] issuer: is missing'],
    [`[presence]\nproviders = one\n[presence-one]\nissuer = https://a.example`, 'audience: is missing'],
    [`[presence]\nproviders = one\n[presence-one]\nissuer = a.example\naudience = x`, '"a.example" is not usable'],
    [`[presence]\npath = calls\nproviders = one\n${one}`, '"calls" is not usable; allowed: a path of a url'],
    [`[presence]\nrevision = 3\nproviders = one\n${one}`, '"3" is not usable; allowed: 1 or 2'],
  ])('%j is refused', (text, complaint) => {
    expect(load(`${smallest}${text}`).config).toBeUndefined()
    expect(complaints(`${smallest}${text}`).join('\n')).toContain(complaint)
  })

  test('two providers with one issuer are refused, and warned of where names could be mixed up', () => {
    const two = one.replace('presence-one', 'presence-two')
    const both = (more: string, second: string) => `${smallest}[presence]\nproviders = one, two\n${more}${one}${second}`
    expect(complaints(both('', two)).join('\n')).toContain('"two" and "one" with the same issuer')
    expect(complaints(both('revision = 2\n', two.replace('realms/a', 'realms/b')))).toEqual([
      expect.stringContaining('knows users by preferred_username only'),
    ])
  })

  test('keys that somebody in between could exchange are worth a warning', () => {
    const plain = (issuer: string, more = '') =>
      complaints(`${smallest}[presence]\nproviders = one\n[presence-one]\naudience = x\nissuer = ${issuer}\n${more}`)
    expect(plain('http://login.example.org')).toEqual([expect.stringContaining('without TLS')])
    expect(plain('http://op.localhost')).toEqual([])
    expect(plain('http://login.example.org', 'discovery = http://op:8080')).toEqual([])
  })
})
