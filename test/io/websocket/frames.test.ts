/** Frames of a server, well-made and not, in pieces of any size. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Arrived, closePayload, createFrameReader, encodeFrame } from '../../../src/io/websocket/frames.ts'
import { type FrameShape, frameBytes, opcodes } from '../raw/frames.ts'

const frame = (payload: string | Uint8Array, shape: FrameShape = {}): Buffer =>
  frameBytes(payload, { masked: false, ...shape })

/** What a reader makes of the bytes, in pieces of that size. */
function read(bytes: Uint8Array, { longest = 1_000, piece = bytes.length } = {}): readonly Arrived[] {
  const reader = createFrameReader(longest)
  const all: Arrived[] = []
  for (let at = 0; at < bytes.length; at += piece) {
    reader.push(bytes.subarray(at, at + piece), (what) => {
      all.push(what)
      return 'go on'
    })
  }
  return all
}

const faultCode = (bytes: Uint8Array, longest?: number): number | undefined => {
  const last = read(bytes, longest === undefined ? {} : { longest }).at(-1)
  return last?.is === 'fault' ? last.code : undefined
}

describe('messages', () => {
  test('of every length, also in pieces', () => {
    for (const length of [0, 1, 125, 126, 127, 65_535, 65_536]) {
      const text = 'x'.repeat(length)
      for (const piece of [1, 7, length + 20]) {
        expect(read(frame(text), { longest: 70_000, piece })).toEqual([{ is: 'text', text }])
      }
    }
  })

  test('are put together from their frames; what comes in between is heard at once', () => {
    const bytes = Buffer.concat([
      frame('Hel', { fin: false }),
      frame('are you there?', { opcode: opcodes.ping }),
      frame('', { opcode: opcodes.continuation, fin: false }),
      frame('', { opcode: opcodes.pong }),
      frame('lo', { opcode: opcodes.continuation }),
      frame('next'),
    ])
    for (const piece of [1, 3, bytes.length]) {
      expect(read(bytes, { piece })).toEqual([
        { is: 'ping', payload: new Uint8Array(Buffer.from('are you there?')) },
        { is: 'pong' },
        { is: 'text', text: 'Hello' },
        { is: 'text', text: 'next' },
      ])
    }
  })

  test('a character may be cut by the end of a frame', () => {
    const euro = Buffer.from('€')
    const bytes = [
      frame(euro.subarray(0, 1), { fin: false }),
      frame(euro.subarray(1), { opcode: opcodes.continuation }),
    ]
    expect(read(Buffer.concat(bytes))).toEqual([{ is: 'text', text: '€' }])
  })

  test('that are too long end it before they are there, also in frames', () => {
    expect(faultCode(frame('x'.repeat(1_001)).subarray(0, 4))).toBe(1009)
    expect(faultCode(frame('', { claims: 2n ** 63n - 1n }))).toBe(1009)
    const some = frame('x'.repeat(600), { fin: false })
    expect(faultCode(Buffer.concat([some, frame('x'.repeat(401), { opcode: opcodes.continuation })]))).toBe(1009)
    expect(faultCode(Buffer.concat([some, frame('x'.repeat(400), { opcode: opcodes.continuation })]))).toBeUndefined()
  })

  test('in frames without end are none, however little is in each', () => {
    const piece = frame('', { opcode: opcodes.continuation, fin: false })
    const begin = frame('', { fin: false })
    const end = frame('', { opcode: opcodes.continuation })
    const of = (count: number): Buffer => Buffer.concat([begin, ...Array.from({ length: count - 2 }, () => piece), end])
    expect(read(Buffer.concat([of(10_000), of(10_000)]))).toEqual([
      { is: 'text', text: '' },
      { is: 'text', text: '' },
    ])
    expect(faultCode(of(10_001))).toBe(1009)
  })

  test('nothing is read behind an end', () => {
    const bytes = Buffer.concat([frame(closePayload(4000, 'bye'), { opcode: opcodes.close }), frame('late')])
    expect(read(bytes)).toEqual([{ is: 'close', code: 4000, reason: 'bye' }])
    const reader = createFrameReader(100)
    const heard: Arrived[] = []
    const stop = (what: Arrived) => {
      heard.push(what)
      return 'stop' as const
    }
    reader.push(Buffer.concat([frame('one'), frame('two')]), stop)
    reader.push(frame('three'), stop)
    expect(heard).toEqual([{ is: 'text', text: 'one' }])
  })
})

describe('what a server may not say', () => {
  test.each([
    ['a masked frame', frame('x', { masked: true }), 1002],
    ['a reserved bit', frame('x', { reserved: 4 }), 1002],
    ['an unknown kind', frame('x', { opcode: 3 }), 1002],
    ['an unknown control frame', frame('x', { opcode: 11 }), 1002],
    ['a binary frame', frame('x', { opcode: opcodes.binary }), 1003],
    ['a ping in pieces', frame('x', { opcode: opcodes.ping, fin: false }), 1002],
    ['a ping that is too long', frame('x'.repeat(126), { opcode: opcodes.ping }), 1002],
    ['a continuation of nothing', frame('x', { opcode: opcodes.continuation }), 1002],
    ['a message within a message', Buffer.concat([frame('x', { fin: false }), frame('y')]), 1002],
    ['half a close code', frame('x', { opcode: opcodes.close }), 1002],
    ['no UTF-8', frame(Buffer.from([0xff])), 1007],
    ['no UTF-8 as a reason', frame(Buffer.from([3, 232, 0xff]), { opcode: opcodes.close }), 1007],
    ['a length that is longer than need be', Buffer.from([0x81, 126, 0, 5]), 1002],
    ['a long length that is longer than need be', Buffer.from([0x81, 127, 0, 0, 0, 0, 0, 0, 255, 255]), 1002],
  ])('%s', (_, bytes, code) => {
    expect(faultCode(bytes)).toBe(code)
  })

  test('any bytes: it ends with a fault or waits, and holds no more than a message', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 50 }), (bytes, piece) => {
        const all = read(bytes, { longest: 100, piece })
        for (const what of all) if (what.is === 'text') expect(Buffer.byteLength(what.text)).toBeLessThanOrEqual(100)
        expect(all.slice(0, -1).some(({ is }) => is === 'fault' || is === 'close')).toBe(false)
      }),
    )
  })
})

describe('what we say', () => {
  test('is masked, and what it was when unmasked', () => {
    const mask = new Uint8Array([1, 2, 3, 4])
    for (const length of [0, 5, 125, 126, 65_535, 65_536]) {
      const payload = Buffer.alloc(length, 'abc')
      const expected = frameBytes(payload, { masked: false })
      const encoded = encodeFrame('text', payload, mask)
      const start = encoded.length - length
      expect(encoded.slice(start - 4, start)).toEqual(mask)
      expect(encoded.slice(start).map((byte, at) => byte ^ (mask[at % 4] ?? 0))).toEqual(new Uint8Array(payload))
      expect((encoded[1] ?? 0) & 0x80).toBe(0x80)
      expect([...encoded.subarray(0, start - 4)].map((byte, at) => (at === 1 ? byte & 0x7f : byte))).toEqual([
        ...expected.subarray(0, expected.length - length),
      ])
    }
  })

  test('a reason that is too long is cut at the end of a character', () => {
    const payload = closePayload(1000, '€'.repeat(60))
    expect(payload.length).toBe(2 + 41 * 3)
    expect(Buffer.from(payload.subarray(2)).toString()).toBe('€'.repeat(41))
  })
})
