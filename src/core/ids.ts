/** Branded ids: a bare string or number never crosses a border as one of these. */

declare const brand: unique symbol
type Branded<T, B extends string> = T & { readonly [brand]: B }

/** One socket. */
export type ConnectionId = Branded<number, 'connection'>
/** The public name of a session: others address it by this. */
export type SessionId = Branded<string, 'session'>
/** The private name of a session: whoever knows it may resume the session. */
export type ResumeId = Branded<string, 'resume'>
/** A room, unique over all tenants of this server. */
export type RoomKey = Branded<string, 'room'>
/** A signed-in user, unique over all tenants of this server. */
export type UserKey = Branded<string, 'user'>

export const connectionId = (n: number): ConnectionId => n as ConnectionId
export const sessionId = (text: string): SessionId => text as SessionId
export const resumeId = (text: string): ResumeId => text as ResumeId
/**
 * Rooms and users of the same name under two tenants are two rooms and two users. A tenant's name comes from a line of a
 * file, so that the line break keeps names of any shape apart.
 */
export const roomKey = (tenant: string, room: string): RoomKey => `${tenant}\n${room}` as RoomKey
export const userKey = (tenant: string, user: string): UserKey => `${tenant}\n${user}` as UserKey
