/** Writes STUN messages into buffers that are handed in. One writer serves a whole worker, so that an answer costs next to no memory. */
import { type AttributeName, type AttributeValue, attributes } from './attributes.ts'
import { fingerprintLength, writeFingerprint } from './fingerprint.ts'
import {
  headerLength,
  longestBody,
  type MessageClass,
  type Method,
  messageType,
  withClass,
  writeHeader,
} from './header.ts'
import { integrityLength, integritySha256Length, writeIntegrity, writeIntegritySha256 } from './integrity.ts'
import type { StunMessage } from './message.ts'
import { padded, putUint16 } from './octets.ts'
import { type Codec, writeOctets } from './values.ts'

/**
 * `begin` or `answer` first; then attributes, in the order in which they are to stand; MACs behind all attributes
 * (SHA-1 before SHA-256), the checksum last; `end` answers the length. What is written is a valid message after every step.
 * Each step throws a RangeError if the target is too small for it; until then anything behind `start` may be written to,
 * so a slot of a larger buffer is handed in as a view of its own.
 */
export interface MessageWriter {
  begin(target: Uint8Array, start: number, method: Method, messageClass: MessageClass, transaction: Uint8Array): this
  /** A message of the request's method and transaction. The request may lie in the target itself, at `start`, and is gone then. */
  answer(
    target: Uint8Array,
    start: number,
    request: Pick<StunMessage, 'bytes' | 'start' | 'type'>,
    messageClass: MessageClass,
  ): this
  put<N extends AttributeName>(name: N, value: AttributeValue<N>): this
  /** An attribute that is not in the table. */
  putOctets(type: number, value: Uint8Array): this
  sign(key: Uint8Array): this
  signSha256(key: Uint8Array): this
  fingerprint(): this
  /** How many octets the message has. */
  end(): number
}

const attributeHeaderLength = 4

export function createMessageWriter(): MessageWriter {
  let target: Uint8Array = new Uint8Array(0)
  let start = 0
  /** Where the next attribute goes. */
  let at = 0

  const makeRoom = (length: number): void => {
    const end = at + attributeHeaderLength + padded(length)
    if (end > target.length) throw new RangeError('the buffer is too small for the message')
    if (end - start - headerLength > longestBody) throw new RangeError('the message is too long for STUN')
  }

  /** Counts an attribute whose value is there already: header, padding, length of the whole. */
  const close = (type: number, length: number): void => {
    putUint16(target, at, type)
    putUint16(target, at + 2, length)
    const end = at + attributeHeaderLength + padded(length)
    for (let pad = at + attributeHeaderLength + length; pad < end; pad++) target[pad] = 0
    advance(end)
  }

  const advance = (end: number): void => {
    at = end
    putUint16(target, start + 2, end - start - headerLength)
  }

  const open = (into: Uint8Array, from: number, type: number, source: Uint8Array, sourceAt: number): void => {
    if (from + headerLength > into.length) throw new RangeError('the buffer is too small for the message')
    target = into
    start = from
    at = from + headerLength
    writeHeader(target, start, type, { source, sourceAt })
  }

  const writer: MessageWriter = {
    begin(into, from, method, messageClass, transaction) {
      open(into, from, messageType(method, messageClass), transaction, 0)
      return writer
    },
    answer(into, from, request, messageClass) {
      open(into, from, withClass(request.type, messageClass), request.bytes, request.start + 8)
      return writer
    },
    put(name, value) {
      const entry: { readonly type: number; readonly codec: Codec<unknown> } = attributes[name]
      const length = entry.codec.write(target, at + attributeHeaderLength, value, start)
      makeRoom(length)
      close(entry.type, length)
      return writer
    },
    putOctets(type, value) {
      makeRoom(value.length)
      close(type, writeOctets(target, at + attributeHeaderLength, value))
      return writer
    },
    sign(key) {
      makeRoom(integrityLength)
      writeIntegrity(target, start, at, key)
      advance(at + attributeHeaderLength + integrityLength)
      return writer
    },
    signSha256(key) {
      makeRoom(integritySha256Length)
      writeIntegritySha256(target, start, at, key)
      advance(at + attributeHeaderLength + integritySha256Length)
      return writer
    },
    fingerprint() {
      makeRoom(fingerprintLength)
      // The checksum covers the length, which counts the checksum itself.
      const from = at
      advance(at + attributeHeaderLength + fingerprintLength)
      writeFingerprint(target, start, from)
      return writer
    },
    end: () => at - start,
  }
  return writer
}
