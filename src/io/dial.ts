/**
 * A WebSocket of ours to another server, which may be hostile: names are resolved before anything is connected, no
 * redirects, no compression, no binary frames, and everything bounded.
 */
import type { Socket } from 'bun'
import { addressesOf, type Place, placeOf } from './websocket/address.ts'
import { type Abandon, connect } from './websocket/connect.ts'
import { type Arrived, closePayload, createFrameReader, encodeFrame } from './websocket/frames.ts'
import { encodeUpgrade, readUpgrade } from './websocket/upgrade.ts'

export interface DialTarget {
  /** ws or wss; http and https are taken for them. */
  readonly url: string
  readonly subprotocol?: string | undefined
  /** Where the host of the URL is, in place of what the DNS says; the certificate is still that of the name. */
  readonly address?: string | undefined
  /** Accepts any certificate. */
  readonly skipVerify?: boolean | undefined
  /** PEM of authorities to trust in place of the built-in ones. */
  readonly authorities?: string | undefined
  /** ms until it has to be open. */
  readonly timeout: number
  /** Bytes of a message that comes. */
  readonly longestMessage: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Asked about each address before it is connected to. */
  readonly mayReach?: ((address: string) => boolean) | undefined
  /** Bytes that may wait to be sent; 4 MiB unless told. */
  readonly longestQueue?: number | undefined
  /**
   * ms for which frames wait for each other after a write; 0 unless told. The first after a pause does not wait.
   * Where many small messages are said at about the same time, most of their cost is the number of writes.
   */
  readonly gather?: number | undefined
  /** ms between two pings; whoever is silent for a whole turn after one is gone. 30 s unless told. */
  readonly pingEvery?: number | undefined
}

export interface DialFailure {
  /** `closed`: the other end said farewell. */
  readonly why: 'certificate' | 'network' | 'forbidden' | 'closed'
  readonly detail: string
  /** Of its close frame. */
  readonly code?: number | undefined
}

/** Never called from within `dial` or `send`, and never after `close`. */
export interface DialEvents {
  opened(): void
  text(text: string): void
  /** Once, and the last. */
  closed(failure: DialFailure): void
}

export interface Dialled {
  /** False unless it is open and the message could be queued. */
  send(text: string): boolean
  /** Says farewell after everything that was sent; nothing is heard any more. */
  close(code?: number, reason?: string): void
  /** Resolves when nothing of it is left, whoever ended it. */
  readonly gone: Promise<void>
}

type Phase = 'connecting' | 'upgrading' | 'open' | 'closing' | 'over'

const defaultQueue = 4_194_304
const defaultPingEvery = 30_000
/** How long (ms) a farewell may take. */
const farewell = 2_000
/** Pings and pongs that the other end may send between two pings of ours. */
const mostControls = 1_000
const none = new Uint8Array(0)

export function dial(target: DialTarget, events: DialEvents): Dialled {
  const gone = Promise.withResolvers<void>()
  const key = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64')
  const reader = createFrameReader(target.longestMessage)
  const writer = createWriter(target.longestQueue ?? defaultQueue, target.gather ?? 0)
  let phase: Phase = 'connecting'
  let abandon: Abandon = () => {}
  let head = none
  let isHeard = true
  let controls = 0
  let pinging: ReturnType<typeof setInterval> | undefined
  let limit = setTimeout(() => fail({ why: 'network', detail: 'no answer in time' }), target.timeout)

  async function begin(): Promise<void> {
    if (phase !== 'connecting') return
    const place = placeOf(target.url)
    if (!place) return fail({ why: 'network', detail: 'not the URL of a WebSocket' })
    const { host, path } = place
    const request = encodeUpgrade({ host, path, key, subprotocol: target.subprotocol, headers: target.headers })
    const found = await addressesOf(place.hostname, target.address, target.mayReach ?? (() => true))
    if (phase !== 'connecting') return
    if (!found.ok) return fail(found.error)
    reach(place, found.value, request)
  }

  function reach(place: Place, addresses: readonly string[], request: Uint8Array): void {
    const { timeout, skipVerify = false, authorities } = target
    abandon = connect(
      { place, addresses, timeout, skipVerify, authorities },
      {
        ready(socket) {
          phase = 'upgrading'
          writer.begin(socket)
          writer.add(request)
        },
        data: take,
        drained() {
          writer.flush()
          if (phase === 'closing') writer.end()
        },
        closed: (why, detail) => fail({ why, detail }),
      },
    )
  }

  function take(bytes: Uint8Array): void {
    isHeard = true
    if (phase === 'open') return reader.push(bytes, arrived)
    if (phase !== 'upgrading') return
    head = head.length === 0 ? bytes.slice() : Buffer.concat([head, bytes])
    const read = readUpgrade(head, { key, subprotocol: target.subprotocol })
    if (!read) return
    head = none
    if (!read.ok) return fail({ why: 'network', detail: read.error })
    phase = 'open'
    clearTimeout(limit)
    pinging = setInterval(ping, target.pingEvery ?? defaultPingEvery)
    events.opened()
    reader.push(read.value.rest, arrived)
  }

  function arrived(what: Arrived): 'go on' | 'stop' {
    if (phase !== 'open') return 'stop'
    switch (what.is) {
      case 'text':
        events.text(what.text)
        break
      case 'ping':
        if (!isEndless()) put('pong', what.payload)
        break
      case 'pong':
        isEndless()
        break
      case 'close':
        put('close', what.code === 1005 ? none : closePayload(what.code, ''))
        leave()
        events.closed({ why: 'closed', detail: what.reason, code: what.code })
        break
      case 'fault':
        put('close', closePayload(what.code, what.why))
        leave()
        events.closed({ why: 'network', detail: what.why })
    }
    return 'go on'
  }

  /** Too many of them end it, because each costs us as much as a message. */
  function isEndless(): boolean {
    controls += 1
    if (controls <= mostControls) return false
    put('close', closePayload(1008, 'pings or pongs without end'))
    leave()
    events.closed({ why: 'network', detail: 'pings or pongs without end' })
    return true
  }

  function ping(): void {
    if (!isHeard) return fail({ why: 'network', detail: 'the other end keeps silent' })
    isHeard = false
    controls = 0
    put('ping', none)
  }

  /** False if there is no more room: then it is over, because the other end does not read. */
  function put(kind: 'text' | 'close' | 'ping' | 'pong', payload: string | Uint8Array): boolean {
    if (writer.add(encodeFrame(kind, payload, randomMask()))) return true
    // Whoever sends is not told in the middle of it.
    queueMicrotask(() => fail({ why: 'network', detail: 'the other end does not read' }))
    return false
  }

  function fail(failure: DialFailure): void {
    if (phase === 'over') return
    const isHeardOf = phase !== 'closing'
    finish()
    if (isHeardOf) events.closed(failure)
  }

  /** Leaves a moment for what is still to be sent; then it is over in any case. */
  function leave(): void {
    phase = 'closing'
    clearTimeout(limit)
    clearInterval(pinging)
    limit = setTimeout(finish, farewell)
    writer.end()
  }

  function finish(): void {
    phase = 'over'
    clearTimeout(limit)
    clearInterval(pinging)
    writer.end()
    abandon()
    gone.resolve()
  }

  // Not at once: whoever dials is not told before it has what it is told of.
  Promise.resolve()
    .then(begin)
    .catch((error: unknown) => fail({ why: 'network', detail: String(error) }))
  return {
    send: (text) => phase === 'open' && put('text', text),
    close(code = 1000, reason = '') {
      if (phase === 'over' || phase === 'closing') return
      if (phase !== 'open') return finish()
      writer.add(encodeFrame('close', closePayload(code, reason), randomMask()))
      leave()
    },
    gone: gone.promise,
  }
}

interface Writer {
  begin(socket: Socket<undefined>): void
  /** False if it could not be queued. */
  add(bytes: Uint8Array): boolean
  flush(): void
  /** Ends our side once nothing waits any more. */
  end(): void
}

/** Bytes that are worth a write of their own. */
const largeEnough = 65_536

/**
 * What is sent in one turn of the event loop leaves in one write, and so does what follows within `gather` ms of it: a
 * call of the system costs more than a frame.
 */
function createWriter(most: number, gather: number): Writer {
  let socket: Socket<undefined> | undefined
  let waiting: Uint8Array[] = []
  let length = 0
  let isDue = false
  /** The socket takes no more until it has drained. */
  let isFull = false

  let writtenAt = 0

  function flush(): void {
    isDue = false
    const [first] = waiting
    if (!socket || !first) return
    const bytes = waiting.length === 1 ? first : Buffer.concat(waiting, length)
    const written = Math.max(0, socket.write(bytes))
    if (gather > 0) writtenAt = performance.now()
    length -= written
    waiting = written < bytes.length ? [bytes.subarray(written)] : []
    isFull = waiting.length > 0
  }

  return {
    begin(opened) {
      socket = opened
    },
    add(bytes) {
      if (length + bytes.length > most && !isFull) flush()
      if (length + bytes.length > most) return false
      waiting.push(bytes)
      length += bytes.length
      if (isFull) return true
      if (length >= largeEnough) flush()
      else if (!isDue) {
        isDue = true
        const pause = gather > 0 ? writtenAt + gather - performance.now() : 0
        if (pause > 0) setTimeout(flush, pause)
        else setImmediate(flush)
      }
      return true
    },
    flush,
    end() {
      if (!isFull) flush()
      if (waiting.length > 0) return
      socket?.end()
      socket = undefined
    },
  }
}

/** Masks are drawn from a store, because each one by itself would cost more than the frame. */
const masks = new Uint8Array(4096)
let nextMask = masks.length
function randomMask(): Uint8Array {
  if (nextMask === masks.length) {
    crypto.getRandomValues(masks)
    nextMask = 0
  }
  nextMask += 4
  return masks.subarray(nextMask - 4, nextMask)
}
