import { expect, test } from 'bun:test'
import { maskedHeaderLength } from '../../src/bench/frames.ts'
import { readStamp, stampedFrame } from '../../src/bench/stamp.ts'

const key = new Uint8Array([9, 8, 7, 6])

function unmasked(frame: Buffer, payloadLength: number): Buffer {
  const header = maskedHeaderLength(payloadLength)
  return Buffer.from(frame.subarray(header).map((byte, i) => byte ^ (key[i & 3] ?? 0)))
}

test.each([100, 2_000])('a stamped message has %d bytes of data and tells when it was due', (size) => {
  const stamped = stampedFrame({ type: 'session', sessionid: 'abc' }, size, key)
  for (const due of [1_234_567, 9_876_543_210_123]) {
    const frame = stamped.at(due)
    const payload = unmasked(frame, frame.length - 8)
    const message = JSON.parse(payload.toString())
    expect(message.message.recipient).toEqual({ type: 'session', sessionid: 'abc' })
    expect(JSON.stringify(message.message.data).length).toBe(size)
    expect(readStamp(payload, 0, payload.length)).toBe(due)
  }
})

test('other messages carry no stamp, nor does one that begins after the end', () => {
  const text = Buffer.from('{"type":"event"}{"due":"0000000000042"}')
  expect(readStamp(text, 0, 16)).toBeUndefined()
  expect(readStamp(text, 16, text.length)).toBe(42)
  const odd = Buffer.from('{"due":"00000000000x2"}')
  expect(readStamp(odd, 0, odd.length)).toBeUndefined()
})
