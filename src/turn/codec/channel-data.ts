/** ChannelData (RFC 8656 section 12): four octets in front of what is relayed. On the hot path, so numbers in and numbers out. */
import { padded, putUint16, uint16At } from './octets.ts'

export const channelHeaderLength = 4

/** `rfc5766` lets in numbers that RFC 8656 reserves: older clients pick from them. */
export type ChannelRange = 'rfc8656' | 'rfc5766'

const first = 0x4000
const last = { rfc8656: 0x4fff, rfc5766: 0x7ffe } as const satisfies Record<ChannelRange, number>

export function isChannelNumber(number: number, range: ChannelRange = 'rfc8656'): boolean {
  return number >= first && number <= last[range]
}

/** The first 16 bits of ChannelData. */
export function channelOf(bytes: Uint8Array, start: number): number {
  return uint16At(bytes, start)
}

/**
 * How many octets a datagram of ChannelData carries, which begin at `start + channelHeaderLength`; −1 if it is not whole.
 * Some clients pad datagrams as if they were on a stream: up to three octets more are let pass.
 */
export function channelDataLength(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < channelHeaderLength) return -1
  const length = uint16At(bytes, start + 2)
  const excess = end - start - channelHeaderLength - length
  return excess >= 0 && excess <= 3 ? length : -1
}

/** Puts the header in front of `length` octets that are or will be at `start + channelHeaderLength`. */
export function writeChannelHeader(target: Uint8Array, start: number, channel: number, length: number): void {
  putUint16(target, start, channel)
  putUint16(target, start + 2, length)
}

/** Fills up ChannelData that begins at `start` to a multiple of four, as streams need it; answers its whole length. */
export function padChannelData(target: Uint8Array, start: number, length: number): number {
  const whole = channelHeaderLength + padded(length)
  target.fill(0, start + channelHeaderLength + length, start + whole)
  return whole
}
