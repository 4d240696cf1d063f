/** Cuts the octets of a TCP or TLS stream into STUN messages and ChannelData (RFC 8489 section 6.2.2, RFC 8656 section 12.5). */
import { type ChannelRange, channelHeaderLength } from './channel-data.ts'
import { kindOf } from './demultiplex.ts'
import { headerLength, longestBody, magicCookie } from './header.ts'
import { padded, uint16At, uint32At } from './octets.ts'

/**
 * Takes one frame, ChannelData without its padding. The octets are its own only until it returns. `leave` says that what
 * follows on the stream is no frames any more (RFC 6062 section 4.3: a data connection is bound).
 */
export type FrameTaker = (bytes: Uint8Array, start: number, end: number) => 'leave' | undefined

/** Why nothing more can be read from a stream: where the next frame begins is not known any more. */
export type StreamFault = 'not-stun' | 'wrong-length' | 'too-long'

export interface StreamFraming {
  /**
   * Hands each frame that is complete by now to `take`. Once it answered a fault it answers the same for ever. A number
   * is where in the chunk that begins which is no frames any more; nothing can be pushed after that.
   */
  push(chunk: Uint8Array, take: FrameTaker): StreamFault | number | undefined
  /** How many octets wait for the rest of their frame: what a deadline for slow senders asks. */
  pending(): number
  /** The first octet of the frame that waits for its rest. */
  begun(): number | undefined
}

export interface StreamFramingOptions {
  /** Of a frame with header and padding; bounds what one stream can make us keep. */
  readonly longest?: number
  readonly channels?: ChannelRange
}

/** The largest STUN message and the largest ChannelData both fit. */
export const longestFrame = Math.max(headerLength + longestBody, channelHeaderLength + padded(0xffff))
/** As many octets tell where a frame ends and whether it is STUN. */
const shortestBuffer = 512

export function createStreamFraming({
  longest = longestFrame,
  channels = 'rfc8656',
}: StreamFramingOptions = {}): StreamFraming {
  /** The beginning of a frame whose rest has not come. Held only while there is one, and no larger than what came asks for. */
  let held = new Uint8Array(0)
  let count = 0
  let fault: StreamFault | undefined
  let isLeft = false

  /** The length of the frame at `start` with its padding; undefined while its header is not there, or a fault. */
  const lengthAt = (bytes: Uint8Array, start: number, end: number): number | StreamFault | undefined => {
    const kind = kindOf(bytes[start], channels)
    if (kind !== 'stun' && kind !== 'channel') return 'not-stun'
    if (end - start < 4) return undefined
    const length = uint16At(bytes, start + 2)
    const whole = kind === 'stun' ? headerLength + length : channelHeaderLength + padded(length)
    if (whole > longest) return 'too-long'
    if (kind === 'channel') return whole
    if (length % 4 !== 0) return 'wrong-length'
    if (end - start < 8) return undefined
    return uint32At(bytes, start + 4) === magicCookie ? whole : 'not-stun'
  }

  /** Hands over the frames that lie whole between `start` and `end`; answers where the first unfinished one begins. */
  const cut = (bytes: Uint8Array, start: number, end: number, take: FrameTaker): number | StreamFault => {
    let at = start
    while (at < end) {
      const length = lengthAt(bytes, at, end)
      if (typeof length === 'string') return length
      if (length === undefined || at + length > end) return at
      isLeft = take(bytes, at, at + withoutPadding(bytes, at, length)) === 'leave'
      at += length
      if (isLeft) return at
    }
    return at
  }

  const hold = (chunk: Uint8Array, from: number, to: number): void => {
    const needed = count + to - from
    if (needed > held.length) {
      const larger = new Uint8Array(Math.max(needed, Math.min(2 * needed, longest), shortestBuffer))
      larger.set(held.subarray(0, count))
      held = larger
    }
    held.set(chunk.subarray(from, to), count)
    count = needed
  }

  const letGo = (): void => {
    held = new Uint8Array(0)
    count = 0
  }

  /** Adds to the held beginning until its frame is complete; answers where in the chunk the next frame begins. */
  const complete = (chunk: Uint8Array, take: FrameTaker): number | StreamFault => {
    let from = 0
    while (count > 0 && from < chunk.length) {
      const known = lengthAt(held, 0, count)
      if (typeof known === 'string') return known
      // Until the header tells the length, only octets of the header are taken over.
      const wanted = (known ?? (count < 4 ? 4 : 8)) - count
      const to = Math.min(chunk.length, from + wanted)
      hold(chunk, from, to)
      from = to
      const rest = cut(held, 0, count, take)
      if (typeof rest === 'string') return rest
      if (rest > 0) letGo()
      if (isLeft) return from
    }
    return from
  }

  return {
    push(chunk, take) {
      if (fault) return fault
      const from = complete(chunk, take)
      const rest = typeof from === 'string' || isLeft ? from : cut(chunk, from, chunk.length, take)
      if (typeof rest === 'string') {
        fault = rest
        letGo()
      } else if (isLeft) return rest
      else if (rest < chunk.length) hold(chunk, rest, chunk.length)
      return fault
    },
    pending: () => count,
    begun: () => (count > 0 ? held[0] : undefined),
  }
}

function withoutPadding(bytes: Uint8Array, at: number, whole: number): number {
  return (bytes[at] ?? 0) <= 3 ? whole : channelHeaderLength + uint16At(bytes, at + 2)
}
