import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { crc32, fingerprintHolds } from '../../../src/turn/codec/fingerprint.ts'
import { decoded, written } from './messages.ts'
import { ipv4Response, ipv6Response, longTermRequest, request } from './vectors.ts'

describe('FINGERPRINT', () => {
  test('[C11] is the CRC-32 of what is in front of it', () => {
    const check = new TextEncoder().encode('-123456789-')
    expect(crc32(check, 1, 10)).toBe(0xcbf43926)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(5), (bytes, start) => {
        expect(crc32(bytes, start, bytes.length)).toBe(Bun.hash.crc32(bytes.slice(start)))
      }),
    )
    for (const bytes of [request, ipv4Response, ipv6Response]) {
      const message = decoded(bytes)
      expect(message.fingerprintAt).toBe(bytes.length - 8)
      expect(fingerprintHolds(message)).toBe(true)
    }
  })

  test('[C11] that is wrong shows, whichever bit it is', () => {
    for (let bit = 0; bit < request.length * 8; bit++) {
      const changed = request.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      let holds = false
      try {
        const message = decoded(changed)
        // A changed type turns the checksum into an attribute that nobody knows.
        holds = message.fingerprintAt !== undefined && fingerprintHolds(message)
      } catch {
        // Not even a message any more.
      }
      expect(holds).toBe(false)
    }
  })

  test('[C11] may be missing', () => {
    expect(fingerprintHolds(decoded(longTermRequest))).toBe(true)
    expect(decoded(written((writer) => writer.put('lifetime', 1))).fingerprintAt).toBeUndefined()
  })

  test('[C11] is written behind everything', () => {
    const bytes = written((writer) => writer.put('software', 'x').sign(new Uint8Array(16)).fingerprint())
    expect(fingerprintHolds(decoded(bytes))).toBe(true)
    expect(decoded(bytes).fingerprintAt).toBe(bytes.length - 8)
  })
})
