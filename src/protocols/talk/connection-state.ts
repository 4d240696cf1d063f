/** What is known of one connection before and besides its session. */
import type { ConnectionId } from '../../core/ids.ts'
import type { Peer } from '../front-end.ts'
import type { ClientMessageOf } from './messages/index.ts'
import type { ClientSession } from './session.ts'
import type { Incoming } from './wire.ts'

/**
 * Where a connection stands. In `waiting` a hello is being checked or its refusal held back; `ended` is
 * about to close; so is `replaced`, whose session goes on with another connection as soon as this one has handed over
 * what it did not deliver.
 */
export type Phase =
  | { readonly phase: 'greeting' }
  | { readonly phase: 'waiting' }
  | { readonly phase: 'open'; readonly session: ClientSession }
  | { readonly phase: 'ended' }
  | {
      readonly phase: 'replaced'
      readonly session: ClientSession
      readonly heir: ConnectionId
      readonly hello: HelloMessage
    }

/** A frame that is no message; it has its turn like any other. */
export interface Garbled {
  readonly type: 'garbled'
  readonly id: string | undefined
  readonly fault: string
}

export interface Connection {
  readonly id: ConnectionId
  readonly peer: Peer
  phase: Phase
  /** The number of the question whose answer the next message has to wait for. */
  awaits: number | undefined
  /** What came in meanwhile, in order. */
  readonly inbox: (Incoming | Garbled)[]
}

export type HelloMessage = ClientMessageOf<'hello'>
export type JoinMessage = ClientMessageOf<'room'>
