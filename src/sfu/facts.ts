/** What is worth noting of an SFU: each becomes one log line and one counter. */
import type { StreamType } from './stream.ts'

export type SfuFact =
  | { readonly fact: 'sfu-connected'; readonly url: string; readonly version: string }
  | { readonly fact: 'sfu-disconnected'; readonly url: string; readonly why: string }
  /** A message from Janus or a proxy that makes no sense. */
  | { readonly fact: 'sfu-message-odd'; readonly url: string; readonly fault: string }
  | { readonly fact: 'publisher-created'; readonly publisher: string; readonly type: StreamType }
  | { readonly fact: 'publisher-closed'; readonly publisher: string; readonly type: StreamType; readonly why: string }
  | { readonly fact: 'subscriber-created'; readonly publisher: string; readonly type: StreamType }
  | { readonly fact: 'subscriber-closed'; readonly publisher: string; readonly type: StreamType; readonly why: string }
  | { readonly fact: 'waiting-for-publisher'; readonly publisher: string; readonly type: StreamType }
  /** `type`: offer, answer, candidate, … as the wire has it. */
  | { readonly fact: 'sfu-message'; readonly type: string }
  | { readonly fact: 'sfu-request-failed'; readonly url: string; readonly request: string; readonly detail: string }
