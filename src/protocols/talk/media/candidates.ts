/** Which candidates clients and SFU may tell each other, as the operator has it at the moment. */
import { type CandidateLine, mayComeIn, mayGoOut, parseCandidate } from '../../../sfu/candidates.ts'
import { filterSdp } from '../../../sfu/sdp.ts'
import type { State } from '../state.ts'

const none = { allowed: [], blocked: [] }

/** Whether a candidate of a client goes on to the SFU; the end of candidates always does. */
export function comesIn(state: State, line: CandidateLine | 'end'): boolean {
  return line === 'end' || mayComeIn(state.settings.media?.().candidates ?? none, line)
}

/** A description of a client's as the SFU gets it. */
export const sdpIn = (state: State, sdp: string): string => filterSdp(sdp, (line) => comesIn(state, line))

/** Whether a candidate of the SFU goes on to a client. Its end does not: Talk's web client cannot read it. */
export function goesOut(state: State, text: string): boolean {
  if (text === '') return false
  const filter = state.settings.media?.().candidates ?? none
  // The SFU is ours: without a range to look for there is nothing to look at.
  if (filter.blocked.length === 0) return true
  const line = parseCandidate(text)
  return line === 'end' || line === undefined || mayGoOut(filter, line)
}

/** A description of the SFU's as clients get it. */
export function sdpOut(state: State, sdp: string): string {
  const filter = state.settings.media?.().candidates ?? none
  return filter.blocked.length === 0 ? sdp : filterSdp(sdp, (line) => mayGoOut(filter, line))
}
