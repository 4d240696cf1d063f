/** What publishers and subscribers work with. */
import type { SfuFailure, SfuLimits } from '../sfu.ts'
import type { Asks, Failure } from './asks.ts'
import type { Desk } from './desk.ts'
import type { Leftovers } from './leftovers.ts'
import type { JanusSession } from './session.ts'
import type { Reply } from './transactions.ts'

export interface Parts {
  readonly desk: Desk
  readonly session: JanusSession
  readonly leftovers: Leftovers
  readonly asks: Asks
  limits(): SfuLimits
  random(count: number): Uint8Array
}

/** What a leg can have waiting; no client needs so much. */
export const mostWaiting = 200

export const failure = (why: SfuFailure, detail: string): Failure => ({ why, detail })

/** Why a request failed, in the words of the port. */
export const failureOf = (reply: Reply & { readonly ok: false }): Failure =>
  failure(reply.why === 'refused' ? 'refused' : reply.why === 'timeout' ? 'timeout' : 'not available', reply.detail)
