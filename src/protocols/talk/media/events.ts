/** What the SFU tells: handed on to clients in Talk's words. */
import { assertNever } from '../../../lib/assert-never.ts'
import type { SfuEvent, SfuFailure } from '../../../sfu/sfu.ts'
import { deliver } from '../deliver.ts'
import type { ErrorCode } from '../errors.ts'
import type { State } from '../state.ts'
import { goesOut, sdpOut } from './candidates.ts'
import { closeLeg, forgetLeg, noLongerLost, offerTaken, refuseMedia } from './closing.ts'
import type { Leg } from './legs.ts'
import { availabilityChanged, streamLost } from './renewal.ts'
import { type MediaNews, mediaFrame } from './words.ts'

export function sfuTold(state: State, event: SfuEvent): void {
  if (event.event === 'available') return availabilityChanged(state, event.is)
  const leg = state.legs.get(event.leg)
  // Whoever closed it meanwhile wants to hear no more of it.
  if (!leg) return
  switch (event.event) {
    case 'opened':
      // A subscriber has something only with its first offer: until then it waits for its publisher.
      if (leg.kind === 'subscriber') return
      leg.isOpen = true
      return noLongerLost(state, leg.session, leg.type)
    case 'answer':
    case 'offer': {
      const asked = event.request === undefined ? undefined : state.legs.answered(event.request)
      if (leg.kind === 'publisher' && asked && !offerTaken(state, leg, asked)) return
      const { event: type, sid } = event
      if (leg.kind === 'subscriber') leg.isOpen = true
      const payload = { type, sdp: sdpOut(state, event.sdp) }
      return tell(state, leg, { type, payload, sid, ...(type === 'offer' && event.update ? { update: true } : {}) })
    }
    case 'candidate': {
      const { candidate, sid } = event
      if (!goesOut(state, candidate.candidate)) return
      return tell(state, leg, { type: 'candidate', payload: { candidate }, sid })
    }
    case 'done':
      state.legs.answered(event.request)
      return
    case 'failed':
      return failed(state, leg, event)
    case 'closed':
      if (leg.kind === 'publisher' && event.why === 'lost') streamLost(state, leg)
      return forgetLeg(state, leg, leg.isOpen && event.why !== 'refused' ? 'processing_failed' : 'client_not_found')
    case 'interrupted':
    // Only media proxies ask for these.
    case 'streams':
    case 'receiving':
      return
    default:
      return assertNever(event)
  }
}

function tell(state: State, leg: Leg, news: Omit<MediaNews, 'roomType'>): void {
  const from = leg.kind === 'publisher' ? leg.session.id : leg.publisher
  deliver(state, leg.session, mediaFrame(leg.session, from, { ...news, roomType: leg.type }))
}

function failed(state: State, leg: Leg, { request, why }: Extract<SfuEvent, { readonly event: 'failed' }>): void {
  const asked = state.legs.answered(request)
  if (!asked) return
  refuseMedia(state, asked, codeOf(why, leg))
  if (why === 'unknown leg') return forgetLeg(state, leg, 'client_not_found')
  if (leg.isOpen || state.legs.isAsked(leg)) return
  // What was never there does not stay, but whoever wanted to publish is remembered until there is an SFU.
  if (leg.kind === 'publisher' && why === 'not available') streamLost(state, leg)
  closeLeg(state, leg)
}

/** As the original: what could not be had at all is not found, what went wrong on a leg is a failure. */
function codeOf(why: SfuFailure, leg: Leg): ErrorCode {
  switch (why) {
    case 'unknown leg':
    case 'no publisher':
    case 'not available':
      return 'client_not_found'
    case 'stale sid':
      return 'processing_failed'
    case 'timeout':
    case 'refused':
      return leg.isOpen ? 'processing_failed' : 'client_not_found'
    default:
      return assertNever(why)
  }
}
