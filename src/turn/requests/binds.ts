/** Allocations whose sockets are being bound, and what they are to become. */
import type { Granted, PendingAllocation, Relay } from '../allocation.ts'
import type { Wish } from '../ports.ts'
import type { Holder } from '../quota.ts'
import type { AnswerTo } from './answers.ts'

/** What an Allocate request asks for. */
export interface Wanted {
  readonly protocol: 'udp' | 'tcp'
  readonly families: readonly (4 | 6)[]
  readonly lacking: Granted['lacking']
  readonly wish: Wish
  readonly token: Uint8Array | undefined
  /** Seconds. */
  readonly lifetime: number
}

/** All the sockets of one pending allocation. */
export interface Binding {
  readonly pending: PendingAllocation
  readonly answerTo: AnswerTo
  readonly holder: Holder
  readonly wanted: Wanted
  lacking: Granted['lacking']
  readonly bound: Relay[]
  /** Sockets that the world has not said anything about yet. */
  awaited: number
  /** The client has gone: what is bound now is closed again. */
  isAbandoned: boolean
}

/** A socket that is being bound, by its port. */
export type BindsUnderWay = Map<number, Attempt>

export interface Attempt {
  readonly binding: Binding
  readonly family: 4 | 6
  readonly port: number
  readonly attempts: number
}
