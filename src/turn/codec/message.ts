/** A received STUN message: a view of its octets that knows what is in it. Nothing is copied, so it lives as long as they do. */
import { failure, type Result, success } from '../../lib/result.ts'
import { type AttributeName, type AttributeValue, attributes, codecOf, mustBeUnderstood } from './attributes.ts'
import { fingerprintLength, fingerprintType } from './fingerprint.ts'
import {
  classOf,
  type HeaderFault,
  headerFault,
  headerLength,
  type MessageClass,
  type Method,
  methodOf,
  transactionIdLength,
} from './header.ts'
import {
  integrityLength,
  integritySha256Length,
  integritySha256Type,
  integrityType,
  shortestSha256Length,
} from './integrity.ts'
import { padded, uint16At } from './octets.ts'
import type { Codec } from './values.ts'

export interface StunMessage {
  readonly bytes: Uint8Array
  /** The message is `bytes` from here … */
  readonly start: number
  /** … to here. */
  readonly end: number
  /** Undefined for a method that is not ours; `type` serves to answer it. */
  readonly method: Method | undefined
  readonly messageClass: MessageClass
  /** The first 16 bits. */
  readonly type: number
  /** The attributes that must be understood and are not in the table, for 420. What no MAC covers is not among them. */
  readonly unknown: readonly number[]
  /** The type of the first attribute whose value is not what it must be, for 400. */
  readonly malformed: number | undefined
  readonly integrityAt: number | undefined
  readonly integritySha256At: number | undefined
  readonly fingerprintAt: number | undefined
  /** The value of the first attribute of that name; undefined if there is none, or if it is malformed. */
  readonly get: <N extends AttributeName>(name: N) => AttributeValue<N> | undefined
  /** The values of all attributes of that name, in order (XOR-PEER-ADDRESS, XOR-RELAYED-ADDRESS). */
  readonly all: <N extends AttributeName>(name: N) => readonly AttributeValue<N>[]
  /** Where in `bytes` the value of the first attribute of that name lies: how DATA is sent on without a new view. */
  readonly span: (name: AttributeName) => Span | undefined
}

export interface Span {
  readonly start: number
  readonly end: number
}

/** Why octets are dropped without an answer. */
export type MessageFault = HeaderFault | 'attribute-overruns' | 'too-many-attributes' | 'misplaced-fingerprint'

/** More than any use of STUN needs, and few enough to be walked several times. */
export const mostAttributes = 128
const attributeHeaderLength = 4

/**
 * Reads the message that is the whole of `bytes` from `start` to `end`. Neither checksum nor MAC is looked at here:
 * ask `fingerprintHolds` and `integrityHolds`.
 */
export function decodeMessage(bytes: Uint8Array, start = 0, end = bytes.length): Result<StunMessage, MessageFault> {
  const fault = headerFault(bytes, start, end)
  if (fault) return failure(fault)
  const findings = walk(bytes, start + headerLength, end)
  if (typeof findings === 'string') return failure(findings)
  const { valuesEnd } = findings
  const type = uint16At(bytes, start)
  const firstAttribute = start + headerLength

  return success({
    bytes,
    start,
    end,
    method: methodOf(type),
    messageClass: classOf(type),
    type,
    unknown: findings.unknown ?? nothing,
    malformed: findings.malformed,
    integrityAt: findings.integrityAt,
    integritySha256At: findings.integritySha256At,
    fingerprintAt: findings.fingerprintAt,

    get<N extends AttributeName>(name: N) {
      const entry: { readonly type: number; readonly codec: Codec<unknown> } = attributes[name]
      const at = find(bytes, firstAttribute, valuesEnd, entry.type)
      return at === undefined ? undefined : (valueAt(bytes, at, start, entry.codec) as AttributeValue<N> | undefined)
    },

    all<N extends AttributeName>(name: N) {
      const entry: { readonly type: number; readonly codec: Codec<unknown> } = attributes[name]
      const values: AttributeValue<N>[] = []
      let at = find(bytes, firstAttribute, valuesEnd, entry.type)
      while (at !== undefined) {
        const value = valueAt(bytes, at, start, entry.codec)
        if (value !== undefined) values.push(value as AttributeValue<N>)
        at = find(bytes, after(bytes, at), valuesEnd, entry.type)
      }
      return values
    },

    span(name) {
      const at = find(bytes, firstAttribute, valuesEnd, attributes[name].type)
      if (at === undefined) return undefined
      const from = at + attributeHeaderLength
      return { start: from, end: from + uint16At(bytes, at + 2) }
    },
  })
}

/** The 12 octets that an answer repeats: a view. */
export function transactionId({ bytes, start }: Pick<StunMessage, 'bytes' | 'start'>): Uint8Array {
  return bytes.subarray(start + headerLength - transactionIdLength, start + headerLength)
}

interface Findings {
  unknown: number[] | undefined
  malformed: number | undefined
  integrityAt: number | undefined
  integritySha256At: number | undefined
  fingerprintAt: number | undefined
  /** Behind this no attribute counts: there the first MAC or the checksum begins. */
  valuesEnd: number
}

const nothing: readonly number[] = []

/** Looks at each attribute once. */
function walk(bytes: Uint8Array, from: number, end: number): Findings | MessageFault {
  const findings: Findings = {
    unknown: undefined,
    malformed: undefined,
    integrityAt: undefined,
    integritySha256At: undefined,
    fingerprintAt: undefined,
    valuesEnd: end,
  }
  let count = 0
  for (let at = from; at < end; at = after(bytes, at)) {
    if (++count > mostAttributes) return 'too-many-attributes'
    if (after(bytes, at) > end) return 'attribute-overruns'
    const type = uint16At(bytes, at)
    if (type === fingerprintType) {
      if (uint16At(bytes, at + 2) !== fingerprintLength || after(bytes, at) !== end) return 'misplaced-fingerprint'
      findings.fingerprintAt = at
      if (findings.valuesEnd === end) findings.valuesEnd = at
    } else if (type === integritySha256Type || type === integrityType) noteMac(findings, bytes, at, end)
    else if (findings.valuesEnd === end) noteValue(findings, bytes, at)
    // RFC 8489 section 14.5: what follows a MAC and is neither the other MAC nor the checksum is ignored.
  }
  return findings
}

function noteMac(findings: Findings, bytes: Uint8Array, at: number, end: number): void {
  // Only the SHA-256 may follow the SHA-1, and each counts once.
  if (findings.integritySha256At !== undefined) return
  const type = uint16At(bytes, at)
  if (type === integrityType && findings.valuesEnd !== end) return
  if (findings.valuesEnd === end) findings.valuesEnd = at
  const length = uint16At(bytes, at + 2)
  if (type === integrityType) {
    if (length === integrityLength) findings.integrityAt = at
    else findings.malformed ??= type
  } else if (length >= shortestSha256Length && length <= integritySha256Length && length % 4 === 0) {
    findings.integritySha256At = at
  } else findings.malformed ??= type
}

function noteValue(findings: Findings, bytes: Uint8Array, at: number): void {
  const type = uint16At(bytes, at)
  const codec = codecOf(type)
  if (codec) {
    // One is enough for a refusal; looking on would let a hostile message cost more.
    if (findings.malformed !== undefined) return
    if (!codec.fits(bytes, at + attributeHeaderLength, uint16At(bytes, at + 2))) findings.malformed = type
  } else if (mustBeUnderstood(type)) {
    if (findings.unknown) findings.unknown.push(type)
    else findings.unknown = [type]
  }
}

function after(bytes: Uint8Array, at: number): number {
  return at + attributeHeaderLength + padded(uint16At(bytes, at + 2))
}

function find(bytes: Uint8Array, from: number, end: number, type: number): number | undefined {
  for (let at = from; at < end; at = after(bytes, at)) if (uint16At(bytes, at) === type) return at
  return undefined
}

function valueAt(bytes: Uint8Array, at: number, start: number, codec: Codec<unknown>): unknown {
  const from = at + attributeHeaderLength
  const length = uint16At(bytes, at + 2)
  return codec.fits(bytes, from, length) ? codec.decode(bytes, from, length, start) : undefined
}
