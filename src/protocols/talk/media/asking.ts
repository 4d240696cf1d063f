/** What clients ask of the SFU: to publish, to receive, and what they say on the legs that they have. */
import type { SessionId } from '../../../core/ids.ts'
import type { Origin, Saying } from '../../../sfu/sfu.ts'
import type { StreamType } from '../../../sfu/stream.ts'
import type { MediaWord } from '../messages/media.ts'
import type { ClientSession } from '../session.ts'
import type { State } from '../state.ts'
import { sdpIn } from './candidates.ts'
import { closeLeg, refuseMedia } from './closing.ts'
import type { Leg, PublisherLeg, SubscriberLeg } from './legs.ts'
import { mayPublish, mediaIn } from './permissions.ts'
import { bitrateFor } from './settings.ts'

/** Who asked, and the id that he gave the request. */
export interface Asking {
  readonly asker: ClientSession
  readonly id: string | null | undefined
  /** What an offer sends, as a sum of `mediaTypes`. */
  readonly media?: number | undefined
}

type OfferWord = Extract<MediaWord, { readonly type: 'offer' }>

/** A client sends an offer: what it wants to send is published, or changed. */
export function publish(state: State, asking: Asking, word: OfferWord): void {
  const { stream, sid } = word
  const { asker } = asking
  const about = { ...asking, leg: { type: stream } }
  const media = mediaIn(stream, word.parsed)
  if (!mayPublish(asker, stream, media)) return refuseMedia(state, about, 'not_allowed')
  const leg = publisherFor(state, asker, word, media)
  if (!leg) return refuseMedia(state, about, 'client_not_found')
  // Until it is answered what the last one sends may go on.
  leg.media |= media
  // The sid of an offer makes the connection; it cannot be stale.
  const named = leg.sid === sid ? sid : undefined
  say(state, leg, { ...asking, media }, { say: 'offer', sdp: sdpIn(state, word.sdp) }, named)
}

/**
 * The leg that an offer belongs to. Another sid than before is another connection of the client's, whose keys the
 * present leg does not know: it starts anew, and who receives it follows.
 */
function publisherFor(
  state: State,
  session: ClientSession,
  { stream, sid, wishes }: OfferWord,
  media: number,
): PublisherLeg | undefined {
  const present = state.legs.publisher(session.id, stream)
  if (present && (sid === undefined || present.sid === undefined || present.sid === sid)) return present
  if (present) closeLeg(state, present)
  const leg = state.legs.addPublisher({ session, type: stream, sid, media })
  if (!leg) return undefined
  const { bitrate, ...codecs } = wishes
  state.order({
    do: 'publish',
    leg: leg.id,
    stream: { publisher: session.id, type: stream },
    sid,
    settings: { bitrate: bitrateFor(session.backend, stream, bitrate), mediaTypes: media, ...codecs },
    origin: originOf(state, session),
  })
  return leg
}

/** The leg by which a session receives a stream; undefined if it has too many. */
export function subscriberFor(
  state: State,
  session: ClientSession,
  publisher: SessionId,
  type: StreamType,
): SubscriberLeg | undefined {
  const present = state.legs.subscriber(session.id, publisher, type)
  if (present) return present
  const leg = state.legs.addSubscriber({ session, publisher, type })
  if (!leg) return undefined
  state.order({ do: 'subscribe', leg: leg.id, stream: { publisher, type }, origin: originOf(state, session) })
  return leg
}

/** Says something on a leg; whoever asked hears if it fails. */
export function say(state: State, leg: Leg, asking: Asking, saying: Saying, sid: string | undefined): void {
  const request = state.legs.ask({ leg, ...asking })
  if (request === undefined) return refuseMedia(state, { ...asking, leg }, 'processing_failed')
  state.order({ do: 'say', leg: leg.id, request, sid, saying })
}

/** Media proxies are chosen by where their client is; of one who is away for the moment that is not known. */
function originOf(state: State, { link }: ClientSession): Origin {
  const peer = link.phase === 'open' ? state.connections.get(link.connection)?.peer : undefined
  return { country: peer?.country }
}
