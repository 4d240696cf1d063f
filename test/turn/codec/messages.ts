/** Says messages in tests: short words to read and write them, and any attribute with any value that it may have. */
import fc from 'fast-check'
import type { AttributeName, AttributeValue } from '../../../src/turn/codec/attributes.ts'
import { decodeMessage, type StunMessage } from '../../../src/turn/codec/message.ts'
import { createMessageWriter, type MessageWriter } from '../../../src/turn/codec/message-writer.ts'
import { putUint16 } from '../../../src/turn/codec/octets.ts'
import { fromHex, iceTransaction } from './vectors.ts'

/** A message that must be readable. */
export function decoded(bytes: Uint8Array, start = 0, end = bytes.length): StunMessage {
  const result = decodeMessage(bytes, start, end)
  if (!result.ok) throw new Error(`not a message: ${result.error}`)
  return result.value
}

/** Why it is not readable. */
export function fault(bytes: Uint8Array, start = 0, end = bytes.length): string | undefined {
  const result = decodeMessage(bytes, start, end)
  return result.ok ? undefined : result.error
}

/** An Allocate request with what `write` puts into it. */
export function written(write: (writer: MessageWriter) => void, room = 70_000): Uint8Array {
  const target = new Uint8Array(room).fill(0xee)
  const writer = createMessageWriter().begin(target, 0, 'allocate', 'request', iceTransaction)
  write(writer)
  return target.slice(0, writer.end())
}

/** An Allocate request with attributes as they are on the wire. */
export function raw(attributes: string): Uint8Array {
  const body = attributes.trim() === '' ? new Uint8Array(0) : fromHex(attributes)
  const bytes = new Uint8Array([0, 3, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...iceTransaction, ...body])
  putUint16(bytes, 2, body.length)
  return bytes
}

export interface Entry {
  readonly name: AttributeName
  readonly value: unknown
  readonly put: (writer: MessageWriter) => void
}

function entry<N extends AttributeName>(name: N, values: fc.Arbitrary<AttributeValue<N>>): fc.Arbitrary<Entry> {
  return values.map((value) => ({ name, value, put: (writer) => void writer.put(name, value) }))
}

const word = fc.integer({ min: 0, max: 0xffffffff })
const uint16 = fc.integer({ min: 0, max: 0xffff })
const octet = fc.integer({ min: 0, max: 255 })
const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ maxLength: 40, unit: 'binary' }))
const octets = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength })

export const anyIp = fc.oneof(
  fc.record({ family: fc.constant(4 as const), value: word }),
  fc.record({ family: fc.constant(6 as const), words: fc.tuple(word, word, word, word) }),
)
export const anyAddress = fc.record({ ip: anyIp, port: uint16 })
const anyError = { code: fc.integer({ min: 300, max: 699 }), reason: text }
const anyAlgorithm = fc.record({ algorithm: uint16, parameters: octets(0, 9) })

export const anyEntry: fc.Arbitrary<Entry> = fc.oneof(
  entry('mappedAddress', anyAddress),
  entry('xorMappedAddress', anyAddress),
  entry('xorPeerAddress', anyAddress),
  entry('xorRelayedAddress', anyAddress),
  entry('alternateServer', anyAddress),
  entry('username', text),
  entry('realm', text),
  entry('nonce', text),
  entry('software', text),
  entry('alternateDomain', text),
  entry('errorCode', fc.record(anyError)),
  entry('addressErrorCode', fc.record({ ...anyError, family: octet })),
  entry('unknownAttributes', fc.array(uint16)),
  entry('passwordAlgorithm', anyAlgorithm),
  entry('passwordAlgorithms', fc.array(anyAlgorithm, { maxLength: 4 })),
  entry('userhash', octets(32, 32)),
  entry('reservationToken', octets(8, 8)),
  entry('data', octets(0, 200)),
  entry('channelNumber', uint16),
  entry('lifetime', word),
  entry('connectionId', word),
  entry('requestedAddressFamily', octet),
  entry('additionalAddressFamily', octet),
  entry('requestedTransport', octet),
  entry('evenPort', fc.boolean()),
  entry('dontFragment', fc.constant(true as const)),
  entry(
    'icmp',
    fc.record({ type: fc.integer({ min: 0, max: 127 }), code: fc.integer({ min: 0, max: 511 }), data: word }),
  ),
)
