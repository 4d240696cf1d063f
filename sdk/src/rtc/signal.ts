/** What two ends of a peer connection tell each other, whatever protocol carries it. */
import { isObject, numberAt, textAt } from '../core/json.ts'

export interface Description {
  readonly type: 'offer' | 'answer'
  readonly sdp: string
}

export interface Candidate {
  readonly candidate: string
  readonly sdpMid: string | null
  readonly sdpMLineIndex: number | null
  readonly usernameFragment?: string | null
}

export interface DescriptionSignal {
  readonly kind: 'description'
  readonly description: Description
  /** That of the offer, repeated by its answer. Other programs send none. */
  readonly number?: number | undefined
  /** Which peer connection of the sender's this is: another one begins anew. Other programs send none. */
  readonly link?: string | undefined
}

export type Signal =
  | DescriptionSignal
  /** Null: no more candidates follow. */
  | { readonly kind: 'candidate'; readonly candidate: Candidate | null }
  | { readonly kind: 'bye' }

/** Reads a description that others sent. */
export function readDescription(value: unknown): Description | undefined {
  const [type, sdp] = [textAt(value, 'type'), textAt(value, 'sdp')]
  return (type === 'offer' || type === 'answer') && sdp !== undefined ? { type, sdp } : undefined
}

/** Reads a candidate that others sent; null, or an empty one, says that no more follow. */
export function readCandidate(value: unknown): Candidate | null | undefined {
  if (value === null) return null
  const candidate = textAt(value, 'candidate')
  if (!isObject(value) || candidate === undefined) return undefined
  if (candidate === '') return null
  const usernameFragment = textAt(value, 'usernameFragment')
  return {
    candidate,
    sdpMid: textAt(value, 'sdpMid') ?? null,
    sdpMLineIndex: numberAt(value, 'sdpMLineIndex') ?? null,
    ...(usernameFragment === undefined ? {} : { usernameFragment }),
  }
}
