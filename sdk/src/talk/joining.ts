/** Getting into a room: what is asked of the server, for its own rooms and for those of other Nextclouds. */
import { type HeliographError, RefusedError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import type { RequestOptions } from '../core/requests.ts'
import type { RoomState } from '../core/room-state.ts'
import { isPolite } from '../rtc/peer-link.ts'
import type { TalkInfo, TalkRoom } from './room.ts'

/** A room that is on the signaling server of another Nextcloud: all of it is what our Nextcloud says in its settings. */
export interface FederatedPlace {
  /** URL of that signaling server. */
  readonly signaling: string
  /** URL of that Nextcloud. */
  readonly url: string
  /** The room's name there, if it is another one. */
  readonly roomId?: string | undefined
  /** That Nextcloud's consent, which holds for minutes; a function is asked anew whenever the room has to be joined. */
  readonly token: string | (() => string | Promise<string>)
}

export interface JoinOptions extends RequestOptions {
  /** Nextcloud's session id for the room; a function is asked anew whenever the room has to be joined again. */
  readonly session?: string | (() => string | Promise<string>) | undefined
  /** For a room of another Nextcloud. */
  readonly federation?: FederatedPlace | undefined
}

export type Wish = Pick<JoinOptions, 'session' | 'federation'>

/** The room that the client is in, or on its way to. */
export interface Joined {
  readonly room: TalkRoom
  readonly state: RoomState<TalkInfo>
  readonly wish: Wish
  /** Nextcloud's session id, as it was said last. */
  roomSession: string | undefined
  /** The server has let us go until we come with a new token. */
  isOut: boolean
  /** What was said at last, if that was an error of nobody's request: then it says why the room ends. */
  error: HeliographError | undefined
}

/** ms: our server needs four answers of the other one, each of which may take 10 s. */
const federationPatience = 45_000
/** ms to wait for the list of members from a server that does not say when it is complete. */
const [listPatience, federatedListPatience] = [1_000, 5_000]

/** Undefined: as usual. */
export const patienceFor = ({ federation }: Wish): number | undefined => (federation ? federationPatience : undefined)
export const listPatienceFor = ({ federation }: Wish): number => (federation ? federatedListPatience : listPatience)

/** What is asked of the server. */
export async function wishFor(roomid: string, { session, federation }: Wish): Promise<WishBody> {
  const sessionid = typeof session === 'function' ? await session() : session
  return {
    roomid,
    ...(sessionid === undefined ? {} : { sessionid }),
    ...(federation ? { federation: await placeOf(federation) } : {}),
  }
}

export interface WishBody extends JsonObject {
  readonly roomid: string
  readonly sessionid?: string
}

async function placeOf({ signaling, url, roomId, token }: FederatedPlace): Promise<JsonObject> {
  const consent = typeof token === 'function' ? await token() : token
  return { signaling, url, ...(roomId === undefined ? {} : { roomid: roomId }), token: consent }
}

/** Asks, and once more with a new token if this one has expired. */
export async function askWithToken(
  body: WishBody,
  wish: Wish,
  ask: (body: WishBody) => Promise<JsonObject>,
): Promise<JsonObject> {
  try {
    return await ask(body)
  } catch (refusal) {
    if (!wish.federation || !isCurable(refusal, wish)) throw refusal
    return ask({ ...body, federation: await placeOf(wish.federation) })
  }
}

/** Whether a new token may help. */
export const isCurable = (error: unknown, { federation }: Wish): boolean =>
  error instanceof RefusedError && error.code === 'token_expired' && typeof federation?.token === 'function'

/**
 * Which of two gives way when both begin a peer connection at once. Whoever is in a room of another Nextcloud has
 * another id for the others than for himself, so that only Nextcloud's session ids are the same for both sides.
 */
export function isPoliteIn({ state, wish, roomSession }: Joined, id: string): boolean {
  const info = state.members.get(id)?.info
  const [isGuest, isTheOther] = [wish.federation !== undefined, info?.federated === true]
  if (isGuest !== isTheOther) return isGuest
  return isGuest ? isPolite(roomSession ?? '', info?.roomSessionId ?? '') : isPolite(state.selfId, id)
}
