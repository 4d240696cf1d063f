/** What is to be sent: gathered by socket, so that all of a round's datagrams of one socket leave with one call. */
import type { TransportAddress } from '../../../lib/ip-address.ts'
import { type Counters, at as counterAt } from '../counters.ts'
import { mostSegmentedOctets } from './layout.ts'
import type { LocalAddress } from './local-address.ts'
import type { Region } from './region.ts'
import { createSending, type Sending, sendingOctets } from './sending.ts'
import type { Family } from './socket-name.ts'
import { createWaiting, mostWaiting, waitingOctets } from './waiting.ts'

/** For what is not sent from where it was received. */
const scratchOctets = 512 * 1024
export const outboxOctets = waitingOctets + sendingOctets + scratchOctets + 64

/** Where datagrams of a socket go: to clients or to peers, which are counted apart. */
export type Side = 'client' | 'peer'

export interface Outbox {
  /** To be called for each socket before the first `add`. */
  open(fd: number, family: Family, side: Side): void
  /** Sends what waits for it and forgets it; to be called before the socket is closed, because its number will be another's. */
  close(fd: number): void
  /**
   * `length` octets from `at` on, which stay as they are until `flush`. `head` is where four octets stand that go in
   * front of them, or −1. `local` is the address of ours that it leaves from, where the kernel is not to choose it.
   */
  add(
    fd: number,
    to: TransportAddress,
    scope: number,
    local: LocalAddress | undefined,
    head: number,
    at: number,
    length: number,
  ): void
  /** So many octets to write to, good until the next `flush`, and room for one `add`; it may flush itself. Undefined: there is no room for so many at all. */
  scratch(octets: number): number | undefined
  /** Sends what waits: for this socket, or for all. */
  flushOne(fd: number): void
  flush(): void
}

export function createOutbox(region: Region, counters: Counters): Outbox {
  const waiting = createWaiting(region)
  const send = createSending(region, counters, waiting)
  const scratchStart = region.take(scratchOctets)
  const scratchEnd = scratchStart + scratchOctets
  let scratchNext = scratchStart
  /** By descriptor. */
  const sockets: (Sending | undefined)[] = []
  /** Those that have something to send; one may stand here twice. */
  let busy: Sending[] = []
  let spare: Sending[] = []

  function flush(): void {
    const now = busy
    busy = spare
    for (const socket of now) send(socket)
    now.length = 0
    spare = now
    waiting.clear()
    scratchNext = scratchStart
  }

  function flushOne(fd: number): void {
    const socket = sockets[fd]
    if (socket !== undefined) send(socket)
  }

  return {
    open(fd, family, side) {
      const client = side === 'client'
      sockets[fd] = {
        fd,
        family,
        head: -1,
        tail: -1,
        longestSegment: mostSegmentedOctets,
        packets: client ? counterAt.packetsToClients : counterAt.packetsToPeers,
        bytes: client ? counterAt.bytesToClients : counterAt.bytesToPeers,
      }
    },
    close(fd) {
      flushOne(fd)
      sockets[fd] = undefined
    },
    add(fd, to, scope, local, head, at, length) {
      const socket = sockets[fd]
      if (socket === undefined) return
      if (waiting.size === mostWaiting) flush()
      const one = waiting.add(socket.family, to, scope, local, head, at, length)
      if (socket.head === -1) {
        socket.head = one
        busy.push(socket)
      } else waiting.nexts[socket.tail] = one
      socket.tail = one
    },
    scratch(wanted) {
      if (wanted > scratchOctets) return undefined
      if (scratchNext + wanted > scratchEnd || waiting.size === mostWaiting) flush()
      const at = scratchNext
      scratchNext += (wanted + 7) & ~7
      return at
    },
    flushOne,
    flush,
  }
}
