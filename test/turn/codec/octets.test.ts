import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { padded, putUint16, putUint32, uint16At, uint32At } from '../../../src/turn/codec/octets.ts'

test('numbers are read as they were written, the most significant octet first', () => {
  const bytes = new Uint8Array(6)
  putUint32(bytes, 1, 0xfedcba98)
  expect([...bytes]).toEqual([0, 0xfe, 0xdc, 0xba, 0x98, 0])
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), (value) => {
      putUint32(bytes, 2, value)
      putUint16(bytes, 0, value & 0xffff)
      expect([uint32At(bytes, 2), uint16At(bytes, 0)]).toEqual([value, value & 0xffff])
    }),
  )
})

test('a length is rounded up to a multiple of four', () => {
  expect([0, 1, 3, 4, 5, 65535].map(padded)).toEqual([0, 4, 4, 4, 8, 65536])
})
