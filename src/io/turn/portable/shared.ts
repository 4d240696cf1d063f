/** What the parts of one portable worker have in common. */
import type { ClientKey } from '../../../turn/five-tuple.ts'
import type { TurnServer } from '../../../turn/server.ts'
import type { TurnSettings } from '../../../turn/settings.ts'
import type { Counters } from '../counters.ts'
import type { WorkerParts } from '../world.ts'
import type { Addresses } from './addresses.ts'
import type { Inputs } from './inputs.ts'
import type { Tick } from './tick.ts'

export interface Shared {
  readonly server: TurnServer
  readonly inputs: Inputs
  readonly tick: Tick
  readonly addresses: Addresses
  readonly counters: Counters
  readonly note: WorkerParts['note']
  readonly now: () => number
  /** Those of now: a reload changes them. */
  readonly settings: () => TurnSettings
}

/** Takes ChannelData of a client. What is `lent` is copied if it has to wait. */
export type FromClient = (key: ClientKey, bytes: Uint8Array, start: number, end: number, isLent: boolean) => void
