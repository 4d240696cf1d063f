/** What is worth noting of the Talk front end: each becomes one log line and one counter. */
import type { SessionId } from '../../core/ids.ts'
import type { StreamType } from '../../sfu/stream.ts'

export type EndReason =
  | 'bye'
  | 'resume window over'
  | 'no room joined'
  | 'same room session joined elsewhere'
  | 'disinvited'
  | 'queue full'
  | 'owner gone'
  | 'removed by its owner'

export type TalkFact =
  /** Where a new session comes from, if that is known. */
  | { readonly fact: 'country-seen'; readonly country: string }
  | {
      readonly fact: 'session-opened'
      readonly session: SessionId
      readonly backend: string
      readonly clienttype: string
    }
  | {
      readonly fact: 'session-resumed'
      readonly session: SessionId
      readonly backend: string
      readonly clienttype: string
    }
  | { readonly fact: 'resume-failed'; readonly address: string; readonly genuine: boolean }
  | { readonly fact: 'session-parked'; readonly session: SessionId }
  | { readonly fact: 'session-ended'; readonly session: SessionId; readonly backend: string; readonly why: EndReason }
  | { readonly fact: 'queue-overflowed'; readonly session: SessionId; readonly backend: string }
  | { readonly fact: 'hello-refused'; readonly address: string; readonly code: string }
  | { readonly fact: 'session-limit-exceeded'; readonly backend: string }
  | { readonly fact: 'attempt-delayed'; readonly address: string; readonly action: string; readonly delay: number }
  | { readonly fact: 'attempt-refused'; readonly address: string; readonly action: string }
  | { readonly fact: 'message-received'; readonly type: string }
  | { readonly fact: 'frame-garbled'; readonly address: string; readonly fault: string }
  | { readonly fact: 'message-unknown'; readonly type: string }
  | { readonly fact: 'message-ignored'; readonly session: SessionId; readonly type: string; readonly why: string }
  | { readonly fact: 'inbox-overflowed'; readonly address: string }
  | { readonly fact: 'room-joined'; readonly session: SessionId; readonly backend: string; readonly room: string }
  | { readonly fact: 'room-left'; readonly session: SessionId; readonly backend: string; readonly room: string }
  | { readonly fact: 'call-started'; readonly backend: string; readonly room: string }
  | {
      readonly fact: 'call-joined'
      readonly session: SessionId
      readonly backend: string
      readonly room: string
      readonly clienttype: string
    }
  | { readonly fact: 'media-refused'; readonly session: SessionId; readonly type: StreamType; readonly code: string }
  /** The SFU lost it, and its publisher is asked to publish again. */
  | { readonly fact: 'stream-lost'; readonly session: SessionId; readonly type: StreamType }
  /** The permission for it is gone. */
  | { readonly fact: 'stream-revoked'; readonly session: SessionId; readonly type: StreamType }
  | {
      readonly fact: 'federation-joined'
      readonly session: SessionId
      readonly backend: string
      readonly server: string
    }
  | { readonly fact: 'federation-left'; readonly session: SessionId; readonly server: string; readonly why: string }
  | {
      readonly fact: 'federation-failed'
      readonly session: SessionId
      readonly server: string
      readonly code: string
      readonly why: string
    }
  | {
      readonly fact: 'federation-interrupted'
      readonly session: SessionId
      readonly server: string
      readonly why: string
    }
  | {
      readonly fact: 'federation-resumed'
      readonly session: SessionId
      readonly server: string
      readonly resumed: boolean
    }
  /** The other server said something that is not passed on. */
  | {
      readonly fact: 'federation-message-refused'
      readonly session: SessionId
      readonly server: string
      readonly why: string
    }
  | { readonly fact: 'backend-refused'; readonly backend: string; readonly what: string; readonly code: string }
  | { readonly fact: 'backend-request-stale'; readonly backend: string; readonly room: string; readonly type: string }
