/** Chat-like messages that carry the time they were due, rendered and masked once so that sending one again costs a few bytes' patching. */

import { maskedFrame, maskedHeaderLength, opcode } from './frames.ts'

export type Recipient = { readonly type: 'session'; readonly sessionid: string } | { readonly type: 'room' }

const marker = Buffer.from('"due":"')
/** Enough digits for microseconds of three months. */
const digits = 13

export interface StampedFrame {
  /** The frame with this time in it, in µs of the caller's clock. The same bytes are reused by the next call. */
  at(micros: number): Buffer
}

/** A frame with a message whose `data` is a JSON object of exactly `size` bytes (at least 60). */
export function stampedFrame(recipient: Recipient, size: number, key: Uint8Array): StampedFrame {
  const text = JSON.stringify({ type: 'message', message: { recipient, data: stampedData(size) } })
  const payload = Buffer.from(text)
  const offset = payload.indexOf(marker) + marker.length
  const frame = maskedFrame(opcode.text, payload, key)
  const header = maskedHeaderLength(payload.length)

  return {
    at(micros) {
      let rest = Math.floor(micros)
      for (let i = offset + digits - 1; i >= offset; i -= 1) {
        const above = Math.floor(rest / 10)
        frame[header + i] = (48 + rest - above * 10) ^ (key[i & 3] ?? 0)
        rest = above
      }
      return frame
    },
  }
}

/** The time in a relayed message between `start` and `end`, or undefined when it is no stamped message. */
export function readStamp(buffer: Buffer, start: number, end: number): number | undefined {
  const at = buffer.indexOf(marker, start)
  if (at < 0 || at + marker.length + digits > end) return undefined
  let micros = 0
  for (let i = at + marker.length, last = i + digits; i < last; i += 1) {
    const digit = (buffer[i] ?? 0) - 48
    if (digit < 0 || digit > 9) return undefined
    micros = micros * 10 + digit
  }
  return micros
}

function stampedData(size: number): { readonly type: string; readonly due: string; readonly text: string } {
  const data = { type: 'bench', due: '0'.repeat(digits), text: '' }
  return { ...data, text: 'x'.repeat(Math.max(0, size - JSON.stringify(data).length)) }
}
