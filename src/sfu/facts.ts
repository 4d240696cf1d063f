/** What is worth noting of an SFU: each becomes one log line and one counter. */
import type { StreamType } from './stream.ts'

export type SfuFact =
  | MediaFact
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
  /** `code` is the error of the proxy. */
  | { readonly fact: 'proxy-refused-us'; readonly url: string; readonly code: string }
  | { readonly fact: 'proxy-said-bye'; readonly url: string; readonly reason: string }
  | { readonly fact: 'proxy-draining'; readonly url: string }
  | { readonly fact: 'proxy-without-backend'; readonly url: string }
  | { readonly fact: 'proxy-with-backend'; readonly url: string }
  | { readonly fact: 'no-proxy-available'; readonly type: StreamType }

/** What Janus reports of its peer connections. `incoming` is what Janus receives. */
export type MediaFact =
  | { readonly fact: 'janus-events-odd'; readonly fault: string }
  | { readonly fact: 'janus-events-opened'; readonly address: string }
  | { readonly fact: 'janus-events-closed'; readonly address: string }
  | { readonly fact: 'ice-state'; readonly state: string }
  | { readonly fact: 'dtls-state'; readonly state: string }
  | { readonly fact: 'peerconnection-state'; readonly state: string; readonly reason: string }
  | {
      readonly fact: 'candidate-selected'
      readonly origin: 'local' | 'remote'
      readonly type: string
      readonly transport: string
      readonly family: string
    }
  | { readonly fact: 'slow-link'; readonly media: string; readonly direction: Direction }
  | { readonly fact: 'media-rtt'; readonly media: string; readonly milliseconds: number }
  | {
      readonly fact: 'media-jitter'
      readonly media: string
      readonly origin: 'local' | 'remote'
      readonly milliseconds: number
    }
  | { readonly fact: 'media-codec'; readonly media: string; readonly codec: string }
  /** These are noted as many times as there are bytes, NACKs, packets. */
  | { readonly fact: 'media-bytes' | 'media-nacks'; readonly media: string; readonly direction: Direction }
  | { readonly fact: 'media-retransmissions'; readonly media: string }
  | { readonly fact: 'media-lost'; readonly media: string; readonly origin: 'local' | 'remote' }

export type Direction = 'incoming' | 'outgoing'
