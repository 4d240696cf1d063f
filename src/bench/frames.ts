/** The client's half of WebSocket framing (RFC 6455): masked frames out, and a reader of unmasked frames in that copies nothing it need not. */

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** Gets each whole text or binary message as a region of a buffer that is only valid during the call. */
export type MessageSink = (buffer: Buffer, start: number, end: number) => void

export interface FrameSinks {
  readonly message: MessageSink
  readonly control: (opcode: number, payload: Buffer) => void
}

export interface FrameReader {
  /** Takes the next bytes of the stream. Throws when they are no frames a server may send. */
  push(chunk: Buffer): void
}

/** Length of the header that `maskedFrame` puts before a payload of this many bytes. */
export function maskedHeaderLength(payloadLength: number): number {
  return (payloadLength < 126 ? 2 : payloadLength < 65_536 ? 4 : 10) + 4
}

/** One unfragmented frame from client to server, masked with the four bytes of `key`. */
export function maskedFrame(code: number, payload: Uint8Array, key: Uint8Array): Buffer {
  const header = maskedHeaderLength(payload.length)
  const frame = Buffer.allocUnsafe(header + payload.length)
  frame[0] = 0x80 | code
  if (header === 6) {
    frame[1] = 0x80 | payload.length
  } else if (header === 8) {
    frame[1] = 0x80 | 126
    frame.writeUInt16BE(payload.length, 2)
  } else {
    frame[1] = 0x80 | 127
    frame.writeBigUInt64BE(BigInt(payload.length), 2)
  }
  frame.set(key.subarray(0, 4), header - 4)
  for (let i = 0; i < payload.length; i += 1) frame[header + i] = (payload[i] ?? 0) ^ (key[i & 3] ?? 0)
  return frame
}

/** Reads the frames of one connection, however the stream is cut into chunks. `limit` bounds a message in bytes. */
export function createFrameReader(sinks: FrameSinks, limit = 64 * 1024 * 1024): FrameReader {
  let held = Buffer.alloc(0)
  let heldLength = 0
  let fragments: Buffer[] = []
  let fragmentBytes = 0

  return {
    push(chunk) {
      if (heldLength === 0) {
        hold(chunk, consume(chunk, chunk.length))
        return
      }
      reserve(heldLength + chunk.length)
      held.set(chunk, heldLength)
      heldLength += chunk.length
      const used = consume(held, heldLength)
      if (used > 0) hold(held.subarray(0, heldLength), used)
    },
  }

  /** Hands out every complete frame in the buffer and answers how many bytes those took. */
  function consume(buffer: Buffer, length: number): number {
    let at = 0
    while (length - at >= 2) {
      const first = buffer[at] ?? 0
      const second = buffer[at + 1] ?? 0
      if ((first & 0x70) !== 0) throw new Error('a frame with reserved bits, though no extension was agreed')
      if ((second & 0x80) !== 0) throw new Error('a masked frame from a server')
      let size = second & 0x7f
      let start = at + 2
      if (size === 126) {
        if (length - at < 4) break
        size = buffer.readUInt16BE(at + 2)
        start = at + 4
      } else if (size === 127) {
        if (length - at < 10) break
        size = Number(buffer.readBigUInt64BE(at + 2))
        start = at + 10
      }
      if (size + fragmentBytes > limit) throw new Error(`a message of more than ${limit} bytes`)
      if (length - start < size) break
      at = start + size
      deliver(first, buffer, start, at)
    }
    return at
  }

  function deliver(first: number, buffer: Buffer, start: number, end: number): void {
    const code = first & 0x0f
    const last = (first & 0x80) !== 0
    if (code >= opcode.close) {
      sinks.control(code, buffer.subarray(start, end))
    } else if (last && fragments.length === 0) {
      sinks.message(buffer, start, end)
    } else {
      fragments.push(Buffer.from(buffer.subarray(start, end)))
      fragmentBytes += end - start
      if (last) {
        const whole = Buffer.concat(fragments, fragmentBytes)
        fragments = []
        fragmentBytes = 0
        sinks.message(whole, 0, whole.length)
      }
    }
  }

  /** Keeps the start of a frame whose end has not come yet. */
  function hold(buffer: Buffer, from: number): void {
    const rest = buffer.length - from
    if (rest === 0) {
      heldLength = 0
      if (held.length > 0) held = Buffer.alloc(0)
      return
    }
    const kept = Buffer.allocUnsafe(Math.max(rest * 2, 256))
    kept.set(buffer.subarray(from))
    held = kept
    heldLength = rest
  }

  function reserve(bytes: number): void {
    if (held.length >= bytes) return
    const grown = Buffer.allocUnsafe(Math.max(bytes, held.length * 2))
    grown.set(held.subarray(0, heldLength))
    held = grown
  }
}
