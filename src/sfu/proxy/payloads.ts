/** What is said on a leg, as the payloads of the proxy protocol carry it: both ways, for both sides. */
import type { Saying } from '../sfu.ts'
import type { Candidate, Selection } from '../stream.ts'
import { CandidatePayload, Description, type Payload } from './messages.ts'

type Body = Readonly<Record<string, unknown>>

/** Type and body of the payload that says it; the signaling server's side. */
export function payloadOf(saying: Saying): { readonly type: string; readonly payload?: Body } {
  switch (saying.say) {
    case 'offer':
    case 'answer':
      return { type: saying.say, payload: description(saying.say, saying.sdp) }
    case 'candidate':
      return saying.candidate.candidate === ''
        ? { type: 'endOfCandidates' }
        : { type: 'candidate', payload: { candidate: saying.candidate } }
    case 'request-offer':
      // The original's proxies do not look at the selection.
      return saying.selection ? { type: 'requestoffer', payload: { ...saying.selection } } : { type: 'requestoffer' }
    case 'select':
      return { type: 'selectStream', payload: { ...saying.selection } }
  }
}

/** What a payload says; the proxy's side. Undefined: unknown or unusable. An end of candidates is an empty candidate. */
export function sayingOf({ type, payload }: Payload): Saying | undefined {
  switch (type) {
    case 'offer':
    case 'answer': {
      const sdp = sdpIn(payload)
      return sdp === undefined ? undefined : { say: type, sdp }
    }
    case 'candidate': {
      const candidate = candidateIn(payload)
      return candidate && { say: 'candidate', candidate }
    }
    case 'endOfCandidates':
      return { say: 'candidate', candidate: { candidate: '' } }
    case 'requestoffer':
    case 'sendoffer': {
      const selection = selectionIn(payload)
      return selection && { say: 'request-offer', selection: isEmpty(selection) ? undefined : selection }
    }
    case 'selectStream': {
      const selection = selectionIn(payload)
      return selection && { say: 'select', selection }
    }
    default:
      return undefined
  }
}

/** The body of an answer that is a session description. */
export const description = (type: 'offer' | 'answer', sdp: string): Body => ({ type, sdp })

/** The body of an offer that nobody asked for. */
export const unaskedOffer = (sdp: string): Body => ({ offer: description('offer', sdp) })

export const candidateBody = (candidate: Candidate): Body => ({ candidate })

export function sdpIn(payload: unknown): string | undefined {
  return Description.safeParse(payload).data?.sdp
}

export function candidateIn(payload: unknown): Candidate | undefined {
  return CandidatePayload.safeParse(payload).data?.candidate
}

/** Numbers may come with a fraction, as the original takes them; undefined if one is of another kind. */
function selectionIn(payload: Payload['payload']): Selection | undefined {
  const { substream, temporal, audio, video } = payload ?? {}
  if (!isAbsentOr(substream, 'number') || !isAbsentOr(temporal, 'number')) return undefined
  if (!isAbsentOr(audio, 'boolean') || !isAbsentOr(video, 'boolean')) return undefined
  return {
    ...(typeof substream === 'number' ? { substream: Math.trunc(substream) } : {}),
    ...(typeof temporal === 'number' ? { temporal: Math.trunc(temporal) } : {}),
    ...(typeof audio === 'boolean' ? { audio } : {}),
    ...(typeof video === 'boolean' ? { video } : {}),
  }
}

const isAbsentOr = (value: unknown, type: 'number' | 'boolean'): boolean => value === undefined || typeof value === type
const isEmpty = (selection: Selection): boolean => Object.keys(selection).length === 0
