/** The TURN server: is told what came in and when, and answers what to do. It neither sees a socket nor reads a clock. */
import type { TransportAddress } from '../lib/ip-address.ts'
import type { TurnAction } from './action.ts'
import { type OpenAllocation, withdraw } from './allocation.ts'
import { createAllocations } from './allocations.ts'
import { uint32At } from './codec/octets.ts'
import type { AllocationEnd, IgnoredReason, TurnTransport } from './facts.ts'
import type { Client, ClientKey } from './five-tuple.ts'
import type { HookAnswer } from './hook-answers.ts'
import type { Ledger } from './ledger.ts'
import { createAnswers } from './requests/answers.ts'
import { abandon, relayBound, relayFailed } from './requests/bind-relays.ts'
import { peerArrived, peerConnected, peerGone } from './requests/connect.ts'
import { createData } from './requests/data.ts'
import { disconnect, disconnectForbidden } from './requests/disconnect.ts'
import { endAllocation } from './requests/end.ts'
import { createPeerConnections } from './requests/peer-connections.ts'
import { createReception } from './requests/reception.ts'
import { rulesOf } from './requests/rules.ts'
import type { Turn } from './requests/turn.ts'
import type { Capabilities, TurnSettings } from './settings.ts'

export type { Capabilities } from './settings.ts'

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
  /** Allocations, those included whose sockets are being bound. */
  readonly size: number
}

/** Header, XOR-PEER-ADDRESS of IPv6, and the header of DATA. */
export const indicationHeadroom = 20 + 24 + 4

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

const ignoredReasons = new Map<string, TurnAction>()

/** Floods of them come: each is made once. */
function ignored(transport: TurnTransport, why: IgnoredReason): TurnAction {
  const key = `${transport} ${why}`
  const known = ignoredReasons.get(key)
  if (known) return known
  const action: TurnAction = { do: 'note', fact: { fact: 'turn-ignored', transport, why } }
  ignoredReasons.set(key, action)
  return action
}

/** Nothing here outlives an input but what `Allocations` and those who wait for the world hold. */
export function createTurnServer(parts: TurnParts): TurnServer {
  let actions: TurnAction[] = []
  const data = createData(parts.randomOctets)
  const turn: Turn = {
    ...parts,
    rules: rulesOf(parts.settings),
    allocations: createAllocations(),
    binds: new Map(),
    connections: createPeerConnections(() => uint32At(parts.randomOctets(4), 0)),
    answers: createAnswers(data.nextTransaction),
    act: (action) => void actions.push(action),
    note: (fact) => void actions.push({ do: 'note', fact }),
    ignore: (transport, why) => void actions.push(ignored(transport, why)),
    isDraining: false,
  }
  const reception = createReception(turn)

  /** Makes a place for what follows from an input. */
  function begin(): TurnActions {
    actions = []
    turn.answers.startOver()
    return actions
  }

  /** For inputs that are not worth a thought about speed. */
  function on<A extends readonly unknown[]>(input: (...given: A) => void): (...given: A) => TurnActions {
    return (...given) => {
      const out = begin()
      input(...given)
      return out
    }
  }

  return {
    received(bytes, start, end, client, now) {
      const out = begin()
      reception.received(bytes, start, end, client, now)
      return out
    },
    relayBound: on((_client, family, port, socket, now) => relayBound(turn, { family, port, socket }, now)),
    relayFailed: on((_client, family, port, error, now) => relayFailed(turn, family, port, error, now)),
    hookAnswered: on(reception.hookAnswered),
    peerConnected: on((connection, now) => peerConnected(turn, connection, now)),
    peerFailed: on((connection) => peerGone(turn, connection)),
    peerArrived(allocation, peer, now) {
      const out = begin()
      return { connection: peerArrived(turn, allocation, peer, now), actions: out }
    },
    peerClosed: on((connection) => peerGone(turn, connection)),
    closed: on((client, now) => {
      reception.closed(client)
      const joined = turn.connections.ofClient(client)
      if (joined) disconnect(turn, joined)
      const allocation = turn.allocations.byClient(client)
      if (allocation?.phase === 'open') endAllocation(turn, allocation, 'connection closed', now)
      else if (allocation) abandon(turn, allocation, now)
    }),
    icmpReceived: on((allocation, peer, icmp, now) => data.reportIcmp(turn, allocation, peer, icmp, now)),
    expired: on((now) => {
      for (let one = turn.allocations.takeExpired(now); one; one = turn.allocations.takeExpired(now)) {
        endAllocation(turn, one, 'not refreshed', now)
      }
      for (let one = turn.connections.takeExpired(now); one; one = turn.connections.takeExpired(now)) {
        disconnect(turn, one)
      }
    }),
    nextDeadline() {
      const [allocation, connection] = [turn.allocations.nextDeadline(), turn.connections.nextDeadline()]
      return allocation === undefined || connection === undefined
        ? (allocation ?? connection)
        : Math.min(allocation, connection)
    },
    allocationOf(client) {
      const allocation = turn.allocations.byClient(client)
      return allocation?.phase === 'open' ? allocation : undefined
    },
    wrapData: data.wrap,
    reload: on((settings) => {
      turn.rules = rulesOf(settings)
      const { mayReach } = turn.rules
      for (const { peers } of turn.allocations.all()) withdraw(peers, (ip, port) => mayReach(ip, port) !== 'allowed')
      disconnectForbidden(turn)
    }),
    drain() {
      turn.isDraining = true
    },
    endAll: on((why, now) => {
      for (const allocation of [...turn.allocations.all()]) endAllocation(turn, allocation, why, now)
      for (const { binding } of [...turn.binds.values()]) abandon(turn, binding.pending, now)
    }),
    get size() {
      return turn.allocations.size
    },
  }
}
