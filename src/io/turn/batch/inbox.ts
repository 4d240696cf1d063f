/** Where datagrams are received: slots at fixed places, filled by `recvmmsg` one after the other until they are given back. */
import {
  controlHeader,
  controlLevel,
  controlType,
  dontWait,
  level,
  messageControl,
  messageControlLength,
  messageLength,
  messageName,
  messageNameLength,
  messageSize,
  messageVectorCount,
  messageVectors,
  nameSize,
  option,
  vectorLength,
  vectorSize,
} from './layout.ts'
import { libc } from './libc.ts'
import type { Region } from './region.ts'

/** Received and not yet sent on: as many as are worth one round, and what the kernel hands out with `UDP_GRO` at most. */
const slots = 256
const largestDatagram = 65_536
/** In front of a datagram for what the relay puts there, behind it for padding. */
const before = 64
const behind = 64
/** No multiple of a page, so that slots do not all fall into the same sets of the caches. */
const stride = before + largestDatagram + behind + 1024
const controlSize = 128
const nameStride = 32
export const inboxOctets = slots * (stride + messageSize + vectorSize + nameStride + controlSize) + 4096

export interface Inbox {
  /** Receives up to `most` datagrams into slots from `first` on; how many, or −1 and `errno`. Never waits. */
  receive(fd: number, most: number): number
  /** The first slot of the last `receive`. */
  readonly first: number
  /** Free slots. */
  readonly room: number
  /** Gives all slots back: nothing received may be looked at or sent from then on. */
  clear(): void
  dataAt(slot: number): number
  nameAt(slot: number): number
  /** Octets; of several datagrams at once, if `segmentOf` says so. */
  lengthOf(slot: number): number
  /** `UDP_GRO`: the slot holds datagrams of this length, of which the last may be shorter. 0: it is one datagram. */
  segmentOf(slot: number): number
  /** Where the data of a control message stands that came with it (`IP_PKTINFO`), or −1. */
  controlOf(slot: number, atLevel: number, ofType: number): number
}

export function createInbox(region: Region): Inbox {
  const { words, halves } = region
  const messages = region.take(slots * messageSize)
  const vectors = region.take(slots * vectorSize)
  const names = region.take(slots * nameStride)
  const controls = region.take(slots * controlSize)
  const data = region.take(slots * stride)
  const { recvmmsg } = libc()
  let first = 0
  let next = 0

  for (let slot = 0; slot < slots; slot++) {
    const message = messages + slot * messageSize
    const vector = vectors + slot * vectorSize
    putAddress(region, message + messageName, names + slot * nameStride)
    putAddress(region, message + messageVectors, vector)
    words[(message + messageVectorCount) >> 2] = 1
    putAddress(region, message + messageControl, controls + slot * controlSize)
    putAddress(region, vector, data + slot * stride + before)
    words[(vector + vectorLength) >> 2] = largestDatagram
    prepare(slot)
  }

  /** The kernel writes how much it used where it read how much there is. */
  function prepare(slot: number): void {
    const message = (messages + slot * messageSize) >> 2
    words[message + (messageNameLength >> 2)] = nameSize
    words[message + (messageControlLength >> 2)] = controlSize
  }

  function controlOf(slot: number, atLevel: number, ofType: number): number {
    const used = words[(messages + slot * messageSize + messageControlLength) >> 2] ?? 0
    let at = controls + slot * controlSize
    const end = at + Math.min(used, controlSize)
    while (at + controlHeader <= end) {
      const length = words[at >> 2] ?? 0
      if (length < controlHeader || at + length > end) return -1
      if (words[(at + controlLevel) >> 2] === atLevel && words[(at + controlType) >> 2] === ofType) {
        return at + controlHeader
      }
      at += (length + 7) & ~7
    }
    return -1
  }

  return {
    receive(fd, most) {
      first = next
      const count = recvmmsg(
        fd,
        region.addressOf(messages + next * messageSize),
        Math.min(most, slots - next),
        dontWait,
        null,
      )
      if (count > 0) next += count
      return count
    },
    get first() {
      return first
    },
    get room() {
      return slots - next
    },
    clear() {
      for (let slot = 0; slot < next; slot++) prepare(slot)
      next = 0
    },
    dataAt: (slot) => data + slot * stride + before,
    nameAt: (slot) => names + slot * nameStride,
    lengthOf: (slot) => words[(messages + slot * messageSize + messageLength) >> 2] ?? 0,
    segmentOf(slot) {
      // Nearly always there is none, and the length alone says so.
      if (words[(messages + slot * messageSize + messageControlLength) >> 2] === 0) return 0
      const at = controlOf(slot, level.udp, option.udp.gro)
      return at === -1 ? 0 : (halves[at >> 1] ?? 0)
    },
    controlOf,
  }
}

/** Writes the address of an offset of the same region. */
export function putAddress({ words, high, low }: Region, at: number, offset: number): void {
  words[at >> 2] = low + offset
  words[(at >> 2) + 1] = high
}
