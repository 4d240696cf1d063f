/** What waits to be written to one client's stream: gathered, written in one piece, bounded. A client with nothing to wait for costs no memory here. */
import { channelHeaderLength, padChannelData, writeChannelHeader } from '../../../turn/codec/channel-data.ts'
import { padded } from '../../../turn/codec/octets.ts'

/** Writes some of the octets from `start` on; how many, or −1 if the stream is closed. */
export type Write = (bytes: Uint8Array, start: number, length: number) => number

export interface Outbox {
  isDue: boolean
  /** ChannelData of these octets. False if it was dropped, because the client is too slow for it. */
  channelData(channel: number, data: Uint8Array): boolean
  /** A STUN message that may be dropped like ChannelData. */
  indication(bytes: Uint8Array, start: number, end: number): boolean
  /** A STUN message that must arrive. False if so much waits already that the client has to be given up. */
  answer(message: Uint8Array): boolean
  /** Writes as much as the stream takes. */
  flush(): void
  /** Octets that are not yet written. */
  readonly waiting: number
}

/** Relayed data is dropped when this much waits: what is older than that is of no use to a call. */
export const longestBacklog = 256 * 1024
/** For answers, when relayed data has filled the rest. */
const roomForAnswers = 64 * 1024
/** So much is written before the turn is over. */
const worthWriting = 32 * 1024
const usualLength = 64 * 1024
const mostSpare = 64

/** Makes outboxes that lend each other their buffers. */
export function createOutboxes(): (write: Write) => Outbox {
  const spare: Uint8Array<ArrayBuffer>[] = []
  const nothing = new Uint8Array(0)

  return (write) => {
    let bytes = nothing
    let from = 0
    let to = 0
    /** The stream took less than there was: nothing is written until `flush` is called again. */
    let isBlocked = false

    function letGo(): void {
      if (bytes.length === usualLength && spare.length < mostSpare) spare.push(bytes)
      bytes = nothing
      from = 0
      to = 0
      isBlocked = false
    }

    /** Makes room for so many octets at `to`. */
    function makeRoom(length: number): void {
      const waiting = to - from
      if (to + length <= bytes.length) return
      if (waiting + length <= bytes.length) bytes.copyWithin(0, from, to)
      else {
        const larger = enough(waiting + length)
        larger.set(bytes.subarray(from, to))
        if (bytes.length === usualLength && spare.length < mostSpare) spare.push(bytes)
        bytes = larger
      }
      from = 0
      to = waiting
    }

    function enough(length: number): Uint8Array<ArrayBuffer> {
      if (length <= usualLength) return spare.pop() ?? new Uint8Array(usualLength)
      return new Uint8Array(2 ** Math.ceil(Math.log2(length)))
    }

    function added(length: number): void {
      to += length
      if (!isBlocked && to - from >= worthWriting) flush()
    }

    function flush(): void {
      if (to === from) return
      const taken = write(bytes, from, to - from)
      if (taken < 0) return letGo()
      from += taken
      if (from === to) letGo()
      else isBlocked = true
    }

    return {
      isDue: false,
      channelData(channel, data) {
        const { length } = data
        const whole = channelHeaderLength + padded(length)
        if (to - from + whole > longestBacklog) return false
        makeRoom(whole)
        writeChannelHeader(bytes, to, channel, length)
        bytes.set(data, to + channelHeaderLength)
        added(padChannelData(bytes, to, length))
        return true
      },
      indication(message, start, end) {
        if (to - from + end - start > longestBacklog) return false
        makeRoom(end - start)
        bytes.set(message.subarray(start, end), to)
        added(end - start)
        return true
      },
      answer(message) {
        if (to - from + message.length > longestBacklog + roomForAnswers) return false
        makeRoom(message.length)
        bytes.set(message, to)
        added(message.length)
        return true
      },
      flush,
      get waiting() {
        return to - from
      },
    }
  }
}
