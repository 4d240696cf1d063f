/** Messages about media, where there is an SFU: they go to it, and not to those whom they name. */
import type { SessionId } from '../../../core/ids.ts'
import { assertNever } from '../../../lib/assert-never.ts'
import type { Saying } from '../../../sfu/sfu.ts'
import { type Asking, publish, say, subscriberFor } from '../media/asking.ts'
import { comesIn, sdpIn } from '../media/candidates.ts'
import { refuseMedia, unshareSoon } from '../media/closing.ts'
import { maySend } from '../media/permissions.ts'
import type { ClientMessageOf } from '../messages/index.ts'
import { type MediaWord, readMedia } from '../messages/media.ts'
import { type ClientSession, isClientSession } from '../session.ts'
import type { State } from '../state.ts'

type SelectionWord = WordOf<'requestoffer' | 'sendoffer' | 'selectStream'>
type WordOf<T extends MediaWord['type']> = Extract<MediaWord, { readonly type: T }>

/** Whether the message was for the SFU or is unusable; otherwise it goes to its recipient. */
export function media(state: State, session: ClientSession, message: ClientMessageOf<'message'>): boolean {
  const { recipient, data } = message.message
  if (recipient.type === 'user') return false
  const asking = { asker: session, id: message.id }
  const read = readMedia(data)
  switch (read.kind) {
    case 'other':
      return false
    case 'fault':
      refuseMedia(state, { ...asking, leg: { type: read.stream } }, read.code)
      return true
    case 'media':
      // Said to the room or the call it is news for people, such as that a screen is no longer shared.
      if (recipient.type !== 'session') return false
      return sayWord(state, asking, state.ids.canonical(recipient.sessionid), read.word)
    default:
      return assertNever(read)
  }
}

function sayWord(state: State, asking: Asking, target: SessionId, word: MediaWord): boolean {
  const isSelf = target === asking.asker.id
  switch (word.type) {
    case 'offer':
      publish(state, asking, word)
      return true
    case 'requestoffer':
      if (!isSelf) requestOffer(state, asking, target, word)
      return true
    case 'sendoffer':
      if (!isSelf) sendOffer(state, asking, target, word)
      return true
    case 'selectStream':
      if (!isSelf)
        onSubscriber(state, asking, target, word, word.selection && { say: 'select', selection: word.selection })
      return true
    case 'answer':
      answer(state, asking, target, word)
      return true
    case 'candidate':
      if (!comesIn(state, word.line)) return true
      if (isSelf) ownCandidate(state, asking, word)
      else onSubscriber(state, asking, target, word, { say: 'candidate', candidate: word.candidate })
      return true
    case 'unshareScreen':
      if (isSelf) unshareSoon(state, asking.asker)
      return isSelf
    default:
      return assertNever(word)
  }
}

function requestOffer(
  state: State,
  asking: Asking,
  target: SessionId,
  { stream, sid, selection }: SelectionWord,
): void {
  const about = { ...asking, leg: { type: stream } }
  if (!mayReceive(state, asking.asker, target)) return refuseMedia(state, about, 'not_allowed')
  const publisher = state.hub.get(target)
  // Nothing crosses from one backend to another, and whoever is not here publishes nothing.
  const isThere = isClientSession(publisher) && publisher.backend.id === asking.asker.backend.id
  const leg = isThere ? subscriberFor(state, asking.asker, target, stream) : undefined
  if (!leg) return refuseMedia(state, about, 'client_not_found')
  say(state, leg, asking, { say: 'request-offer', selection }, sid)
}

/** 1.12: streams are for those who are in the same call, for internal clients, or for everybody if the operator says so. */
function mayReceive(state: State, session: ClientSession, target: SessionId): boolean {
  const { hub, settings } = state
  if (session.kind === 'internal' || settings.media?.().allowSubscribeAny) return true
  const room = hub.roomOf(session.id)
  if (room === undefined || !hub.isInCall(session.id) || hub.roomOf(target) !== room) return false
  return hub.isInCall(target) || hub.get(target)?.kind === 'internal'
}

/** A client has its own stream offered to another; what comes of it goes there, only a failure comes back. */
function sendOffer(state: State, asking: Asking, target: SessionId, { stream, sid, selection }: SelectionWord): void {
  const { asker } = asking
  const named = state.hub.get(target)
  const recipient = named?.kind === 'virtual' ? named.owner : named
  // As with any message: who is not there gets nothing, and the sender hears nothing.
  if (!recipient || recipient === asker || recipient.backend.id !== asker.backend.id) return
  const about = { ...asking, leg: { type: stream } }
  // Nobody is made to receive what he might not ask for.
  if (!maySend(asker, stream) || !mayReceive(state, recipient, asker.id))
    return refuseMedia(state, about, 'not_allowed')
  const leg = subscriberFor(state, recipient, asker.id, stream)
  if (!leg) return refuseMedia(state, about, 'client_not_found')
  say(state, leg, asking, { say: 'request-offer', selection }, sid)
}

function answer(state: State, asking: Asking, target: SessionId, word: WordOf<'answer'>): void {
  if (target === asking.asker.id) {
    // Whoever publishes makes the offers.
    const leg = state.legs.publisher(target, word.stream)
    return refuseMedia(state, { ...asking, leg: { type: word.stream } }, leg ? 'processing_failed' : 'client_not_found')
  }
  onSubscriber(state, asking, target, word, { say: 'answer', sdp: sdpIn(state, word.sdp) })
}

function ownCandidate(state: State, asking: Asking, word: WordOf<'candidate'>): void {
  const { asker } = asking
  const about = { ...asking, leg: { type: word.stream } }
  if (!maySend(asker, word.stream)) return refuseMedia(state, about, 'not_allowed')
  const leg = state.legs.publisher(asker.id, word.stream)
  if (!leg) return refuseMedia(state, about, 'client_not_found')
  // A connection that its client did not name cannot be mistaken for another of its.
  const sid = leg.sid === undefined ? undefined : word.sid
  say(state, leg, asking, { say: 'candidate', candidate: word.candidate }, sid)
}

/** Says something on the leg by which the asker receives; nothing to say is no mistake. */
function onSubscriber(
  state: State,
  asking: Asking,
  publisher: SessionId,
  { stream, sid }: MediaWord,
  saying: Saying | undefined,
): void {
  const leg = state.legs.subscriber(asking.asker.id, publisher, stream)
  if (!leg) return refuseMedia(state, { ...asking, leg: { type: stream } }, 'client_not_found')
  if (saying) say(state, leg, asking, saying, sid)
}
