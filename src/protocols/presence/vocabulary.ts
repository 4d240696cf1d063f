/** What the presence front end is told of who connects, and what it asks and notes. */
import type { IceServer } from '../../auth/ice-servers.ts'
import type { Vocabulary } from '../front-end.ts'
import type { PresenceFact } from './facts.ts'
import type { Identity } from './names.ts'
import type { Incoming } from './wire.ts'

export interface PresenceArrival {
  /** As `addressKey` has it. */
  readonly address: string
  readonly identity: Identity
  /** When the token expires; ms since 1970. */
  readonly expires: number
}

export interface Presence extends Vocabulary {
  readonly arrival: PresenceArrival
  readonly incoming: Incoming
  /** There is nothing to tell other nodes: each has its own users. */
  readonly event: never
  /** `user` is what quotas count by. */
  readonly ask: { readonly ask: 'ice-servers'; readonly user: string }
  readonly answer: { readonly answer: 'ice-servers'; readonly iceServers: readonly IceServer[] }
  readonly command: never
  readonly fact: PresenceFact
}
