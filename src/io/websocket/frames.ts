/** The frames of RFC 6455 as a client has them: what a server's bytes say, bounded and strict, and ours in bytes. */

export type Arrived =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'ping'; readonly payload: Uint8Array }
  | { readonly is: 'pong' }
  | { readonly is: 'close'; readonly code: number; readonly reason: string }
  /** The server may not say that; `code` is what it is told (section 7.4.1). Nothing follows. */
  | { readonly is: 'fault'; readonly code: number; readonly why: string }

export interface FrameReader {
  /** Calls `arrived` for each thing that is complete, until that says to stop. */
  push(bytes: Uint8Array, arrived: (what: Arrived) => 'go on' | 'stop'): void
}

const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const
const noStatus = 1005
const codes = { protocol: 1002, unsupported: 1003, notText: 1007, tooBig: 1009 } as const
const longestControl = 125
/** Frames of one message: empty ones cost as much as others. */
const mostFrames = 10_000
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

interface Header {
  readonly isLast: boolean
  readonly opcode: number
  readonly length: number
}

/** Memory is taken for what has arrived, never for what a frame says is to come. `longestMessage` in bytes. */
export function createFrameReader(longestMessage: number): FrameReader {
  /** The part of a header that has arrived. */
  const head = new Uint8Array(10)
  let headLength = 0
  let frame: Header | undefined
  /** How much of the frame's payload is still to come. */
  let left = 0
  const message = createBytes(longestMessage)
  const control = createBytes(longestControl)
  /** Whether a message has begun whose last frame is not there yet. */
  let isWithin = false
  /** How many frames of it there were. */
  let frames = 0
  let isOver = false

  /** Takes what belongs to the header from `at` on; returns where the payload begins, or a fault. */
  function readHeader(bytes: Uint8Array, at: number): number | Arrived {
    let next = at
    for (; next < bytes.length; next++) {
      head[headLength++] = bytes[next] ?? 0
      const read = headerOf(head, headLength)
      if (read === 'more') continue
      if ('is' in read) return read
      const fault = faultOf(read)
      if (fault) return fault
      frame = read
      left = read.length
      headLength = 0
      return next + 1
    }
    return next
  }

  function faultOf({ isLast, opcode, length }: Header): Arrived | undefined {
    switch (opcode) {
      case opcodes.close:
      case opcodes.ping:
      case opcodes.pong:
        if (!isLast || length > longestControl) return fault(codes.protocol, 'a control frame is too long or in pieces')
        return undefined
      case opcodes.binary:
        return fault(codes.unsupported, 'a binary frame')
      case opcodes.text:
      case opcodes.continuation:
        if ((opcode === opcodes.continuation) !== isWithin) return fault(codes.protocol, 'a frame is out of order')
        if (message.length() + length > longestMessage) {
          return fault(codes.tooBig, `a message is longer than ${longestMessage} bytes`)
        }
        return undefined
      default:
        return fault(codes.protocol, 'a frame of an unknown kind')
    }
  }

  /** What the frame whose last byte has arrived completes. */
  function complete({ isLast, opcode }: Header): Arrived | undefined {
    switch (opcode) {
      case opcodes.ping:
        return { is: 'ping', payload: control.take() }
      case opcodes.pong:
        control.take()
        return { is: 'pong' }
      case opcodes.close:
        return closeOf(control.take())
      default:
        isWithin = !isLast
        frames = isLast ? 0 : frames + 1
        if (frames >= mostFrames) return fault(codes.tooBig, `a message has more than ${mostFrames} frames`)
        return isLast ? textOf(message.take()) : undefined
    }
  }

  /** What a piece of the frame's payload completes; undefined: nothing that would be to tell, 'more': the rest is to come. */
  function take(present: Header, piece: Uint8Array): Arrived | 'more' | undefined {
    const { isLast, opcode, length } = present
    // Nearly every message is one frame, and there at once: it is read where it lies.
    if (isLast && opcode === opcodes.text && piece.length === length) return textOf(piece)
    ;(opcode >= opcodes.close ? control : message).add(piece)
    left -= piece.length
    return left > 0 ? 'more' : complete(present)
  }

  return {
    push(bytes, arrived) {
      let at = 0
      while (!isOver && (at < bytes.length || (frame !== undefined && left === 0))) {
        if (!frame) {
          const read = readHeader(bytes, at)
          if (typeof read !== 'number') {
            isOver = true
            arrived(read)
            return
          }
          at = read
          continue
        }
        const piece = bytes.subarray(at, at + left)
        at += piece.length
        const what = take(frame, piece)
        if (what === 'more') return
        frame = undefined
        if (!what) continue
        isOver = what.is === 'fault' || what.is === 'close'
        if (arrived(what) === 'stop') isOver = true
      }
    },
  }
}

/** Section 5.2, of what has arrived of it. */
function headerOf(head: Uint8Array, length: number): Header | Arrived | 'more' {
  if (length < 2) return 'more'
  const [first = 0, second = 0] = head
  if ((first & 0x70) !== 0) return fault(codes.protocol, 'a frame uses an extension that nobody agreed on')
  if ((second & 0x80) !== 0) return fault(codes.protocol, 'a frame of a server is masked')
  const isLast = (first & 0x80) !== 0
  const opcode = first & 0x0f
  const short = second & 0x7f
  if (short < 126) return { isLast, opcode, length: short }
  if (length < (short === 126 ? 4 : 10)) return 'more'
  let long = 0
  for (let index = 2; index < (short === 126 ? 4 : 10); index++) long = long * 256 + (head[index] ?? 0)
  if (long < (short === 126 ? 126 : 65_536)) return fault(codes.protocol, 'a length is written longer than it need be')
  return { isLast, opcode, length: long }
}

function textOf(bytes: Uint8Array): Arrived {
  try {
    return { is: 'text', text: utf8.decode(bytes) }
  } catch {
    return fault(codes.notText, 'a text that is not UTF-8')
  }
}

function closeOf(payload: Uint8Array): Arrived {
  if (payload.length === 0) return { is: 'close', code: noStatus, reason: '' }
  if (payload.length === 1) return fault(codes.protocol, 'a close frame is too short')
  const code = (payload[0] ?? 0) * 256 + (payload[1] ?? 0)
  const reason = textOf(payload.subarray(2))
  return reason.is === 'text' ? { is: 'close', code, reason: reason.text } : reason
}

const fault = (code: number, why: string): Arrived => ({ is: 'fault', code, why })

interface Bytes {
  length(): number
  add(piece: Uint8Array): void
  /** A copy of everything; empty afterwards. */
  take(): Uint8Array
}

/** Grows by doubling, so that a dribbled message costs no more than one in large pieces. */
function createBytes(most: number): Bytes {
  let kept = new Uint8Array(0)
  let length = 0
  return {
    length: () => length,
    add(piece) {
      if (length + piece.length > kept.length) {
        const larger = new Uint8Array(Math.max(length + piece.length, Math.min(kept.length * 2, most), 128))
        larger.set(kept.subarray(0, length))
        kept = larger
      }
      kept.set(piece, length)
      length += piece.length
    },
    take() {
      const taken = kept.slice(0, length)
      length = 0
      if (kept.length > 65_536) kept = new Uint8Array(0)
      return taken
    },
  }
}

const utf8Encoder = new TextEncoder()

/** One whole frame of a client, masked (section 5.3). */
export function encodeFrame(
  kind: 'text' | 'close' | 'ping' | 'pong',
  payload: string | Uint8Array,
  mask: Uint8Array,
): Uint8Array {
  const length = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8
  const frame = new Uint8Array(2 + extended + 4 + length)
  frame[0] = 0x80 | opcodes[kind]
  frame[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127)
  // Byte by byte: a view of the frame would cost more than the frame.
  for (let rest = length, index = 1 + extended; index > 1; index--, rest = Math.floor(rest / 256))
    frame[index] = rest & 0xff
  for (let index = 0; index < 4; index++) frame[2 + extended + index] = mask[index] ?? 0
  const body = frame.subarray(6 + extended)
  if (typeof payload === 'string') utf8Encoder.encodeInto(payload, body)
  else body.set(payload)
  for (let index = 0; index < length; index++) body[index] = (body[index] ?? 0) ^ (mask[index & 3] ?? 0)
  return frame
}

/** Code and reason as a close frame has them; a reason that is too long is cut at the end of a character. */
export function closePayload(code: number, reason: string): Uint8Array {
  const payload = new Uint8Array(longestControl)
  new DataView(payload.buffer).setUint16(0, code)
  const { written } = new TextEncoder().encodeInto(reason, payload.subarray(2))
  return payload.subarray(0, 2 + written)
}
