/** To whom something is told: never where they are. */
import type { RoomKey, SessionId, UserKey } from './ids.ts'

export type Address =
  | { readonly kind: 'session'; readonly session: SessionId }
  | { readonly kind: 'user'; readonly user: UserKey }
  | { readonly kind: 'room'; readonly room: RoomKey }
  /** Those members of a room who take part in its call. */
  | { readonly kind: 'call'; readonly room: RoomKey }

export const toSession = (session: SessionId): Address => ({ kind: 'session', session })
export const toUser = (user: UserKey): Address => ({ kind: 'user', user })
export const toRoom = (room: RoomKey): Address => ({ kind: 'room', room })
export const toCall = (room: RoomKey): Address => ({ kind: 'call', room })
