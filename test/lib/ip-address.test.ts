import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { formatIp, formatTransportAddress, parseIp } from '../../src/lib/ip-address.ts'
import { anyIp } from '../turn/codec/messages.ts'

test.each([
  ['0.0.0.0', '0.0.0.0'],
  ['255.255.255.255', '255.255.255.255'],
  ['192.0.2.1', '192.0.2.1'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['2001:db8::1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['1:0:0:2:0:0:3:4', '1::2:0:0:3:4'],
  ['::ffff:127.0.0.1', '::ffff:127.0.0.1'],
  ['::ffff:7f00:1', '::ffff:127.0.0.1'],
  ['64:ff9b::7f00:1', '64:ff9b::7f00:1'],
  ['fe80::1%eth0', 'fe80::1'],
])('%s is read and written as %s', (text, expected) => {
  const ip = parseIp(text)
  expect(ip && formatIp(ip)).toBe(expected)
})

test.each([
  '',
  '1',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.4.',
  '.1.2.3',
  '256.1.1.1',
  '01.2.3.4',
  '1.2.3.4:80',
  ':',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '12345::',
  'g::',
  '::1.2.3',
  '1.2.3.4::',
  'localhost',
  `${'0:'.repeat(60)}:1`,
])('%p is no address', (text) => {
  expect(parseIp(text)).toBeUndefined()
})

test('what is written can be read again', () => {
  fc.assert(fc.property(anyIp, (ip) => expect(parseIp(formatIp(ip))).toEqual(ip)))
  fc.assert(fc.property(fc.string(), (text) => expect(() => parseIp(text)).not.toThrow()))
})

test('an address with its port', () => {
  expect(formatTransportAddress({ ip: { family: 4, value: 0xc0000201 }, port: 3478 })).toBe('192.0.2.1:3478')
  expect(formatTransportAddress({ ip: { family: 6, words: [0x20010db8, 0, 0, 1] }, port: 80 })).toBe('[2001:db8::1]:80')
})
