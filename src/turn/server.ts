/** The TURN server: is told what came in and when, and answers what to do. It neither sees a socket nor reads a clock. */
import type { TransportAddress } from '../lib/ip-address.ts'
import type { TurnAction } from './action.ts'
import type { OpenAllocation } from './allocation.ts'
import type { AllocationEnd, TurnTransport } from './facts.ts'
import type { Client, ClientKey } from './five-tuple.ts'
import type { HookAnswer } from './hook-answers.ts'
import type { Ledger } from './ledger.ts'
import type { TurnSettings } from './settings.ts'

export type TurnActions = readonly TurnAction[]

/** All times are ms since 1970. Each input's actions are done, in order, before the next input. */
export interface TurnServer {
  /** A STUN message, or what was taken for one: the whole of `bytes` from `start` to `end`, which are only looked at during the call. */
  received(bytes: Uint8Array, start: number, end: number, client: Client, now: number): TurnActions
  /** The answers to `bind-relay`. `socket` is any number by which the world knows the socket again. */
  relayBound(client: ClientKey, family: 4 | 6, port: number, socket: number, now: number): TurnActions
  relayFailed(client: ClientKey, family: 4 | 6, port: number, error: string, now: number): TurnActions
  /** The answer to `ask-hook`; undefined when the hook failed. */
  hookAnswered(username: string, answer: HookAnswer | undefined, now: number): TurnActions
  /** The answers to `connect-peer`, and the end of a peer connection. */
  peerConnected(connection: number, now: number): TurnActions
  peerFailed(connection: number, error: string, now: number): TurnActions
  /** A peer has connected to a relay socket of RFC 6062: which connection it is, or undefined if it must be closed. */
  peerArrived(
    allocation: OpenAllocation,
    peer: TransportAddress,
    now: number,
  ): { readonly connection: number | undefined; readonly actions: TurnActions }
  peerClosed(connection: number, now: number): TurnActions
  /** A client's connection is gone. */
  closed(client: ClientKey, now: number): TurnActions
  /** An ICMP error for something that went from this allocation to this peer (RFC 8656 section 11.5). */
  icmpReceived(
    allocation: OpenAllocation,
    peer: TransportAddress,
    icmp: { readonly type: number; readonly code: number; readonly data: number },
    now: number,
  ): TurnActions
  /** Ends what has run out. */
  expired(now: number): TurnActions
  /** When `expired` is to be called next. */
  nextDeadline(): number | undefined
  /** For the way of relayed data. */
  allocationOf(client: ClientKey): OpenAllocation | undefined
  /**
   * Makes a Data indication around data that lies in `bytes` from `start` to `end`: writes what belongs before it into
   * the `indicationHeadroom` octets in front of `start`, padding behind `end`. Returns where the message begins; it ends
   * at `start` plus the padded length.
   */
  wrapData(bytes: Uint8Array, start: number, end: number, peer: TransportAddress): number
  /** New settings; permissions and channels that they forbid are gone, allocations stay. */
  reload(settings: TurnSettings, now: number): TurnActions
  /** From now on nothing new is made. */
  drain(): void
  /** Ends every allocation. */
  endAll(why: AllocationEnd, now: number): TurnActions
  /** Open allocations. */
  readonly size: number
}

/** Header, XOR-PEER-ADDRESS of IPv6, and the header of DATA. */
export const indicationHeadroom = 20 + 24 + 4

/** What the sockets underneath can do. */
export interface Capabilities {
  readonly dontFragment: boolean
}

export interface TurnParts {
  readonly settings: TurnSettings
  readonly ledger: Ledger
  readonly capabilities: Capabilities
  /** The transport of each listener, in the order of their numbers. */
  readonly transports: readonly TurnTransport[]
  /** Octets that nobody can foresee. */
  readonly randomOctets: (length: number) => Uint8Array
  readonly newId: () => string
}
