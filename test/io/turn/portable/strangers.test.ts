import { expect, test } from 'bun:test'
import { createStrangers } from '../../../../src/io/turn/portable/strangers.ts'
import { ip } from '../../../turn/ip.ts'

test('an address has so many connections without an allocation, and one more when one is gone', () => {
  const strangers = createStrangers({ perSource: 2, total: 100 })
  expect([1, 2, 3].map(() => strangers.admit(ip('192.0.2.1')))).toEqual([true, true, false])
  expect(strangers.admit(ip('::ffff:192.0.2.1'))).toBe(false)
  expect(strangers.admit(ip('192.0.2.2'))).toBe(true)
  strangers.remove(ip('192.0.2.1'))
  expect(strangers.admit(ip('192.0.2.1'))).toBe(true)
})

test('an IPv6 /64 counts as one address', () => {
  const strangers = createStrangers({ perSource: 1, total: 100 })
  expect(strangers.admit(ip('2001:db8::1'))).toBe(true)
  expect(strangers.admit(ip('2001:db8::ffff:1'))).toBe(false)
  expect(strangers.admit(ip('2001:db8:0:1::1'))).toBe(true)
})

test('there are no more than so many in all', () => {
  const strangers = createStrangers({ perSource: 10, total: 2 })
  expect(['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((text) => strangers.admit(ip(text)))).toEqual([true, true, false])
})

test('who was known is a stranger again, also above the limit; nobody is counted twice or below zero', () => {
  const strangers = createStrangers({ perSource: 1, total: 100 })
  strangers.remove(ip('192.0.2.1'))
  expect(strangers.total).toBe(0)
  strangers.add(ip('192.0.2.1'))
  strangers.add(ip('192.0.2.1'))
  expect(strangers.total).toBe(2)
  expect(strangers.admit(ip('192.0.2.1'))).toBe(false)
  strangers.remove(ip('192.0.2.1'))
  strangers.remove(ip('192.0.2.1'))
  expect(strangers.admit(ip('192.0.2.1'))).toBe(true)
  expect(strangers.total).toBe(1)
})
