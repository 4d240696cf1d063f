/** What is worth noting of the TURN server and its sockets, and for each such fact the row that says how it is told. */

import type { TurnFact, TurnTransport } from '../turn/facts.ts'
import type { Tellings } from './telling.ts'

/** What the sockets and workers of the TURN server bring up. */
export type TurnWorldFact =
  /** `why` it is this path. */
  | {
      readonly fact: 'turn-listening'
      readonly address: string
      readonly transport: TurnTransport
      readonly path: 'batch' | 'portable'
      readonly why: string
    }
  | {
      readonly fact: 'turn-connection-refused'
      readonly transport: 'tcp' | 'tls'
      readonly why: 'garbage' | 'no allocation in time' | 'too many without allocation' | 'tls handshake' | 'too slow'
      readonly address: string
    }

export const turnTellings = {
  'turn-listening': { level: 'info', text: 'TURN server listening' },
  'turn-connection-refused': {
    level: 'debug',
    text: 'a connection of a TURN client was closed',
    counts: ['heliograph_turn_connections_refused_total'],
  },
  'turn-binding-answered': {
    level: 'trace',
    text: 'STUN Binding answered',
    counts: ['heliograph_turn_binding_answers_total'],
  },
  'turn-challenged': {
    level: 'debug',
    text: 'a TURN client was asked for credentials',
    counts: ['heliograph_turn_challenges_total'],
  },
  'turn-refused': {
    level: 'debug',
    text: 'a request of a TURN client was refused',
    counts: ['heliograph_turn_refusals_total'],
  },
  'turn-quota-reached': {
    level: 'info',
    text: 'allocation refused: there are as many as the quota allows',
    counts: ['heliograph_turn_quota_reached_total'],
    hides: ['user'],
  },
  'turn-ports-exhausted': {
    level: 'warn',
    text: 'allocation refused: no relay port is free',
    counts: ['heliograph_turn_ports_exhausted_total'],
  },
  'turn-peer-refused': {
    level: 'debug',
    text: 'a peer was refused',
    counts: ['heliograph_turn_peers_refused_total'],
  },
  'turn-ignored': {
    level: 'debug',
    text: 'something from a TURN client or peer was dropped',
    counts: ['heliograph_turn_ignored_total'],
  },
  'turn-hook-failed': {
    level: 'warn',
    text: 'authurl gave no usable answer',
    counts: ['heliograph_turn_hook_failures_total'],
  },
  'turn-bind-failed': {
    level: 'warn',
    text: 'a relay port could not be bound',
    counts: ['heliograph_turn_bind_failures_total'],
  },
  'turn-allocated': {
    level: 'info',
    text: 'allocation made',
    counts: ['heliograph_turn_allocations_total'],
    hides: ['user', 'address'],
  },
  'turn-ended': {
    level: 'info',
    text: 'allocation ended',
    counts: ['heliograph_turn_ended_total'],
    measures: { histogram: 'heliograph_turn_allocation_seconds', field: 'seconds' },
    hides: ['user', 'address'],
  },
} as const satisfies Tellings<TurnFact | TurnWorldFact>
