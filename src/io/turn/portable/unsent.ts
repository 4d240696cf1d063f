/** Bounds what the kernel holds back for one stream: left alone it takes some 4 MB, half a minute of media on a slow line, before a write tells us that the client is slow. */
import { ptr } from 'bun:ffi'
import { libc } from '../batch/libc.ts'

/** Linux. */
const [ipprotoTcp, tcpNotsentLowat] = [6, 25]
/** Octets that wait for the first time; what has been sent and not acknowledged comes on top and is the network's to bound. */
const mostUnsent = 64 * 1024

/** Sets the bound for a socket of Bun's. Where the C library cannot be called nothing happens, and the kernel does as it likes. */
export function createUnsentBound(): (socket: object) => void {
  // A typed array over a buffer of its own does not move.
  const value = new Int32Array(new ArrayBuffer(4))
  value[0] = mostUnsent
  const c = libcIfAny()
  return (socket) => {
    if (!c || !('fd' in socket) || typeof socket.fd !== 'number' || socket.fd < 0) return
    c.setsockopt(socket.fd, ipprotoTcp, tcpNotsentLowat, ptr(value), value.byteLength)
  }
}

function libcIfAny(): ReturnType<typeof libc> | undefined {
  try {
    return libc()
  } catch {
    return undefined
  }
}
