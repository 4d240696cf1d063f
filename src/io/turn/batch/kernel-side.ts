/** What one worker has of the kernel: memory, an epoll set and its listeners; opened together and closed together. */
import { parseIp, type TransportAddress } from '../../../lib/ip-address.ts'
import type { TurnListener } from '../world.ts'
import { inboxOctets } from './inbox.ts'
import { outboxOctets } from './outbox.ts'
import { createReadiness, type Readiness, readinessOctets } from './readiness.ts'
import { mapRegion, type Region } from './region.ts'
import { isWildcard } from './socket-name.ts'
import { createSockets, type OpenSocket, type Sockets } from './sockets.ts'

export interface KernelSide {
  readonly region: Region
  readonly sockets: Sockets
  readonly readiness: Readiness
  readonly listeners: readonly OpenSocket[]
  /** Relay sockets are the caller's. Nothing may be used from then on. */
  close(): void
}

/** For single structures of the parts. */
const smallOctets = 16_384

/** Throws, with a `code` where the system gave one; nothing is left open then. */
export function openKernelSide(wanted: readonly TurnListener[]): KernelSide {
  using ends = new DisposableStack()
  const region = mapRegion(inboxOctets + outboxOctets + readinessOctets + smallOctets)
  ends.defer(region.free)
  const sockets = createSockets(region)
  const readiness = createReadiness(region)
  ends.defer(readiness.close)
  const listeners = wanted.map((listener) => {
    const opened = openListener(listener, sockets)
    ends.defer(() => sockets.close(opened.fd))
    return opened
  })
  const kept = ends.move()
  return { region, sockets, readiness, listeners, close: () => kept.dispose() }
}

const anyIpv4: TransportAddress['ip'] = { family: 4, value: 0 }

function openListener({ transport, host, port }: TurnListener, sockets: Sockets): OpenSocket {
  const ip = parseIp(host)
  if (transport !== 'udp' || ip === undefined) throw new Error(`${transport} at ${host} is not for raw sockets`)
  let opened = sockets.openListener({ ip, port })
  // Where IPv6 is switched off, every address is every IPv4 address.
  if (!opened.ok && opened.error.code === 'EAFNOSUPPORT' && isWildcard(ip)) {
    opened = sockets.openListener({ ip: anyIpv4, port })
  }
  if (opened.ok) return opened.value
  throw Object.assign(new Error(`${opened.error.text}: ${opened.error.code}`), { code: opened.error.code })
}
