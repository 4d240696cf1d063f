import { describe, expect, test } from 'bun:test'
import { equalInConstantTime, integrityHolds, integritySha256Holds } from '../../../src/turn/codec/integrity.ts'
import { longTermKey, shortTermKey } from '../../../src/turn/codec/keys.ts'
import { decoded, written } from './messages.ts'
import { icePassword, ipv4Response, ipv6Response, longTermRequest, matrix, request, sha256Request } from './vectors.ts'

const key = longTermKey(matrix)
const another = longTermKey({ ...matrix, password: 'TheMatriX' })

describe('MESSAGE-INTEGRITY', () => {
  test('[C9] of the messages of RFC 5769 holds with their keys and no other', () => {
    for (const bytes of [request, ipv4Response, ipv6Response]) {
      expect(integrityHolds(decoded(bytes), shortTermKey(icePassword))).toBe(true)
      expect(integrityHolds(decoded(bytes), shortTermKey(`${icePassword} `))).toBe(false)
    }
    expect(integrityHolds(decoded(longTermRequest), key)).toBe(true)
    expect(integrityHolds(decoded(longTermRequest), another)).toBe(false)
  })

  test('[C9] that is missing does not hold', () => {
    const bytes = written((writer) => writer.put('lifetime', 1).fingerprint())
    expect(integrityHolds(decoded(bytes), key)).toBe(false)
    expect(integritySha256Holds(decoded(bytes), key)).toBe(false)
    expect(integrityHolds(decoded(sha256Request), key)).toBe(false)
  })

  test('[C9] covers every octet in front of it', () => {
    for (let at = 0; at < longTermRequest.length; at++) {
      const changed = longTermRequest.with(at, (longTermRequest[at] ?? 0) ^ 1)
      let holds = false
      try {
        holds = integrityHolds(decoded(changed), key)
      } catch {
        // Not even a message any more.
      }
      expect(holds).toBe(false)
    }
  })

  test('[C9] does not depend on what follows it, and looking leaves the message as it was', () => {
    const bytes = written((writer) => writer.put('username', 'u').sign(key).signSha256(key).fingerprint())
    const before = bytes.slice()
    const message = decoded(bytes)
    expect(integrityHolds(message, key)).toBe(true)
    expect(integritySha256Holds(message, key)).toBe(true)
    expect(integrityHolds(message, another)).toBe(false)
    expect(integritySha256Holds(message, another)).toBe(false)
    expect(bytes).toEqual(before)
  })

  test('[C9] holds in the midst of a larger buffer', () => {
    const buffer = new Uint8Array(300).fill(0x11)
    buffer.set(request, 50)
    expect(integrityHolds(decoded(buffer, 50, 50 + request.length), shortTermKey(icePassword))).toBe(true)
  })
})

describe('MESSAGE-INTEGRITY-SHA256', () => {
  test('[C10] of the message of RFC 8489 holds with its key and no other', () => {
    const message = decoded(sha256Request)
    expect(integritySha256Holds(message, longTermKey(matrix, 'sha256'))).toBe(true)
    expect(integritySha256Holds(message, key)).toBe(false)
  })

  test('[C10] may be cut off to 16 octets and is then made for that length', () => {
    const front = written((writer) => writer.put('username', 'u'))
    for (const length of [16, 20, 28]) {
      const bytes = written((writer) => writer.put('username', 'u').signSha256(key)).slice(0, front.length + 4 + length)
      bytes[3] = bytes.length - 20
      bytes[front.length + 3] = length
      const hmac = new Bun.CryptoHasher('sha256', key).update(bytes.slice(0, front.length)).digest()
      bytes.set(hmac.subarray(0, length), front.length + 4)
      expect(integritySha256Holds(decoded(bytes), key)).toBe(true)
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
      expect(integritySha256Holds(decoded(bytes), key)).toBe(false)
    }
  })
})

test('[C9] secrets of different length differ', () => {
  expect(equalInConstantTime(new Uint8Array([1, 2]), new Uint8Array([1, 2]))).toBe(true)
  expect(equalInConstantTime(new Uint8Array([1, 2]), new Uint8Array([1, 3]))).toBe(false)
  expect(equalInConstantTime(new Uint8Array([1, 2]), new Uint8Array([1]))).toBe(false)
  expect(equalInConstantTime(new Uint8Array(0), new Uint8Array(0))).toBe(true)
})
