import { expect, test } from 'bun:test'
import { mintTurnCredentials } from '../../src/auth/turn-credentials.ts'
import { createCredentials } from '../../src/turn/credentials.ts'

const now = 1_700_000_000_500

test('are good for a day, or for as long as was asked', () => {
  const uris = ['turn:192.0.2.1:3478']
  expect(mintTurnCredentials('s', uris, 'someone', now)).toMatchObject({
    username: '1700086400:someone',
    ttl: 86_400,
    uris,
  })
  expect(mintTurnCredentials('s', uris, 'someone', now, 60)).toMatchObject({ username: '1700000060:someone', ttl: 60 })
})

test('are such as our own server knows', () => {
  const { username, password } = mintTurnCredentials('s2', [], 'someone', now)
  const { standing } = createCredentials({ users: new Map(), secrets: ['s1', 's2'], hook: false })
  expect(standing(username, now)).toEqual({
    kind: 'known',
    passwords: [expect.any(String), password],
    user: 'someone',
    current: true,
  })
})
