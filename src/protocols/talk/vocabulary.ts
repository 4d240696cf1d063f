/** What the Talk front end tells, asks and notes. */
import type { SessionId } from '../../core/ids.ts'
import type { SfuCommand } from '../../sfu/sfu.ts'
import type { Peer, Vocabulary } from '../front-end.ts'
import type { RawJson } from '../json-wire.ts'
import type { Backend } from './backend/backends.ts'
import type { BackendReply, BackendRequest, PingEntry } from './backend/messages.ts'
import type { TalkFact } from './facts.ts'
import type { FederationCommand } from './federation/link.ts'
import type { ServerMessage } from './messages/index.ts'
import type { Incoming } from './wire.ts'

/** Something that sessions are told, wherever they are. */
export type TalkEvent =
  | {
      readonly event: 'message'
      readonly as: 'message' | 'control'
      readonly from: { readonly session: SessionId; readonly userId: string; readonly backend: string }
      readonly recipientType: 'session' | 'user' | 'room' | 'call'
      readonly data: RawJson
    }
  | { readonly event: 'news'; readonly message: ServerMessage; readonly except?: SessionId }
  | { readonly event: 'joined'; readonly entries: readonly JoinEntry[] }
  | { readonly event: 'room-message'; readonly room: string; readonly data: RawJson }
  | { readonly event: 'disinvited'; readonly room: string; readonly reason: 'disinvited' | 'deleted' }

/** Somebody in a room, as its members are told. */
export interface JoinEntry {
  readonly sessionid: SessionId
  readonly userid: string
  readonly user?: RawJson
  readonly roomsessionid?: string
  readonly features?: readonly string[]
  readonly federated?: true
}

export type TalkAsk =
  | { readonly ask: 'backend'; readonly backend: Backend; readonly url: string; readonly request: BackendRequest }
  | {
      readonly ask: 'identify'
      readonly backend: Backend
      readonly url: string
      readonly token: string
      /** `federation`: somebody of another Nextcloud, for whom this one has to know federation. */
      readonly as: 'client' | 'federation'
    }
  /** Tells the backend who is still there; split up as the backend wants it. */
  | { readonly ask: 'ping'; readonly backend: Backend; readonly url: string; readonly rooms: readonly PingedRoom[] }

export interface PingedRoom {
  readonly roomId: string
  readonly entries: readonly PingEntry[]
}

export type TalkAnswer =
  | { readonly answer: 'reply'; readonly reply: BackendReply }
  | { readonly answer: 'identified'; readonly userId: string; readonly user: RawJson | undefined }
  /** Nothing more to say. */
  | { readonly answer: 'done' }
  /** The backend answered, but not the question. */
  | { readonly answer: 'unusable' }
  /** The backend's own refusal, or `internal_error` when it could not be asked. */
  | { readonly answer: 'refused'; readonly code: string; readonly message: string | undefined }

export type TalkCommand =
  | { readonly to: 'sfu'; readonly command: SfuCommand }
  | { readonly to: 'federation'; readonly command: FederationCommand }

export interface Talk extends Vocabulary {
  readonly arrival: Peer
  readonly incoming: Incoming
  readonly event: TalkEvent
  readonly ask: TalkAsk
  readonly answer: TalkAnswer
  readonly command: TalkCommand
  readonly fact: TalkFact
}
