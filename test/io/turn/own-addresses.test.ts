import { expect, test } from 'bun:test'
import { interfaceAddresses, resolvedHosts, routedAddress } from '../../../src/io/turn/own-addresses.ts'
import { formatIp } from '../../../src/lib/ip-address.ts'

test('this machine has loopback, and where it leads out that is an address of its own', async () => {
  const own = interfaceAddresses().map(formatIp)
  expect(own).toContain('127.0.0.1')
  for (const family of [4, 6] as const) {
    const routed = await routedAddress(family)
    if (!routed) continue
    expect(routed.family).toBe(family)
    expect(own).toContain(formatIp(routed))
    expect(formatIp(routed)).not.toMatch(/^(127\.|0\.|169\.254|::1?$|fe[89ab])/)
  }
})

test('names are looked up, addresses are not, and what stands for nothing is left out', async () => {
  const found = await resolvedHosts(['localhost', '192.0.2.1', '2001:db8::1', 'name.invalid'])
  expect(found.map(formatIp).every((address) => ['127.0.0.1', '::1'].includes(address))).toBe(true)
  expect(found.length).toBeGreaterThan(0)
})
