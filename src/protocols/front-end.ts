/** The one shape that every protocol has: inputs say what happened, effects say what to do. */
import type { Address } from '../core/address.ts'
import type { ConnectionId } from '../core/ids.ts'
import type { Frame } from '../core/mailbox.ts'

/** The words of one protocol: what is told between sessions, asked of the world, and worth noting. */
export interface Vocabulary {
  /** What is known of who connects when he does: from the request that became the connection. */
  readonly arrival: unknown
  readonly incoming: unknown
  readonly event: unknown
  readonly ask: unknown
  readonly answer: unknown
  /** What another part of this server is to do; what comes of it is an input of the front end's own. */
  readonly command: unknown
  readonly fact: unknown
}

export type Effect<V extends Vocabulary> =
  | { readonly do: 'send'; readonly to: readonly ConnectionId[]; readonly frame: Frame }
  | { readonly do: 'close'; readonly to: ConnectionId; readonly code: number; readonly reason: string }
  /** For the sessions on other nodes that the address stands for; those here know already. Arrives there as `told`. */
  | { readonly do: 'tell'; readonly to: Address; readonly event: V['event'] }
  /** A question to the world; its answer comes back as `answered` with the same number, exactly once. */
  | { readonly do: 'ask'; readonly number: number; readonly ask: V['ask'] }
  /** An order to another part of this server: to the SFU, to a link to another server. */
  | { readonly do: 'command'; readonly command: V['command'] }
  /** The answer to a request that came in over HTTP. */
  | { readonly do: 'reply'; readonly to: number; readonly status: number; readonly body: string }
  /** One log line and one counter. */
  | { readonly do: 'note'; readonly fact: V['fact'] }

export type Effects<V extends Vocabulary> = readonly Effect<V>[]

/** Who is at the other end of a connection. */
export interface Peer {
  /** What failures are counted by: the IPv4 address, or the /64 of an IPv6 address. */
  readonly address: string
  readonly userAgent: string
  /** Two letters, upper case, if it is known where the address is. */
  readonly country?: string | undefined
}

export type Decoded<M> =
  | { readonly ok: true; readonly value: M }
  /** `id` is that of the request, if it could be read. */
  | { readonly ok: false; readonly id: string | undefined; readonly fault: string }

/**
 * One wire protocol. Every call is synchronous; nothing behind this interface reads a clock, a socket or a random
 * number. Times are milliseconds, all of the same clock.
 */
export interface FrontEnd<V extends Vocabulary> {
  readonly name: string
  decode(text: string): Decoded<V['incoming']>
  opened(id: ConnectionId, arrival: V['arrival'], now: number): Effects<V>
  received(id: ConnectionId, message: V['incoming'], now: number): Effects<V>
  garbled(id: ConnectionId, request: string | undefined, fault: string, now: number): Effects<V>
  told(to: Address, event: V['event'], now: number): Effects<V>
  answered(number: number, answer: V['answer'], now: number): Effects<V>
  /** The connection is gone; `undelivered` is what had been sent to it and never left. */
  closed(id: ConnectionId, undelivered: readonly Frame[], now: number): Effects<V>
  /** The peer reads too slowly: more waits for it than the bound allows. */
  overflowed(id: ConnectionId, now: number): Effects<V>
  expired(now: number): Effects<V>
  nextDeadline(): number | undefined
}
