/** Whom a request comes from, through proxies that are trusted and others that are not. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { clientAddress } from '../../src/io/client-address.ts'
import { contains, parseIpRange } from '../../src/lib/ip-range.ts'

const trusted = ['127.0.0.0/8', '::1', '10.0.0.0/8'].map(parseIpRange).filter((range) => range !== undefined)
const from = (peer: string | undefined, real?: string, forwarded?: string): string => {
  const headers = new Headers()
  if (real !== undefined) headers.set('x-real-ip', real)
  if (forwarded !== undefined) headers.set('x-forwarded-for', forwarded)
  return clientAddress(peer, headers, trusted)
}

test.each<[string, string | undefined, string | undefined, string | undefined, string]>([
  ['no proxy', '192.0.2.1', undefined, undefined, '192.0.2.1'],
  ['no proxy, forged headers', '192.0.2.1', '127.0.0.1', '127.0.0.1', '192.0.2.1'],
  ['a proxy without headers', '10.0.0.1', undefined, undefined, '10.0.0.1'],
  ['X-Real-IP', '10.0.0.1', '192.0.2.1', undefined, '192.0.2.1'],
  ['X-Real-IP goes first', '10.0.0.1', '192.0.2.1', '192.0.2.2', '192.0.2.1'],
  ['X-Forwarded-For', '10.0.0.1', undefined, '192.0.2.1', '192.0.2.1'],
  ['the right-most that is no proxy', '10.0.0.1', undefined, '127.0.0.1, 192.0.2.1, 10.0.0.2', '192.0.2.1'],
  ['what stands left may be a lie', '10.0.0.1', undefined, '192.0.2.9, 192.0.2.1', '192.0.2.1'],
  ['all are proxies', '10.0.0.1', undefined, '10.0.0.3, 10.0.0.2', '10.0.0.1'],
  ['unreadable on the way', '10.0.0.1', undefined, '192.0.2.1, unknown, 10.0.0.2', '10.0.0.1'],
  ['an empty header', '10.0.0.1', '', '', '10.0.0.1'],
  ['an unreadable X-Real-IP', '10.0.0.1', 'localhost', '192.0.2.1', '192.0.2.1'],
  ['with a port', '10.0.0.1', '192.0.2.1:4711', undefined, '192.0.2.1'],
  ['IPv6 in brackets', '::1', '[2001:db8::1]:443', undefined, '2001:db8::1'],
  ['IPv6', '::1', undefined, '2001:db8::1', '2001:db8::1'],
  ['IPv4 in IPv6 clothes is the same proxy', '::ffff:10.0.0.1', '192.0.2.1', undefined, '192.0.2.1'],
  ['a unix socket', undefined, '192.0.2.1', undefined, '192.0.2.1'],
  ['a unix socket without headers', undefined, undefined, undefined, '127.0.0.1'],
  ['an empty peer', '', undefined, undefined, '127.0.0.1'],
])('%s', (_, peer, real, forwarded, expected) => {
  expect(from(peer, real, forwarded)).toBe(expected)
})

test('who is not trusted is himself, whatever he writes', () => {
  const anything = fc.option(fc.string({ unit: 'grapheme-ascii' }), { nil: undefined })
  fc.assert(
    fc.property(fc.ipV4(), anything, anything, (peer, real, forwarded) => {
      if (contains(trusted, peer)) return
      expect(from(peer, real, forwarded)).toBe(peer)
    }),
  )
})

test('what comes out has no character that an address has not', () => {
  const piece = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ unit: 'grapheme-ascii' }), fc.constant('10.0.0.2'))
  fc.assert(
    fc.property(piece, fc.array(piece), (real, chain) => {
      expect(from('10.0.0.1', real, chain.join(','))).toMatch(/^[0-9a-f.:]+$/i)
    }),
  )
})
