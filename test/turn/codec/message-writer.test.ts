import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { fingerprintHolds } from '../../../src/turn/codec/fingerprint.ts'
import { integrityHolds } from '../../../src/turn/codec/integrity.ts'
import { longTermKey, shortTermKey } from '../../../src/turn/codec/keys.ts'
import { transactionId } from '../../../src/turn/codec/message.ts'
import { createMessageWriter, type MessageWriter } from '../../../src/turn/codec/message-writer.ts'
import { anyEntry, decoded, raw, written } from './messages.ts'
import {
  fromHex,
  icePassword,
  iceTransaction,
  ipv4Response,
  ipv6Response,
  longTermRequest,
  longTermTransaction,
  matrix,
  nonce,
  nonceWithFeatures,
  request,
  sha256Request,
} from './vectors.ts'

const room = new Uint8Array(2_000)

/** The RFC's samples pad with a space where we pad with zero. */
function padWithSpaces(writer: MessageWriter, count: number): void {
  room.fill(0x20, writer.end() - count, writer.end())
}

describe('the samples of the RFCs are written octet by octet', () => {
  test('[C23] RFC 5769 section 2.1', () => {
    const writer = createMessageWriter().begin(room, 0, 'binding', 'request', iceTransaction)
    writer.put('software', 'STUN test client').putOctets(0x0024, fromHex('6e 00 01 ff'))
    writer.putOctets(0x8029, fromHex('93 2f f9 b1 51 26 3b 36')).put('username', 'evtj:h6vY')
    padWithSpaces(writer, 3)
    writer.sign(shortTermKey(icePassword)).fingerprint()
    expect(room.slice(0, writer.end())).toEqual(request)
  })

  test('[C23] RFC 5769 sections 2.2 and 2.3', () => {
    const samples = [
      [ipv4Response, { family: 4, value: 0xc0000201 }],
      [ipv6Response, { family: 6, words: [0x20010db8, 0x12345678, 0x00112233, 0x44556677] }],
    ] as const
    for (const [sample, ip] of samples) {
      const writer = createMessageWriter().answer(room, 0, decoded(request), 'success')
      writer.put('software', 'test vector')
      padWithSpaces(writer, 1)
      writer.put('xorMappedAddress', { ip, port: 32853 }).sign(shortTermKey(icePassword)).fingerprint()
      expect(room.slice(0, writer.end())).toEqual(sample)
    }
  })

  test('[C23] RFC 5769 section 2.4', () => {
    const writer = createMessageWriter().begin(room, 0, 'binding', 'request', longTermTransaction)
    writer.put('username', matrix.username).put('nonce', nonce).put('realm', matrix.realm).sign(longTermKey(matrix))
    expect(room.slice(0, writer.end())).toEqual(longTermRequest)
  })

  test('[C23] RFC 8489 appendix B.1', () => {
    const writer = createMessageWriter().begin(room, 0, 'binding', 'request', longTermTransaction)
    writer.put('userhash', sha256Request.slice(24, 56)).put('nonce', nonceWithFeatures).put('realm', matrix.realm)
    writer.put('passwordAlgorithm', { algorithm: 2, parameters: new Uint8Array(0) })
    writer.signSha256(longTermKey(matrix, 'sha256'))
    expect(room.slice(0, writer.end())).toEqual(sha256Request)
  })
})

describe('what is written', () => {
  test('[C23] is read as it was meant', () => {
    const key = longTermKey(matrix)
    fc.assert(
      fc.property(fc.uniqueArray(anyEntry, { selector: ({ name }) => name }), fc.nat(9), (entries, start) => {
        const writer = createMessageWriter().begin(room, start, 'data', 'indication', longTermTransaction)
        for (const { put } of entries) put(writer)
        writer.sign(key).fingerprint()
        const message = decoded(room, start, start + writer.end())
        for (const { name, value } of entries) expect<unknown>(message.get(name)).toEqual(value)
        expect([message.method, message.messageClass]).toEqual(['data', 'indication'])
        expect(transactionId(message)).toEqual(longTermTransaction)
        expect([message.unknown, message.malformed]).toEqual([[], undefined])
        expect([integrityHolds(message, key), fingerprintHolds(message)]).toEqual([true, true])
      }),
    )
  })

  test('[C23] is a message after every step, and its padding is zero', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 4 }), (entries) => {
        const bytes = written((writer) => {
          for (const { put } of entries) put(writer)
        })
        expect(decoded(bytes).end).toBe(bytes.length)
      }),
    )
    expect(written((writer) => writer.put('username', 'a').putOctets(0xff01, new Uint8Array([9]))).slice(20)).toEqual(
      fromHex('00 06 00 01 61 00 00 00 ff 01 00 01 09 00 00 00'),
    )
  })

  test('[C2] answers a method that is not ours in its own words', () => {
    const unknown = decoded(raw('').with(0, 0x02).with(1, 0xef))
    const writer = createMessageWriter().answer(room, 3, unknown, 'error')
    expect(room.slice(3, 3 + writer.end()).slice(0, 4)).toEqual(fromHex('03 ff 00 00'))
  })

  test('[C23] may overwrite the request that it answers', () => {
    const buffer = new Uint8Array(200)
    buffer.set(request, 8)
    const writer = createMessageWriter().answer(buffer, 8, decoded(buffer, 8, 8 + request.length), 'error')
    writer.put('errorCode', { code: 400, reason: '' })
    const answer = decoded(buffer, 8, 8 + writer.end())
    expect([transactionId(answer), answer.get('errorCode')?.code]).toEqual([iceTransaction, 400])
  })

  test('[C23] stays within its buffer: what is too long is our own mistake and throws', () => {
    const small = new Uint8Array(40)
    const begun = () => createMessageWriter().begin(small, 4, 'binding', 'success', iceTransaction)
    expect(() => createMessageWriter().begin(small, 21, 'binding', 'success', iceTransaction)).toThrow(RangeError)
    expect(() => createMessageWriter().begin(small, 20, 'binding', 'success', iceTransaction)).not.toThrow()
    expect(() => begun().put('software', 'thirteen char')).toThrow(RangeError)
    expect(() => begun().put('software', 'é'.repeat(9))).toThrow(RangeError)
    expect(() => begun().put('data', new Uint8Array(13))).toThrow(RangeError)
    expect(() => begun().putOctets(0xff01, new Uint8Array(13))).toThrow(RangeError)
    expect(() => begun().sign(iceTransaction)).toThrow(RangeError)
    expect(() => begun().signSha256(iceTransaction)).toThrow(RangeError)
    expect(() => begun().put('lifetime', 1).put('lifetime', 1).fingerprint()).toThrow(RangeError)
    expect(begun().put('software', 'twelve chars').end()).toBe(36)
  })

  test('[C23] is not longer than a length can tell', () => {
    const data = new Uint8Array(0xfff8)
    expect(written((writer) => writer.put('data', data)).length).toBe(65_552)
    expect(() => written((writer) => writer.put('data', data).put('dontFragment', true))).toThrow(RangeError)
  })
})
