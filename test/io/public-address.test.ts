import { expect, test } from 'bun:test'
import { publicAddress } from '../../src/io/public-address.ts'
import { parseIp } from '../../src/lib/ip-address.ts'

test.each([
  [['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.1.1', '169.254.1.1', '100.64.0.1', '::1'], undefined],
  [['10.1.2.3', '2001:db8::1', '198.51.100.7', '203.0.113.1'], '198.51.100.7'],
  [['172.32.0.1'], '172.32.0.1'],
  [[], undefined],
])('of %p others know %p', (texts, expected) => {
  expect(publicAddress(texts.flatMap((text) => parseIp(text) ?? []))).toBe(expected)
})
