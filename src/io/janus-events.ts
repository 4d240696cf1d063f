/** The WebSockets on which the event handler of a Janus tells what happens to its peer connections. */
import type { ConnectionId } from '../core/ids.ts'
import { contains, parseIpRange } from '../lib/ip-range.ts'
import type { SfuFact } from '../sfu/facts.ts'
import { type Bandwidth, createMediaReports } from '../sfu/janus/media-reports.ts'
import { admitSocket, type Gate } from './admit-socket.ts'
import { now } from './clock.ts'
import type { Route } from './router.ts'
import type { Refusal } from './socket-data.ts'
import { type Arrival, createSockets } from './sockets.ts'

/** In bytes; Janus puts up to a hundred events into one message, and one may hold a whole SDP. */
export const longestEventsMessage = 524_288

export interface JanusEvents extends Disposable {
  /** Takes the event handler of a Janus nearby; whoever else asks for it learns why not. */
  readonly connect: Route
  /** Undefined while no event handler is connected. */
  bandwidth(): Bandwidth | undefined
  /** Of one handle of Janus. */
  bandwidthOf(handle: number): Bandwidth | undefined
  closeAll(code: number, reason: string): void
  /** Resolves when the last of the sockets is gone. */
  emptied(): Promise<void>
}

interface Reporter extends Arrival {
  readonly ip: string
}

const notEvents = 1007

/** `headers` are those that every answer carries. */
export function createJanusEvents(
  gate: Gate,
  note: (fact: SfuFact, times?: number) => void,
  headers: Headers,
): JanusEvents {
  const reports = createMediaReports()
  const reporters = new Map<ConnectionId, Reporter>()

  function taken(id: ConnectionId, text: string): void {
    const read = reports.received(text, now())
    if (!read.ok) return odd(id, read.error)
    for (const { fact, times } of read.value) note(fact, times)
  }

  function odd(id: ConnectionId, fault: string): void {
    note({ fact: 'janus-events-odd', fault })
    sockets.close(id, notEvents, 'no events of Janus')
  }

  const sockets = createSockets<Reporter>(
    // Nothing is ever said to it.
    { bytes: 0, messages: 0 },
    {
      opened(id, reporter) {
        reporters.set(id, reporter)
        note({ fact: 'janus-events-opened', address: reporter.ip })
      },
      text: taken,
      binary: (id) => odd(id, 'a binary frame'),
      closed(id) {
        const reporter = reporters.get(id)
        if (reporter) note({ fact: 'janus-events-closed', address: reporter.ip })
        reporters.delete(id)
      },
      overflowed: () => {},
    },
    () => {},
    { longestMessage: longestEventsMessage },
  )

  const answer = eventsAnswer(headers)
  return {
    connect: (request, address, server) =>
      admitSocket(gate, sockets, { request, server, address }, (key) => ({ address: key, ip: address }), {
        headers: answer,
        refusal: isNearby(address) ? undefined : tooFar,
      }),
    bandwidth: () => (reporters.size === 0 ? undefined : reports.bandwidth(now())),
    bandwidthOf: (handle) => (reporters.size === 0 ? undefined : reports.bandwidthOf(handle, now())),
    closeAll: sockets.closeAll,
    emptied: sockets.emptied,
    [Symbol.dispose]: () => sockets[Symbol.dispose](),
  }
}

/** Whether a request for a WebSocket comes from an event handler of Janus. */
export const asksForEvents = (request: Request): boolean =>
  /(?:^|,)\s*janus-events\s*(?:,|$)/.test(request.headers.get('sec-websocket-protocol') ?? '')

/** What the answer to it carries. */
export const eventsAnswer = (headers: Headers): Headers =>
  new Headers([...headers, ['sec-websocket-protocol', 'janus-events']])

/** For a server without a Janus to report on. */
export const noJanus = (address: string): Refusal =>
  isNearby(address) ? { code: 1011, reason: 'no Janus is configured' } : tooFar

const tooFar: Refusal = { code: 1008, reason: 'only for loopback and private addresses' }
const isNearby = (address: string): boolean => contains(nearby, address)
const nearby = ['127.0.0.0/8', '::1', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']
  .map(parseIpRange)
  .filter((range) => range !== undefined)
