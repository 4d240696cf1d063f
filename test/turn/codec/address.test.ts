import { describe, expect, test } from 'bun:test'
import { parseIp, type TransportAddress } from '../../../src/lib/ip-address.ts'
import { decoded, raw, written } from './messages.ts'
import { ipv4Response, ipv6Response } from './vectors.ts'

function address(text: string, port: number): TransportAddress {
  const ip = parseIp(text)
  if (!ip) throw new Error(`${text} is no address`)
  return { ip, port }
}

const v4 = address('192.0.2.1', 32853)
const v6 = address('2001:db8:1234:5678:11:2233:4455:6677', 32853)

describe('addresses', () => {
  test('[C12] are mixed with the cookie and, for IPv6, the transaction id', () => {
    expect(decoded(ipv4Response).get('xorMappedAddress')).toEqual(v4)
    expect(decoded(ipv6Response).get('xorMappedAddress')).toEqual(v6)
    const ours = written((writer) => writer.put('xorPeerAddress', v6))
    // Family, port and address as in the RFC’s response, which has the same transaction id.
    expect(ours.slice(24)).toEqual(ipv6Response.slice(40, 60))
  })

  test('[C12] are plain in MAPPED-ADDRESS and ALTERNATE-SERVER', () => {
    expect(decoded(raw('00 01 00 08 00 01 0d 96 c0 00 02 01')).get('mappedAddress')).toEqual(address('192.0.2.1', 3478))
    const ours = written((writer) => writer.put('alternateServer', address('2001:db8::1', 1)))
    expect(ours.slice(24)).toEqual(new Uint8Array([0, 2, 0, 1, 0x20, 1, 0x0d, 0xb8, ...new Array(11).fill(0), 1]))
    expect(decoded(ours).get('alternateServer')).toEqual(address('2001:db8::1', 1))
  })

  test('[C12] stay as they were sent: an IPv4 address in IPv6 clothes is undressed by the policy, not here', () => {
    const mapped = address('::ffff:127.0.0.1', 9)
    expect(decoded(written((writer) => writer.put('xorPeerAddress', mapped))).get('xorPeerAddress')).toEqual(mapped)
  })

  test.each([
    ['an unknown family', '00 12 00 08 00 03 00 00 00 00 00 00'],
    ['IPv4 of the length of IPv6', `00 12 00 14 00 01 ${'00 '.repeat(18)}`],
    ['IPv6 of the length of IPv4', '00 12 00 08 00 02 00 00 00 00 00 00'],
    ['no octet', '00 12 00 00'],
    ['a family and nothing else', '00 12 00 02 00 01 00 00'],
  ])('[C12] an address with %s is malformed', (_what, attribute) => {
    const message = decoded(raw(attribute))
    expect(message.malformed).toBe(0x0012)
    expect(message.get('xorPeerAddress')).toBeUndefined()
  })
})
