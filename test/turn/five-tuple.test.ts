import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { unmapped } from '../../src/lib/ip-address.ts'
import { clientKey, ipKey, ipOfKey, peerKey } from '../../src/turn/five-tuple.ts'
import { anyIp, at, ip, port } from './ip.ts'

const bare = (address: Parameters<typeof unmapped>[0]) => JSON.stringify(unmapped(address))

test('keys are equal exactly when what they stand for is', () => {
  const listener = fc.constantFrom(0, 1, 31, 32, 33)
  fc.assert(
    fc.property(anyIp, anyIp, port, port, listener, listener, fc.boolean(), (a, other, p, q, l, m, same) => {
      const b = same ? a : other
      const sameIp = bare(a) === bare(b)
      expect(ipKey(a) === ipKey(b)).toBe(sameIp)
      expect(peerKey(a, p) === peerKey(b, q)).toBe(sameIp && p === q)
      const keys = [
        clientKey({ address: { ip: a, port: p }, listener: l }),
        clientKey({ address: { ip: b, port: q }, listener: m }),
      ]
      expect(keys[0] === keys[1]).toBe(sameIp && p === q && l === m)
    }),
  )
})

test('IPv4 keys are exact numbers up to the last address, port and listener', () => {
  const key = clientKey({ address: at('255.255.255.255', 65_535), listener: 31 })
  expect(key).toBe(Number.MAX_SAFE_INTEGER)
})

test('an IPv4 address has one key in either clothes', () => {
  expect(ipKey(ip('::ffff:192.0.2.1'))).toBe(ipKey(ip('192.0.2.1')))
  expect(unmapped(ip('::ffff:192.0.2.1'))).toEqual(ip('192.0.2.1'))
  expect(unmapped(ip('::192.0.2.1'))).toEqual(ip('::192.0.2.1'))
})

test('a key tells its address', () => {
  fc.assert(fc.property(anyIp, (address) => expect(ipOfKey(ipKey(address))).toEqual(unmapped(address))))
})
