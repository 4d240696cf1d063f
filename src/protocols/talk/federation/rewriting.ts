/** What goes into rewriting and what comes of it, and the few words that all rows of its table share. */
import { encodeJson, type RawJson } from '../../json-wire.ts'
import { ownKeyPrefix } from '../values.ts'
import type { Clouds, Fields, RoomNames } from './clouds.ts'

export interface Names {
  /** The session's id here, and at the other server. */
  readonly local: string
  readonly remote: string
  readonly room: RoomNames
  readonly clouds: Clouds
  /** Whether a session id is that of one of our own people, of whom the other server has nothing to say. */
  isOurs(session: string): boolean
}

export type Kind = 'plain' | 'chat-refresh' | 'participants'

/** A message for the client, or why it is none. */
export type Rewritten =
  | { readonly ok: true; readonly text: string; readonly kind: Kind; readonly news?: RoomNews }
  | { readonly ok: false; readonly why: Refusal }

export type Refusal = 'malformed' | 'not allowed' | 'another room' | 'names a session of ours'

/** What a message means for the session's place in the room. */
export type RoomNews =
  | { readonly news: 'joined'; readonly entries: readonly { readonly id: string; readonly entry: RawJson }[] }
  | { readonly news: 'left'; readonly ids: readonly string[] }
  /** The session is not in the room any more. */
  | { readonly news: 'out' }

export type Row = (text: string, message: Fields, names: Names) => Rewritten

export const no = (why: Refusal): Rewritten => ({ ok: false, why })

export const out: RoomNews = { news: 'out' }

export function yes(message: unknown, names: Names, news?: RoomNews, kind: Kind = 'plain'): Rewritten {
  return { ok: true, text: inOwnName(encodeJson(message), names), kind, ...(news ? { news } : {}) }
}

/** Ids are long and random: where the session's is written, it is meant. */
export function inOwnName(text: string, { local, remote }: Pick<Names, 'local' | 'remote'>): string {
  if (!text.includes(remote)) return text
  return text
    .replaceAll(`"${remote}"`, () => `"${local}"`)
    .replaceAll(`"${ownKeyPrefix}${remote}"`, () => `"${ownKeyPrefix}${local}"`)
}

/** The body with our name of the room; undefined if it is about another one. */
export const ofRoom = (body: Fields, { room }: Names): Fields | undefined =>
  body['roomid'] === room.remote ? { ...body, roomid: room.local } : undefined
