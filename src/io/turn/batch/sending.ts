/** Hands waiting datagrams to the kernel: one `sendmmsg` for a socket, equal neighbours as segments of one message (`UDP_SEGMENT`). */
import { at, type Counters } from '../counters.ts'
import { putAddress } from './inbox.ts'
import {
  controlHeader,
  controlLevel,
  controlType,
  dontWait,
  error,
  level,
  messageControl,
  messageControlLength,
  messageName,
  messageNameLength,
  messageSize,
  messageVectorCount,
  messageVectors,
  mostSegmentedOctets,
  mostSegments,
  option,
  vectorLength,
  vectorSize,
} from './layout.ts'
import { errno, libc } from './libc.ts'
import type { LocalAddress } from './local-address.ts'
import type { Region } from './region.ts'
import type { Family } from './socket-name.ts'
import type { Waiting } from './waiting.ts'

/** Of one `sendmmsg`. */
const mostMessages = 128
const mostVectors = 1024
const controlSize = 96
export const sendingOctets = mostMessages * (messageSize + controlSize) + mostVectors * vectorSize + 256

/** A socket to send from. */
export interface Sending {
  readonly fd: number
  readonly family: Family
  /** Its first and last waiting datagram, or −1. */
  head: number
  tail: number
  /** The longest segment that the kernel will take from it; 0 when it takes none. */
  longestSegment: number
  /** Where what was sent is counted. */
  readonly packets: number
  readonly bytes: number
}

/** Sends the whole list of a socket, which is empty then. */
export type Send = (socket: Sending) => void

export function createSending(region: Region, { values }: Counters, waiting: Waiting): Send {
  const { words, halves, bytes } = region
  const { nexts, starts, heads, lengths, nameLengths, locals } = waiting
  const messages = region.take(mostMessages * messageSize)
  const controls = region.take(mostMessages * controlSize)
  const vectors = region.take(mostVectors * vectorSize)
  const { sendmmsg, sendto } = libc()
  /** Of each message: its first datagram, how many they are, the octets, and their length if they are segments. */
  const firsts = new Int32Array(mostMessages)
  const counts = new Uint32Array(mostMessages)
  const octets = new Uint32Array(mostMessages)
  const segments = new Uint32Array(mostMessages)
  /** The datagram behind the last message that was built, or −1. */
  let after = -1

  for (let message = 0; message < mostMessages; message++) {
    const header = messages + message * messageSize
    putAddress(region, header + messageName, 0)
    putAddress(region, header + messageVectors, vectors)
    putAddress(region, header + messageControl, controls + message * controlSize)
  }

  function putVector(index: number, from: number, length: number): void {
    const vector = (vectors + index * vectorSize) >> 2
    words[vector] = region.low + from
    words[vector + 1] = region.high
    words[vector + (vectorLength >> 2)] = length
  }

  /** Writes the pieces of a datagram from this vector on; returns the next one. */
  function putPieces(vector: number, one: number): number {
    let next = vector
    const head = heads[one] ?? -1
    if (head >= 0) putVector(next++, head, 4)
    putVector(next++, starts[one] ?? 0, lengths[one] ?? 0)
    return next
  }

  function putControl(message: number, segment: number, local: LocalAddress | undefined): void {
    const start = controls + message * controlSize
    let end = start
    if (segment > 0) {
      words[end >> 2] = controlHeader + 2
      words[(end + controlLevel) >> 2] = level.udp
      words[(end + controlType) >> 2] = option.udp.segment
      halves[(end + controlHeader) >> 1] = segment
      end += controlHeader + 8
    }
    if (local !== undefined) {
      bytes.set(local, end)
      end += local.length
    }
    words[(messages + message * messageSize + messageControlLength) >> 2] = end - start
  }

  /**
   * How many datagrams from this one on, in its list, can leave as segments of one message: to the same address, all of
   * one length except a shorter last one.
   */
  function alike(socket: Sending, one: number): number {
    const size = waiting.sizeOf(one)
    if (size === 0 || size > socket.longestSegment) return 1
    let count = 1
    let total = size
    for (let next = nexts[one] ?? -1; next !== -1 && count < mostSegments; next = nexts[next] ?? -1) {
      const length = waiting.sizeOf(next)
      if (length === 0 || length > size || total + length > mostSegmentedOctets) break
      if (!waiting.goTheSameWay(one, next)) break
      total += length
      count++
      if (length < size) break
    }
    return count
  }

  /** Makes messages of a list from `from` on, as many as there is room for; returns how many. */
  function build(socket: Sending, from: number): number {
    let one = from
    let message = 0
    let vector = 0
    while (one !== -1 && message < mostMessages && vector + 2 * mostSegments <= mostVectors) {
      const count = alike(socket, one)
      const header = (messages + message * messageSize) >> 2
      words[header] = region.low + waiting.nameAt(one)
      words[header + (messageNameLength >> 2)] = nameLengths[one] ?? 0
      words[header + (messageVectors >> 2)] = region.low + vectors + vector * vectorSize
      firsts[message] = one
      counts[message] = count
      segments[message] = count > 1 ? waiting.sizeOf(one) : 0
      putControl(message, segments[message] ?? 0, locals[one])
      const firstVector = vector
      let total = 0
      for (let index = 0; index < count; index++) {
        vector = putPieces(vector, one)
        total += waiting.sizeOf(one)
        one = nexts[one] ?? -1
      }
      words[header + (messageVectorCount >> 2)] = vector - firstVector
      octets[message] = total
      message++
    }
    after = one
    return message
  }

  function sent(socket: Sending, from: number, to: number): void {
    for (let message = from; message < to; message++) {
      const count = counts[message] ?? 0
      values[socket.packets] = (values[socket.packets] ?? 0) + count
      values[socket.bytes] = (values[socket.bytes] ?? 0) + (octets[message] ?? 0)
      if (count > 1) values[at.sentInSegments] = (values[at.sentInSegments] ?? 0) + count
    }
  }

  function lost(count: number): void {
    values[at.droppedSendFailed] = (values[at.droppedSendFailed] ?? 0) + count
  }

  function lostFrom(from: number): void {
    let count = 0
    for (let one = from; one !== -1; one = nexts[one] ?? -1) count++
    lost(count)
  }

  /** Sends the messages that were built; returns the datagram to go on with, or −1. */
  function sendBuilt(socket: Sending, count: number): number {
    let next = 0
    let triedTwice = -1
    while (next < count) {
      const accepted = sendmmsg(socket.fd, region.addressOf(messages + next * messageSize), count - next, dontWait)
      values[at.sendCalls] = (values[at.sendCalls] ?? 0) + 1
      if (accepted > 0) {
        sent(socket, next, next + accepted)
        next += accepted
        continue
      }
      const why = errno()
      if (why === error.interrupted) continue
      const segment = segments[next] ?? 0
      if (segment > 0 && (why === error.io || why === error.invalid || why === error.messageTooLong)) {
        // The way there cannot do it, at all or with segments so long: one by one then.
        socket.longestSegment = why === error.io ? 0 : segment - 1
        return firsts[next] ?? -1
      }
      // No room in the kernel: media is not repeated, and what comes behind would fare alike.
      if (why === error.again || why === error.noBuffers || why === error.noMemory) {
        lostFrom(firsts[next] ?? -1)
        return -1
      }
      // What failed may be an earlier datagram, of which an ICMP message has told since; the call was not even tried.
      if (triedTwice !== next) {
        triedTwice = next
        continue
      }
      lost(counts[next] ?? 0)
      next++
    }
    return after
  }

  /** One datagram for a socket is what relay sockets mostly have, and `sendto` has less to look at. */
  function sendAlone(socket: Sending, one: number): boolean {
    if (nexts[one] !== -1 || heads[one] !== -1 || locals[one] !== undefined) return false
    const length = lengths[one] ?? 0
    const name = region.addressOf(waiting.nameAt(one))
    values[at.sendCalls] = (values[at.sendCalls] ?? 0) + 1
    if (sendto(socket.fd, region.addressOf(starts[one] ?? 0), length, dontWait, name, nameLengths[one] ?? 0) < 0) {
      return false
    }
    values[socket.packets] = (values[socket.packets] ?? 0) + 1
    values[socket.bytes] = (values[socket.bytes] ?? 0) + length
    return true
  }

  return (socket) => {
    let one = socket.head
    socket.head = -1
    if (one !== -1 && sendAlone(socket, one)) return
    while (one !== -1) one = sendBuilt(socket, build(socket, one))
  }
}
