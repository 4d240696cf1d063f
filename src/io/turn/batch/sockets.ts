/** The sockets of the relay: opened, set up, asked for their port. */
import { formatTransportAddress, type TransportAddress } from '../../../lib/ip-address.ts'
import { failure, type Result, success } from '../../../lib/result.ts'
import { datagram, level, mtu, name4, name6, nameSize, option } from './layout.ts'
import { errno, libc } from './libc.ts'
import type { Region } from './region.ts'
import { type Family, isWildcard, portAt, writeName } from './socket-name.ts'

/** What all clients of a worker send, until we look at it; the system may allow less. */
const listenerBuffer = 4 * 1024 * 1024
/** What one client's peers send in the same time; memory is only used by what waits. What it sends hardly ever waits. */
const relayBuffer = 512 * 1024

export interface Sockets {
  /** A socket that shares its port with other workers. On a wildcard address it tells to which address a datagram came. */
  openListener(at: TransportAddress): Result<OpenSocket, SocketFailure>
  /** A relay socket; the error queue tells of its ICMP errors. */
  openRelay(at: TransportAddress): Result<OpenSocket, SocketFailure>
  /** Whether datagrams leave with DF, and IPv6 ones are never cut by us, from now on. */
  setDontFragment(fd: number, family: Family, on: boolean): void
  close(fd: number): void
}

export interface OpenSocket {
  readonly fd: number
  readonly family: Family
  readonly port: number
}

export interface SocketFailure {
  /** `EADDRINUSE` and the like. */
  readonly code: string
  readonly text: string
}

export function createSockets(region: Region): Sockets {
  const c = libc()
  const name = region.take(nameSize + 4)
  const value = region.take(8)

  function set(fd: number, atLevel: number, name: number, to: number): boolean {
    region.words[value >> 2] = to
    return c.setsockopt(fd, atLevel, name, region.addressOf(value), 4) === 0
  }

  function open(at: TransportAddress, prepare: (fd: number) => void): Result<OpenSocket, SocketFailure> {
    const { family } = at.ip
    const fd = c.socket(
      family === 4 ? name4.family : name6.family,
      datagram.type | datagram.nonBlocking | datagram.closeOnExec,
      0,
    )
    if (fd < 0) return failure({ code: errorName(errno()), text: 'no socket' })
    // Since Linux 5.0, and left out where it is missing.
    set(fd, level.udp, option.udp.gro, 1)
    // What is relayed may be cut on its way, as it would be on its way without us (RFC 8656 section 15).
    if (family === 4) set(fd, level.ip, option.ip.mtuDiscover, mtu.leave)
    else set(fd, level.ipv6, option.ipv6.mtuDiscover, mtu.leave)
    prepare(fd)
    const length = writeName(region, name, family, at, 0)
    if (c.bind(fd, region.addressOf(name), length) < 0) {
      const why = errno()
      c.close(fd)
      return failure({ code: errorName(why), text: `cannot bind ${formatTransportAddress(at)}` })
    }
    if (at.port !== 0) return success({ fd, family, port: at.port })
    region.words[value >> 2] = nameSize
    c.getsockname(fd, region.addressOf(name), region.addressOf(value))
    return success({ fd, family, port: portAt(region, name) })
  }

  return {
    openListener: (at) =>
      open(at, (fd) => {
        set(fd, level.socket, option.receiveBuffer, listenerBuffer)
        set(fd, level.socket, option.sendBuffer, listenerBuffer)
        set(fd, level.socket, option.reusePort, 1)
        if (at.ip.family === 6) set(fd, level.ipv6, option.ipv6.only, isWildcard(at.ip) ? 0 : 1)
        if (!isWildcard(at.ip)) return
        if (at.ip.family === 4) set(fd, level.ip, option.ip.packetInfo, 1)
        else set(fd, level.ipv6, option.ipv6.receivePacketInfo, 1)
      }),
    openRelay: (at) =>
      open(at, (fd) => {
        set(fd, level.socket, option.receiveBuffer, relayBuffer)
        if (at.ip.family === 4) set(fd, level.ip, option.ip.receiveErrors, 1)
        else {
          set(fd, level.ipv6, option.ipv6.receiveErrors, 1)
          set(fd, level.ipv6, option.ipv6.only, 1)
        }
      }),
    setDontFragment(fd, family, on) {
      if (family === 4) set(fd, level.ip, option.ip.mtuDiscover, on ? mtu.probe : mtu.leave)
      else {
        set(fd, level.ipv6, option.ipv6.mtuDiscover, on ? mtu.probe : mtu.leave)
        set(fd, level.ipv6, option.ipv6.dontFragment, on ? 1 : 0)
      }
    },
    close(fd) {
      c.close(fd)
    },
  }
}

const errorNames: Readonly<Record<number, string>> = {
  1: 'EPERM',
  12: 'ENOMEM',
  13: 'EACCES',
  23: 'ENFILE',
  24: 'EMFILE',
  97: 'EAFNOSUPPORT',
  98: 'EADDRINUSE',
  99: 'EADDRNOTAVAIL',
  105: 'ENOBUFS',
}

function errorName(number: number): string {
  return errorNames[number] ?? `errno ${number}`
}
