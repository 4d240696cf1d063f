import { describe, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { admittedApp, appToken, readToken, sessionToken } from '../../../src/protocols/admission/token.ts'

const secret = 'app-secret'
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64')
const head = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9'
const signed = (body: string, first = head): string =>
  `${first}.${body}.${createHmac('sha256', secret).update(first).update(body).digest('hex')}`

describe('the token of an application', () => {
  test('[J7, J8] has the form of the original and is the same each time', () => {
    // The README's own: payload with padding, hexadecimal signature.
    expect(appToken(secret, 'demo')).toBe(signed('eyJhcHAiOiJkZW1vIn0='))
    expect(appToken(secret, 'demo')).toMatch(/^[\w+/=]+\.[\w+/=]+\.[0-9a-f]{64}$/)
    expect(readToken(secret, appToken(secret, 'demo'))).toEqual({ kind: 'app', app: 'demo' })
  })

  test('[J7] one that the original gave to a number is good', () => {
    expect(readToken(secret, signed(base64({ app: 5 })))).toEqual({ kind: 'app', app: '5' })
  })

  test('[J8] does not expire', () => {
    expect(admittedApp(secret, appToken(secret, 'demo'), 9e15)).toBe('demo')
  })
})

describe('the token of a session', () => {
  test('[J7, J9] has the form of the original', () => {
    const token = sessionToken(secret, 'demo', 'sock', 1_700_000_000_999)
    expect(token).toBe(signed(base64({ app: 'demo', exp: 1_700_000_000, socket: 'sock' })))
    expect(readToken(secret, token)).toEqual({
      kind: 'session',
      app: 'demo',
      socket: 'sock',
      expires: 1_700_000_000_000,
    })
  })

  test('[J11] lets in until it expires', () => {
    const token = sessionToken(secret, 'demo', 'sock', 5_000)
    expect(admittedApp(secret, token, 4_999)).toBe('demo')
    expect(admittedApp(secret, token, 5_000)).toBeUndefined()
  })
})

test.each([
  ['another secret', appToken('other', 'demo')],
  ['a changed payload', appToken(secret, 'demo').replace('eyJhcHAiOiJkZW1vIn0=', base64({ app: 'dem0' }))],
  ['a changed signature', appToken(secret, 'demo').replace(/.$/, (last) => (last === '0' ? '1' : '0'))],
  ['no signature', `${head}.${base64({ app: 'demo' })}.`],
  ['a signature in capitals', appToken(secret, 'demo').replace(/[^.]+$/, (hex) => hex.toUpperCase())],
  ['no signature at all', `${head}.${base64({ app: 'demo' })}`],
  ['a fourth part', `${appToken(secret, 'demo')}.x`],
  ['another algorithm', signed(base64({ app: 'demo' }), base64({ alg: 'none', typ: 'JWT' }))],
  ['a middle part that is no JSON', signed(Buffer.from('no json').toString('base64'))],
  ['a middle part that is null', signed(base64(null))],
  ['a list', signed(base64(['app']))],
  ['no application', signed(base64({}))],
  ['an application of no sensible kind', signed(base64({ app: {} }))],
  ['an expiry without a socket', signed(base64({ app: 'demo', exp: 9e12 }))],
  ['a socket without an expiry', signed(base64({ app: 'demo', socket: 'sock' }))],
  ['nothing', ''],
  ['dots', '...'],
  ['far too much', 'x'.repeat(100_000)],
  ['a number', 5],
  ['null', null],
  ['undefined', undefined],
  ['an object', { toString: 5 }],
])('[J10] %s is no token', (_what, token) => {
  expect(readToken(secret, token)).toBeUndefined()
  expect(admittedApp(secret, token, 0)).toBeUndefined()
})
