import { expect, test } from 'bun:test'
import { createAddresses } from '../../../../src/io/turn/portable/addresses.ts'
import { ipKey } from '../../../../src/turn/five-tuple.ts'
import { ip } from '../../../turn/ip.ts'

test('an address of a socket is read once, and IPv4 in IPv6 clothes is IPv4', () => {
  const addresses = createAddresses()
  const known = addresses.known('192.0.2.1')
  expect(known).toEqual({ ip: ip('192.0.2.1'), key: ipKey(ip('192.0.2.1')) })
  expect(addresses.known('192.0.2.1')).toBe(known)
  expect(addresses.known('::ffff:192.0.2.1')).toEqual(known)
  expect(addresses.known('')).toBeUndefined()
})

test('ever new addresses are read right and cost no more and more memory', () => {
  const addresses = createAddresses()
  const first = addresses.known('2001:db8::1')
  for (let at = 0; at < 10_000; at++) {
    const text = `10.0.${at >> 8}.${at & 255}`
    expect(addresses.known(text)?.ip).toEqual(ip(text))
  }
  expect(addresses.known('2001:db8::1')).toEqual(first)
  expect(addresses.known('2001:db8::1')).not.toBe(first)
})

test('an address is written for sockets, the same one once', () => {
  const addresses = createAddresses()
  const address = ip('2001:db8:0:0::1')
  expect(addresses.text(address)).toBe('2001:db8::1')
  expect(addresses.text(address)).toBe('2001:db8::1')
})
