/** A participant of the Talk protocol: with a connection of its own, or virtual behind an internal client. */
import type { ConnectionId, ResumeId, SessionId, UserKey } from '../../core/ids.ts'
import type { Mailbox } from '../../core/mailbox.ts'
import type { RawJson } from '../json-wire.ts'
import type { Backend } from './backend/backends.ts'

export type ClientKind = 'client' | 'internal' | 'federation'

/** How a session is reached. A parked one waits for its client to come back. */
export type Link =
  /** `resumed`: it came back and has not asked for a room since. */
  | { readonly phase: 'open'; readonly connection: ConnectionId; readonly resumed?: boolean }
  | {
      readonly phase: 'parked'
      readonly mailbox: Mailbox
      /** The number of room entries there had been when it was parked: later ones are news to it. */
      readonly arrivals: number
    }

interface Common {
  readonly id: SessionId
  readonly user: UserKey | undefined
  readonly backend: Backend
  /** The base URL by which the client named its Nextcloud, with a slash at the end. */
  readonly backendUrl: string
  /** Empty for a guest. */
  readonly userId: string
  /** What Nextcloud (or the internal client) told of the user. */
  readonly userData: RawJson | undefined
  /** Nextcloud's id of this participant; empty outside of rooms. */
  roomSession: string
  /** The user id that Nextcloud gave for the room, for people without an account. */
  roomUserId: string
  /** The running number of its latest room entry. */
  arrival: number
  /** In-call flags as set by internal clients; Nextcloud's are kept with the room. */
  inCall: number
}

export interface ClientSession extends Common {
  readonly kind: ClientKind
  readonly resumeId: ResumeId
  readonly features: readonly string[]
  /** Undefined until Nextcloud sends a list: then everything is allowed but hiding names. */
  permissions: ReadonlySet<string> | undefined
  link: Link
  /** By the names that the internal client gave them; undefined until there is one. */
  virtuals: Map<string, VirtualSession> | undefined
}

export interface VirtualSession extends Common {
  readonly kind: 'virtual'
  readonly owner: ClientSession
  /** What its owner calls it. */
  readonly name: string
  readonly actor: { readonly id: string; readonly type: string } | undefined
  flags: number
}

export type Session = ClientSession | VirtualSession

export const isClientSession = (session: Session | undefined): session is ClientSession =>
  session !== undefined && session.kind !== 'virtual'

/** The user id that others see: that of the account, or what Nextcloud gave a guest for the room. */
export const userIdOf = (session: Session): string => session.userId || session.roomUserId

/** 1.11: without a list from Nextcloud everything is allowed; names are hidden only when asked for. */
export function hasPermission(session: ClientSession, permission: string): boolean {
  return session.permissions?.has(permission) ?? permission !== 'hide-displaynames'
}

/** Whether the session may do what moderators and services do. */
export const isPrivileged = (session: ClientSession, permission: string): boolean =>
  session.kind === 'internal' || hasPermission(session, permission)
