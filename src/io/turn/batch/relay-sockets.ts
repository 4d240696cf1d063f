/** The relay sockets of a worker by their descriptor, which is what the machine knows them by. */
import type { OpenAllocation } from '../../../turn/allocation.ts'
import type { SeenClient } from './seen-client.ts'
import { type Family, nobody, type PeerMemory } from './socket-name.ts'

export interface RelaySocket {
  readonly fd: number
  readonly family: Family
  readonly lastPeer: PeerMemory
  /** Datagrams to ask for at once. Voice comes alone, and asking for a second one in vain costs a tenth of a packet. */
  expects: number
  /** Whose it is, and where its data goes; undefined until the allocation is open. */
  owner: RelayOwner | undefined
}

export interface RelayOwner {
  readonly allocation: OpenAllocation
  readonly client: SeenClient
  /** The descriptor of the client's listener. */
  readonly listenerFd: number
}

/**
 * Descriptors are small numbers that the system gives out again as soon as one is closed. So what is known of one is
 * looked up when it is used and never kept: an event or a datagram that is told of an old socket finds the new one, and
 * a read from that is a read like any other.
 */
export interface RelaySockets {
  byFd(fd: number): RelaySocket | undefined
  add(fd: number, family: Family): void
  remove(fd: number): void
  all(): Iterable<RelaySocket>
}

export function createRelaySockets(): RelaySockets {
  const sockets: (RelaySocket | undefined)[] = []
  return {
    byFd: (fd) => sockets[fd],
    add(fd, family) {
      sockets[fd] = { fd, family, lastPeer: nobody(), expects: 1, owner: undefined }
    },
    remove(fd) {
      sockets[fd] = undefined
    },
    *all() {
      for (const socket of sockets) if (socket !== undefined) yield socket
    },
  }
}
