/** WebSocket frames as bytes (RFC 6455, section 5.2), good ones and any bad one that a test may want. */

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

export interface RawFrame {
  readonly opcode: number
  readonly fin: boolean
  /** Set on the first frame of a compressed message. */
  readonly rsv1: boolean
  readonly payload: Buffer
}

export interface FrameShape {
  readonly opcode?: number
  readonly fin?: boolean
  /** The three reserved bits, 4 is RSV1. */
  readonly reserved?: number
  readonly masked?: boolean
  /** What the length field says instead of the truth. */
  readonly claims?: bigint
}

/** One frame as a client sends it, unless the shape says otherwise. */
export function frameBytes(payload: string | Uint8Array, shape: FrameShape = {}): Buffer {
  const { opcode = opcodes.text, fin = true, reserved = 0, masked = true, claims } = shape
  const bytes = Buffer.from(payload)
  const length = claims ?? BigInt(bytes.length)
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode
  const maskBit = masked ? 0x80 : 0
  const head =
    length > 65_535n
      ? Buffer.from([first, maskBit | 127, 0, 0, 0, 0, 0, 0, 0, 0])
      : length > 125n
        ? Buffer.from([first, maskBit | 126, 0, 0])
        : Buffer.from([first, maskBit | Number(length)])
  if (head.length === 10) head.writeBigUInt64BE(BigInt.asUintN(64, length), 2)
  if (head.length === 4) head.writeUInt16BE(Number(length), 2)
  if (!masked) return Buffer.concat([head, bytes])
  const mask = Buffer.from([0x12, 0x34, 0x56, 0x78])
  for (let at = 0; at < bytes.length; at++) bytes[at] = (bytes[at] ?? 0) ^ (mask[at & 3] ?? 0)
  return Buffer.concat([head, mask, bytes])
}

/** Takes bytes in any pieces and hands out whole frames. */
export function createFrameReader(found: (frame: RawFrame) => void): (bytes: Buffer) => void {
  let pieces: Buffer[] = []
  let held = 0
  let wanted = 2
  return (bytes) => {
    pieces.push(bytes)
    held += bytes.length
    if (held < wanted) return
    let rest = pieces.length === 1 ? bytes : Buffer.concat(pieces)
    for (;;) {
      const need = lengthOf(rest)
      if (need.whole === undefined || rest.length < need.whole) {
        wanted = need.whole ?? need.head
        break
      }
      const first = rest[0] ?? 0
      found({
        opcode: first & 15,
        fin: (first & 0x80) !== 0,
        rsv1: (first & 0x40) !== 0,
        payload: Buffer.from(rest.subarray(need.head, need.whole)),
      })
      rest = rest.subarray(need.whole)
    }
    pieces = [rest]
    held = rest.length
  }
}

/** How long the head is, and the whole frame as soon as the head tells. A server's frames have no mask. */
function lengthOf(bytes: Buffer): { readonly head: number; readonly whole: number | undefined } {
  const short = (bytes[1] ?? 0) & 127
  const head = bytes.length < 2 || short < 126 ? 2 : short === 126 ? 4 : 10
  if (bytes.length < head) return { head, whole: undefined }
  const length = head === 2 ? short : head === 4 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
  return { head, whole: head + length }
}
