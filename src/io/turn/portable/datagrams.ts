/** A UDP socket whose sends are gathered and can do no harm: what the network refuses is counted and forgotten. */
import type { udp } from 'bun'
import { at, type Counters } from '../counters.ts'
import type { Tick } from './tick.ts'

export interface DatagramSocket {
  readonly port: number
  /** The octets must stay as they are until the end of this turn of the event loop. */
  send(bytes: Uint8Array, port: number, address: string): void
  close(): void
}

export interface DatagramParts {
  readonly host: string
  readonly port: number
  /** The octets are the receiver's to keep. */
  readonly received: (bytes: Uint8Array, port: number, address: string) => void
  readonly broke: (error: unknown) => void
  readonly tick: Tick
  readonly counters: Counters
}

/** Three entries for each datagram: octets, port, address. */
const perDatagram = 3
const mostGathered = 64 * perDatagram

/** Throws if the address cannot be had. */
export async function bindDatagrams(parts: DatagramParts): Promise<DatagramSocket> {
  const { host, port, received, broke, tick, counters } = parts
  const { values } = counters
  let isClosed = false
  const socket = await Bun.udpSocket({
    hostname: host,
    port,
    binaryType: 'uint8array',
    socket: {
      data(_socket, bytes, from, address, { truncated }) {
        if (isClosed || truncated) return
        values[at.receiveCalls] = (values[at.receiveCalls] ?? 0) + 1
        try {
          received(bytes, from, address)
        } catch (error) {
          broke(error)
        }
      },
      // ICMP errors for what we sent arrive here, without the address that they are about: nothing can be told on.
      error() {},
    },
  })
  const gathered = { isDue: false, flush }
  let packets: (Uint8Array | number | string)[] = []

  function flush(): void {
    const all = packets
    if (all.length === 0) return
    packets = []
    if (isClosed) return
    const lost = sendAll(socket, all, () => {
      values[at.sendCalls] = (values[at.sendCalls] ?? 0) + 1
    })
    values[at.droppedSendFailed] = (values[at.droppedSendFailed] ?? 0) + lost
  }

  return {
    port: socket.port,
    send(bytes, to, address) {
      // Nothing can be sent there, and Bun throws.
      if (to === 0) return
      packets.push(bytes, to, address)
      if (packets.length >= mostGathered) flush()
      else tick.flushLater(gathered)
    },
    close() {
      if (isClosed) return
      flush()
      isClosed = true
      socket.close()
    },
  }
}

/**
 * Sends all that can be sent and answers how many datagrams could not. An error is either about the first datagram that
 * was not sent, or the echo of an earlier one to a closed port; so each is tried twice.
 */
function sendAll(
  socket: udp.Socket<'uint8array'>,
  packets: readonly (Uint8Array | number | string)[],
  called: () => void,
): number {
  let lost = 0
  let next = 0
  let failures = 0
  while (next < packets.length) {
    called()
    let sent = 0
    try {
      sent = socket.sendMany(next === 0 ? packets : packets.slice(next))
      failures = 0
    } catch {
      if (++failures < 2) continue
      failures = 0
      lost++
      next += perDatagram
      continue
    }
    // The socket's buffer is full: media that waits is of no use.
    if (sent <= 0) return lost + (packets.length - next) / perDatagram
    next += sent * perDatagram
  }
  return lost
}
