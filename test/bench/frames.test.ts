import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createFrameReader, maskedFrame, maskedHeaderLength, opcode } from '../../src/bench/frames.ts'

const key = new Uint8Array([1, 2, 3, 250])

/** A frame as a server sends it. */
function serverFrame(first: number, payload: Buffer): Buffer {
  const size = payload.length
  if (size < 126) return Buffer.concat([Buffer.from([first, size]), payload])
  const long = size > 65_535
  const header = Buffer.alloc(long ? 10 : 4)
  header[0] = first
  header[1] = long ? 127 : 126
  if (long) header.writeBigUInt64BE(BigInt(size), 2)
  else header.writeUInt16BE(size, 2)
  return Buffer.concat([header, payload])
}

function readAll(chunks: readonly Buffer[]): { readonly messages: string[]; readonly controls: [number, string][] } {
  const messages: string[] = []
  const controls: [number, string][] = []
  const reader = createFrameReader({
    message: (buffer, start, end) => messages.push(buffer.toString('utf8', start, end)),
    control: (code, payload) => controls.push([code, payload.toString()]),
  })
  for (const chunk of chunks) reader.push(chunk)
  return { messages, controls }
}

test('a masked frame is the bytes of the example in RFC 6455, section 5.7', () => {
  const frame = maskedFrame(opcode.text, Buffer.from('Hello'), new Uint8Array([0x37, 0xfa, 0x21, 0x3d]))
  expect(frame.toString('hex')).toBe('818537fa213d7f9f4d5158')
})

test.each([0, 125, 126, 65_535, 65_536])('the header of a masked frame of %d bytes', (size) => {
  const frame = maskedFrame(opcode.binary, Buffer.alloc(size), key)
  expect(frame.length).toBe(maskedHeaderLength(size) + size)
  expect(frame.subarray(maskedHeaderLength(size) - 4, maskedHeaderLength(size))).toEqual(Buffer.from(key))
})

test('messages and pings come out whole, however the stream is cut', () => {
  const parts = fc.record({
    text: fc.oneof(fc.string({ maxLength: 300 }), fc.constantFrom('x'.repeat(126), 'y'.repeat(70_000))),
    pieces: fc.integer({ min: 1, max: 3 }),
    ping: fc.boolean(),
  })
  fc.assert(
    fc.property(
      fc.array(parts, { maxLength: 6 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 5_000 })),
      (plan, cuts) => {
        const frames = plan.flatMap(({ text, pieces, ping }) => {
          const bytes = Buffer.from(text)
          const step = Math.ceil(bytes.length / pieces)
          const fragments = Array.from({ length: pieces }, (_, i) => {
            const first = (i === 0 ? opcode.text : opcode.continuation) | (i === pieces - 1 ? 0x80 : 0)
            return serverFrame(first, bytes.subarray(i * step, i === pieces - 1 ? bytes.length : (i + 1) * step))
          })
          // A ping may come between the fragments of a message.
          if (ping) fragments.splice(1, 0, serverFrame(0x80 | opcode.ping, Buffer.from('p')))
          return fragments
        })
        const stream = Buffer.concat(frames)
        const chunks: Buffer[] = []
        for (let at = 0; at < stream.length; ) {
          const size = cuts.next().value ?? 1
          chunks.push(stream.subarray(at, at + size))
          at += size
        }
        const { messages, controls } = readAll(chunks)
        expect(messages).toEqual(plan.map(({ text }) => Buffer.from(text).toString()))
        expect(controls).toEqual(plan.filter(({ ping }) => ping).map(() => [opcode.ping, 'p']))
      },
    ),
    { numRuns: 60 },
  )
})

test('what a server must not send is refused', () => {
  expect(() => readAll([maskedFrame(opcode.text, Buffer.from('x'), key)])).toThrow('masked')
  expect(() => readAll([serverFrame(0xc1, Buffer.from('x'))])).toThrow('reserved')
  const reader = createFrameReader({ message: () => {}, control: () => {} }, 10)
  expect(() => reader.push(serverFrame(0x81, Buffer.alloc(11)))).toThrow('more than 10 bytes')
})
