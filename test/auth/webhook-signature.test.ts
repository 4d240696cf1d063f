import { expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { isGenuineWebhook, signWebhook } from '../../src/auth/webhook-signature.ts'

const secret = 'a secret of ours'
const body = '{"event":"join"}'
const now = 1_700_000_000_500
const signature = signWebhook(secret, body, now)

test('is an HMAC-SHA256 over time and body', () => {
  const mac = createHmac('sha256', secret).update(`1700000000.${body}`).digest('hex')
  expect(signature).toBe(`t=1700000000,v1=${mac}`)
  expect(isGenuineWebhook({ secret, signature, body, now })).toBeTrue()
})

test.each([
  ['another secret', { secret: 'another' }],
  ['another body', { body: '{"event":"leave"}' }],
  ['another time', { signature: signature.replace('1700000000', '1700000001') }],
  ['five minutes later', { now: now + 301_000 }],
  ['five minutes earlier', { now: now - 301_000 }],
  ['none', { signature: null }],
  ['half of one', { signature: signature.slice(0, -1) }],
  ['garbage', { signature: 't=x,v1=y' }],
])('is not genuine: %s', (_, other) => {
  expect(isGenuineWebhook({ secret, signature, body, now, ...other })).toBeFalse()
})
