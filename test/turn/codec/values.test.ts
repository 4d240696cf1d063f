import { describe, expect, test } from 'bun:test'
import type { AttributeName, AttributeValue } from '../../../src/turn/codec/attributes.ts'
import type { MessageWriter } from '../../../src/turn/codec/message-writer.ts'
import { passwordAlgorithms } from '../../../src/turn/codec/values.ts'
import { decoded, raw, written } from './messages.ts'
import { fromHex } from './vectors.ts'

const put =
  <N extends AttributeName>(name: N, value: AttributeValue<N>) =>
  (writer: MessageWriter): void =>
    void writer.put(name, value)

describe('values', () => {
  test.each([
    ['EVEN-PORT that reserves the next', put('evenPort', true), '00 18 00 01 80 00 00 00'],
    ['EVEN-PORT alone', put('evenPort', false), '00 18 00 01 00 00 00 00'],
    ['REQUESTED-TRANSPORT', put('requestedTransport', 17), '00 19 00 04 11 00 00 00'],
    ['REQUESTED-ADDRESS-FAMILY', put('requestedAddressFamily', 2), '00 17 00 04 02 00 00 00'],
    ['ADDITIONAL-ADDRESS-FAMILY', put('additionalAddressFamily', 2), '80 00 00 04 02 00 00 00'],
    ['DONT-FRAGMENT', put('dontFragment', true), '00 1a 00 00'],
    ['CHANNEL-NUMBER', put('channelNumber', 0x4fff), '00 0c 00 04 4f ff 00 00'],
    ['LIFETIME', put('lifetime', 3600), '00 0d 00 04 00 00 0e 10'],
    ['CONNECTION-ID', put('connectionId', 0xfffffffe), '00 2a 00 04 ff ff ff fe'],
    ['ICMP, a packet too big', put('icmp', { type: 3, code: 4, data: 1400 }), '80 04 00 08 00 00 06 04 00 00 05 78'],
    ['UNKNOWN-ATTRIBUTES', put('unknownAttributes', [0x7f01, 3, 4]), '00 0a 00 06 7f 01 00 03 00 04 00 00'],
    ['DATA', put('data', new Uint8Array([1, 2, 3])), '00 13 00 03 01 02 03 00'],
    ['USERNAME', put('username', 'é'), '00 06 00 02 c3 a9 00 00'],
  ])('[C14] %s lies as the RFC draws it', (_what, write, expected) => {
    expect(written(write).slice(20)).toEqual(fromHex(expected))
  })

  test('[C14] what the RFC reserves is not looked at', () => {
    const message = decoded(
      raw(
        '00 18 00 01 ff aa bb cc  00 19 00 04 11 01 02 03  00 0c 00 04 40 00 ff ff  80 04 00 08 ff ff 06 04 00 00 05 78',
      ),
    )
    expect(message.malformed).toBeUndefined()
    expect(message.get('evenPort')).toBe(true)
    expect(message.get('requestedTransport')).toBe(17)
    expect(message.get('channelNumber')).toBe(0x4000)
    expect(message.get('icmp')).toEqual({ type: 3, code: 4, data: 1400 })
  })

  test.each([
    ['LIFETIME of three octets', '00 0d 00 03 00 00 01 00'],
    ['LIFETIME of five octets', '00 0d 00 05 00 00 01 00 00 00 00 00'],
    ['EVEN-PORT of no octet', '00 18 00 00'],
    ['EVEN-PORT of four octets', '00 18 00 04 80 00 00 00'],
    ['REQUESTED-TRANSPORT of one octet', '00 19 00 01 11 00 00 00'],
    ['DONT-FRAGMENT with a value', '00 1a 00 01 00 00 00 00'],
    ['RESERVATION-TOKEN of four octets', '00 22 00 04 00 00 00 00'],
    ['CHANNEL-NUMBER of two octets', '00 0c 00 02 40 00 00 00'],
    ['ICMP of four octets', '80 04 00 04 00 00 00 00'],
    ['UNKNOWN-ATTRIBUTES of an odd length', '00 0a 00 03 00 01 00 00'],
    ['USERHASH of four octets', '00 1e 00 04 00 00 00 00'],
    ['USERNAME that is no UTF-8', '00 06 00 02 c3 28 00 00'],
    ['USERNAME cut off within a character', '00 06 00 01 c3 00 00 00'],
    ['USERNAME longer than the RFC lets it be', `00 06 01 fd ${'61 '.repeat(512)}`],
    ['PASSWORD-ALGORITHM without its parameters', '00 1d 00 04 00 01 00 01'],
    ['PASSWORD-ALGORITHM of two octets', '00 1d 00 02 00 01 00 00'],
    ['PASSWORD-ALGORITHMS whose last is cut off', '80 02 00 08 00 01 00 00 00 02 00 04'],
    ['PASSWORD-ALGORITHMS with half an entry', '80 02 00 06 00 01 00 00 00 02 00 00'],
  ])('[C5] %s is malformed', (_what, attribute) => {
    const bytes = raw(attribute)
    expect(decoded(bytes).malformed).toBe(((bytes[20] ?? 0) << 8) | (bytes[21] ?? 0))
  })
})

describe('password algorithms', () => {
  const none = new Uint8Array(0)
  const both = [passwordAlgorithms.sha256, passwordAlgorithms.md5].map((algorithm) => ({ algorithm, parameters: none }))

  test('[C15] the server lists them in its order, the client names one', () => {
    const ours = written((writer) => writer.put('passwordAlgorithms', both))
    expect(ours.slice(20)).toEqual(fromHex('80 02 00 08 00 02 00 00 00 01 00 00'))
    expect(decoded(ours).get('passwordAlgorithms')).toEqual(both)
    expect(decoded(raw('00 1d 00 04 00 02 00 00')).get('passwordAlgorithm')).toEqual({ algorithm: 2, parameters: none })
  })

  test('[C15] each in a list is padded to four octets, the last by the attribute', () => {
    const parameters = new Uint8Array([7])
    const some = [
      { algorithm: 9, parameters },
      { algorithm: 1, parameters },
    ]
    const ours = written((writer) => writer.put('passwordAlgorithms', some))
    expect(ours.slice(20)).toEqual(fromHex('80 02 00 0d 00 09 00 01 07 00 00 00 00 01 00 01 07 00 00 00'))
    expect(decoded(ours).get('passwordAlgorithms')).toEqual(some)
    // Some count the last one's padding too.
    ours[23] = 16
    expect(decoded(ours).get('passwordAlgorithms')).toEqual(some)
  })
})
