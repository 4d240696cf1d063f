/** The end of legs: because somebody leaves, may no longer publish, stops sharing, or because the SFU ended them. */
import type { StreamType } from '../../../sfu/stream.ts'
import { send } from '../deliver.ts'
import { type ErrorCode, errorReply } from '../errors.ts'
import type { ClientSession, Session } from '../session.ts'
import type { State } from '../state.ts'
import type { Leg, MediaRequest, PublisherLeg } from './legs.ts'
import { mayPublish } from './permissions.ts'

export function closeLeg(state: State, leg: Leg, unheard?: Session): void {
  state.order({ do: 'close', leg: leg.id })
  forgetLeg(state, leg, 'client_not_found', unheard)
}

/** A leg that the SFU does not have any more. What was asked on it and not answered is refused now, if anybody hears it. */
export function forgetLeg(state: State, leg: Leg, code: ErrorCode, unheard?: Session): void {
  for (const request of state.legs.remove(leg)) if (request.asker !== unheard) refuseMedia(state, request, code)
}

/** 1.12: whoever leaves the call or the room sends and receives nothing any more, and nobody waits for his streams. */
export function closeLegs(state: State, session: Session, is: 'here' | 'gone' = 'here'): void {
  const { legs } = state
  const unheard = is === 'gone' ? session : undefined
  // Those who receive go first: they are not to be told to wait.
  for (const leg of legs.subscribersOf(session.id)) closeLeg(state, leg, unheard)
  for (const leg of legs.of(session.id)) closeLeg(state, leg, unheard)
  state.lostStreams.delete(session.id)
}

/** Permissions changed: what the session may no longer send ends at once. */
export function revoke(state: State, session: ClientSession): void {
  for (const leg of state.legs.of(session.id)) if (leg.kind === 'publisher') revokeLeg(state, leg)
}

/** The SFU took an offer: what it sends is what is sent now. False if a permission for it went meanwhile: then it ends. */
export function offerTaken(state: State, leg: PublisherLeg, asked: MediaRequest): boolean {
  leg.media = asked.media ?? leg.media
  const isRevoked = revokeLeg(state, leg)
  if (isRevoked) refuseMedia(state, asked, 'not_allowed')
  return !isRevoked
}

function revokeLeg(state: State, leg: PublisherLeg): boolean {
  const { session, type, media } = leg
  if (mayPublish(session, type, media)) return false
  state.note({ fact: 'stream-revoked', session: session.id, type })
  closeLeg(state, leg)
  return true
}

/** How long (ms) after it was said that a screen is no longer shared its stream ends, if the client did not end it. */
const unshareDelay = 1_000

/** Not every browser ends the connection of a screen that it stops sharing. */
export function unshareSoon(state: State, session: ClientSession): void {
  noLongerLost(state, session, 'screen')
  const leg = state.legs.publisher(session.id, 'screen')
  if (leg) state.deadlines.set(`unshared ${leg.id}`, state.now() + unshareDelay, { due: 'unshared', leg: leg.id })
}

/** It is published again, or nobody wants it back. */
export function noLongerLost(state: State, session: ClientSession, type: StreamType): void {
  const streams = state.lostStreams.get(session.id)
  streams?.delete(type)
  if (streams?.size === 0) state.lostStreams.delete(session.id)
}

/** Ends a stream for good: it has no subscribers who would wait for it. */
export function closeStream(state: State, leg: PublisherLeg): void {
  for (const other of state.legs.subscribersOf(leg.session.id)) if (other.type === leg.type) closeLeg(state, other)
  closeLeg(state, leg)
}

/** Tells who asked that it came to nothing, if he is still here. */
export function refuseMedia(
  state: State,
  { asker, id, leg }: Pick<MediaRequest, 'asker' | 'id'> & { readonly leg: { readonly type: StreamType } },
  code: ErrorCode,
): void {
  if (state.hub.get(asker.id) !== asker) return
  state.note({ fact: 'media-refused', session: asker.id, type: leg.type, code })
  send(state, asker, errorReply(id, code))
}
