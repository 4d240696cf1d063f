/** A socket that sends several datagrams as segments of one, which the runtime's own sockets cannot. */

import { createInbox, inboxOctets } from '../../../../src/io/turn/batch/inbox.ts'
import { createOutbox, outboxOctets } from '../../../../src/io/turn/batch/outbox.ts'
import { mapRegion } from '../../../../src/io/turn/batch/region.ts'
import { createSockets } from '../../../../src/io/turn/batch/sockets.ts'
import { counterBytes, countersIn } from '../../../../src/io/turn/counters.ts'
import { parseIp } from '../../../../src/lib/ip-address.ts'

export interface RawPeer extends Disposable {
  readonly host: string
  readonly port: number
  /** In one call to the kernel; all of one length, but the last may be shorter. */
  sendSegments(parts: readonly Uint8Array[], port: number): void
  /** Waits for one datagram, and keeps the thread waiting. */
  receive(): Uint8Array
}

export function createRawPeer(host = '127.0.0.1'): RawPeer {
  const ip = parseIp(host)
  if (ip === undefined) throw new Error(`${host} is no address`)
  const region = mapRegion(inboxOctets + outboxOctets + 16_384)
  const sockets = createSockets(region)
  const opened = sockets.openRelay({ ip, port: 0 })
  if (!opened.ok) throw new Error(opened.error.text)
  const { fd, family, port } = opened.value
  const outbox = createOutbox(region, countersIn(new ArrayBuffer(counterBytes)))
  const inbox = createInbox(region)
  outbox.open(fd, family, 'peer')
  return {
    host,
    port,
    sendSegments(parts, to) {
      for (const part of parts) {
        const at = outbox.scratch(part.length) ?? 0
        region.bytes.set(part, at)
        outbox.add(fd, { ip, port: to }, 0, undefined, -1, at, part.length)
      }
      outbox.flush()
    },
    receive() {
      for (;;) {
        inbox.clear()
        if (inbox.receive(fd, 1) !== 1) Bun.sleepSync(1)
        else {
          const start = inbox.dataAt(inbox.first)
          return region.bytes.slice(start, start + inbox.lengthOf(inbox.first))
        }
      }
    },
    [Symbol.dispose]() {
      sockets.close(fd)
      region.free()
    },
  }
}
