import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type AttributeName, attributes } from '../../../src/turn/codec/attributes.ts'
import { channelDataLength } from '../../../src/turn/codec/channel-data.ts'
import { kindOf } from '../../../src/turn/codec/demultiplex.ts'
import { fingerprintHolds } from '../../../src/turn/codec/fingerprint.ts'
import { integrityHolds, integritySha256Holds } from '../../../src/turn/codec/integrity.ts'
import { decodeMessage, mostAttributes } from '../../../src/turn/codec/message.ts'
import { anyEntry, raw, written } from './messages.ts'
import { ipv4Response, ipv6Response, longTermRequest, request, sha256Request } from './vectors.ts'

const names = Object.keys(attributes) as AttributeName[]
const key = new Uint8Array(16)
const numRuns = Number(process.env['TEST_RUNS'] ?? 1_000)

/** Asks a packet everything that can be asked. */
function interrogate(bytes: Uint8Array): void {
  kindOf(bytes[0])
  const length = channelDataLength(bytes, 0, bytes.length)
  expect(length).toBeLessThanOrEqual(bytes.length - 4 < 0 ? -1 : bytes.length - 4)
  const result = decodeMessage(bytes)
  if (!result.ok) return
  const message = result.value
  expect(message.unknown.length).toBeLessThanOrEqual(mostAttributes)
  for (const name of names) {
    const [first] = message.all(name)
    if (message.malformed === undefined) expect(message.get(name)).toEqual(first)
    const span = message.span(name)
    if (span) expect(span.end).toBeLessThanOrEqual(bytes.length)
  }
  fingerprintHolds(message)
  integrityHolds(message, key)
  integritySha256Holds(message, key)
}

const whole = fc.oneof(
  fc.constantFrom(request, ipv4Response, ipv6Response, longTermRequest, sha256Request),
  fc.array(anyEntry, { maxLength: 12 }).map((entries) =>
    written((writer) => {
      for (const { put } of entries) put(writer)
      writer.sign(key).fingerprint()
    }, 10_000),
  ),
)

test('[C24] random datagrams throw nothing', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), interrogate), { numRuns })
})

test('[C24] random attributes behind a right header throw nothing', () => {
  const anyAttribute = fc
    .tuple(
      fc.oneof(fc.constantFrom(...names.map((name) => attributes[name].type), 0x0008, 0x001c, 0x8028), fc.nat(0xffff)),
      fc.oneof(fc.nat(40), fc.nat(0xffff)),
      fc.uint8Array({ maxLength: 40 }),
    )
    .map(([type, length, value]) => [type >> 8, type & 255, length >> 8, length & 255, ...value])
  fc.assert(
    fc.property(fc.array(anyAttribute, { maxLength: 6 }), fc.boolean(), (all, isExact) => {
      // Half of them with lengths that are right, to get behind the first attribute.
      const octets = all.flatMap((one) => {
        const padding = new Array<number>((4 - (one.length % 4)) % 4).fill(0)
        return isExact ? [one[0], one[1], 0, one.length - 4, ...one.slice(4), ...padding] : [...one, ...padding]
      })
      interrogate(raw(octets.map((octet) => (octet ?? 0).toString(16)).join(' ')))
    }),
    { numRuns },
  )
})

test('[C24] mutated datagrams throw nothing', () => {
  const mutation = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom('set', 'cut', 'drop', 'add'))
  fc.assert(
    fc.property(whole, fc.array(mutation, { minLength: 1, maxLength: 6 }), fc.boolean(), (bytes, mutations, mend) => {
      let octets = [...bytes]
      for (const [where, octet, how] of mutations) {
        const at = octets.length === 0 ? 0 : where % octets.length
        if (how === 'set') octets[at] = octet
        else if (how === 'cut') octets = octets.slice(0, at)
        else if (how === 'drop') octets.splice(at, 4)
        else octets.splice(at, 0, octet, octet, octet, octet)
      }
      const mutated = Uint8Array.from(octets)
      if (mend && mutated.length >= 20) {
        mutated[2] = (mutated.length - 20) >> 8
        mutated[3] = (mutated.length - 20) & 255
      }
      interrogate(mutated)
    }),
    { numRuns },
  )
})
