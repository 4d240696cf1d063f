/** Connects to the first of several addresses that answers, and makes sure of who that is. */

import { isIP } from 'node:net'
import type { Socket } from 'bun'
import type { Place } from './address.ts'

export interface Connecting {
  readonly place: Place
  /** In the order in which they are tried; at least one. */
  readonly addresses: readonly string[]
  /** ms for all of them together; one that keeps silent gets its share. */
  readonly timeout: number
  readonly skipVerify: boolean
  /** PEM of authorities to trust in place of the built-in ones. */
  readonly authorities?: string | undefined
}

export interface ConnectionEvents {
  /** May be written to; with TLS the other end has proved who it is, if it had to. */
  ready(socket: Socket<undefined>): void
  data(bytes: Uint8Array): void
  drained(): void
  /** Before `ready` or after it, once. */
  closed(why: 'certificate' | 'network', detail: string): void
}

/** Gives up; nothing is heard any more. */
export type Abandon = () => void

export function connect(wish: Connecting, events: ConnectionEvents): Abandon {
  let isOver = false
  let abandonAttempt: Abandon = () => {}

  function attempt(index: number): void {
    const address = wish.addresses[index] ?? ''
    const isLast = index === wish.addresses.length - 1
    abandonAttempt = tryOne(wish, address, isLast ? undefined : wish.timeout / wish.addresses.length, {
      ready: (socket) => events.ready(socket),
      data: (bytes) => events.data(bytes),
      drained: () => events.drained(),
      unreachable(detail) {
        if (!isLast) return attempt(index + 1)
        isOver = true
        events.closed('network', detail)
      },
      closed(why, detail) {
        isOver = true
        events.closed(why, detail)
      },
    })
  }
  attempt(0)
  return () => {
    if (isOver) return
    isOver = true
    abandonAttempt()
  }
}

interface AttemptEvents extends ConnectionEvents {
  /** There was no connection at all: another address may do. */
  unreachable(detail: string): void
}

function tryOne(wish: Connecting, address: string, patience: number | undefined, events: AttemptEvents): Abandon {
  const { place, skipVerify } = wish
  let socket: Socket<undefined> | undefined
  let isOver = false
  const timer =
    patience === undefined ? undefined : setTimeout(() => end(() => events.unreachable('no answer in time')), patience)

  function end(tell: () => void): void {
    if (isOver) return
    isOver = true
    clearTimeout(timer)
    socket?.terminate()
    tell()
  }
  const lost = (detail: string): void =>
    end(() => (socket ? events.closed('network', detail) : events.unreachable(`${address}: ${detail}`)))

  const handlers = {
    open(opened: Socket<undefined>) {
      // It may come after its time.
      if (isOver) return void opened.terminate()
      clearTimeout(timer)
      socket = opened
      if (!place.secure) events.ready(opened)
    },
    handshake(shaken: Socket<undefined>, isGood: boolean, error: Error | null) {
      if (isOver) return
      if (skipVerify ? !isProtocolError(error) : isGood && !error) return events.ready(shaken)
      const why = isProtocolError(error) ? 'network' : 'certificate'
      end(() => events.closed(why, error?.message ?? 'the TLS handshake failed'))
    },
    data(_: Socket<undefined>, bytes: Uint8Array) {
      if (!isOver) events.data(bytes)
    },
    drain() {
      if (!isOver) events.drained()
    },
    close: () => lost('the connection was closed'),
    error: (_: Socket<undefined>, error: Error) => lost(error.message),
    connectError: (_: Socket<undefined>, error: Error) => lost(error.message),
  }
  const tls = place.secure ? { tls: tlsOptions(wish) } : {}
  Bun.connect({ hostname: address, port: place.port, ...tls, socket: handlers }).catch((error: unknown) => {
    lost(error instanceof Error ? error.message : 'could not connect')
  })
  return () => end(() => {})
}

/** Whether there is no TLS connection at all, as against one to a server that could not be verified. */
const isProtocolError = (error: Error | null): boolean => error !== null && 'code' in error && error.code === 'EPROTO'

function tlsOptions({ place: { hostname }, skipVerify, authorities }: Connecting) {
  return {
    rejectUnauthorized: !skipVerify,
    // The name counts, not the address that it led to. Addresses are no names for SNI (RFC 6066, section 3).
    ...(isIP(hostname) === 0 ? { serverName: hostname } : {}),
    ...(authorities === undefined ? {} : { ca: authorities }),
  }
}
