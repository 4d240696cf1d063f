/** Which candidates clients and SFU may tell each other, as the operator has it at the moment. */
import { type CandidateLine, mayComeIn, mayGoOut, parseCandidate } from '../../../sfu/candidates.ts'
import type { State } from '../state.ts'

type Passes = (line: CandidateLine) => boolean

/** From clients to the SFU. */
export function filterIn(state: State): Passes {
  const filter = state.settings.media?.().candidates
  return (line) => filter !== undefined && mayComeIn(filter, line)
}

/** From the SFU to clients. */
export function filterOut(state: State): Passes {
  const filter = state.settings.media?.().candidates
  return (line) => filter !== undefined && mayGoOut(filter, line)
}

/** Whether a candidate is dropped without a word. The end of candidates never is. */
export function isDropped(text: string, passes: Passes): boolean {
  const line = parseCandidate(text)
  return line !== 'end' && (line === undefined || !passes(line))
}
