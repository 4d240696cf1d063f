import { expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { mintTurnCredentials } from '../../src/auth/turn-credentials.ts'
import { createCredentials, readRestName, spellings } from '../../src/turn/credentials.ts'

const now = 1_760_000_000_500
const seconds = 1_760_000_000
const credentials = createCredentials({
  users: new Map([
    ['alice', 'wonder'],
    ['1760000001', 'a user with a strange name'],
  ]),
  secrets: ['old', 'new'],
  hook: false,
})

const made = (username: string) =>
  ['old', 'new'].map((secret) => createHmac('sha1', secret).update(username).digest('base64'))

test('[A8] a static user has the password of the settings and does not expire, whatever the name looks like', () => {
  expect(credentials.standing('alice', now)).toEqual({
    kind: 'known',
    passwords: ['wonder'],
    user: 'alice',
    current: true,
  })
  expect(credentials.standing('1760000001', now)).toMatchObject({ passwords: ['a user with a strange name'] })
})

test('[A9] three forms of REST names; only the first colon divides', () => {
  expect(readRestName('1760000000:bob')).toEqual({ expires: seconds, user: 'bob' })
  expect(readRestName('bob:1760000000')).toEqual({ expires: seconds, user: 'bob' })
  expect(readRestName('1760000000')).toEqual({ expires: seconds, user: '1760000000' })
  expect(readRestName('1760000000:a:b:7')).toEqual({ expires: seconds, user: 'a:b:7' })
  expect(readRestName('1760000000:1760000009')).toEqual({ expires: seconds, user: '1760000009' })
  expect(readRestName('1760000000:')).toEqual({ expires: seconds, user: '1760000000:' })
  expect(readRestName(':1760000000')).toEqual({ expires: seconds, user: ':1760000000' })
  for (const name of ['', ':', 'bob', 'a:b', 'a:b:1760000000', '-1:bob', '1e9:bob', ' 1:bob', '1234567890123456:bob']) {
    expect([name, readRestName(name)]).toEqual([name, undefined])
  }
})

test('[A10] every secret makes a password, so that one can be replaced; it is what the credentials endpoint hands out', () => {
  expect(credentials.standing(`${seconds + 60}:bob`, now)).toEqual({
    kind: 'known',
    passwords: made(`${seconds + 60}:bob`),
    user: 'bob',
    current: true,
  })
  const { username, password } = mintTurnCredentials('new', [], 'bob', now)
  const standing = credentials.standing(username, now)
  expect(standing).toMatchObject({ kind: 'known', current: true, user: 'bob' })
  expect(standing.kind === 'known' && standing.passwords).toContain(password)
})

test('[A11] a REST name makes nothing new once its time has passed, or when it is more than 7 days ahead', () => {
  const current = (ahead: number) => {
    const standing = credentials.standing(`${seconds + ahead}:bob`, now)
    return standing.kind === 'known' && standing.current
  }
  expect([-1, 0, 1, 86_400, 7 * 86_400, 7 * 86_400 + 1, 10 ** 12].map(current)).toEqual([
    false,
    true,
    true,
    true,
    true,
    false,
    false,
  ])
})

test('[A12] other names are for the hook if there is one; else they cost as much as a known one', () => {
  expect(credentials.standing('carol', now)).toEqual({ kind: 'unknown', passwords: made('carol') })
  const users = new Map([['alice', 'wonder']])
  expect(createCredentials({ users, secrets: [], hook: true }).standing('carol', now)).toEqual({ kind: 'ask' })
  expect(createCredentials({ users, secrets: ['s'], hook: true }).standing('carol', now)).toEqual({ kind: 'ask' })
  expect(createCredentials({ users, secrets: ['s'], hook: true }).standing('1:carol', now)).toMatchObject({
    kind: 'known',
    current: false,
  })
  expect(createCredentials({ users, secrets: [], hook: true }).standing('1:carol', now)).toEqual({ kind: 'ask' })
  expect(createCredentials({ users, secrets: [], hook: false }).standing('carol', now)).toMatchObject({
    kind: 'unknown',
    passwords: { length: 1 },
  })
})

test('a password that is spelled otherwise by SASLprep is known in both spellings', () => {
  expect(spellings('plain')).toEqual(['plain'])
  expect(spellings('Ⅸ')).toEqual(['Ⅸ', 'IX'])
})

test('[A9] any name has a standing', () => {
  const likely = fc.string({ unit: fc.constantFrom(...'0123456789:ab') })
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), likely), fc.nat(2 ** 45), (name, time) => {
      expect(['known', 'unknown']).toContain(credentials.standing(name, time).kind)
    }),
  )
})
