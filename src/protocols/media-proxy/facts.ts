/** What is worth noting of the media proxy. Ids of sessions and clients open doors, so that sessions are told by number. */
import type { TokenRefusal } from '../../sfu/proxy/tokens.ts'
import type { StreamType } from '../../sfu/stream.ts'

export type MediaProxyFact =
  | { readonly fact: 'proxy-session-opened'; readonly session: number; readonly issuer: string }
  | { readonly fact: 'proxy-session-resumed'; readonly session: number }
  | { readonly fact: 'proxy-session-parked'; readonly session: number }
  | { readonly fact: 'proxy-session-ended'; readonly session: number; readonly why: SessionEnd }
  | { readonly fact: 'proxy-hello-refused'; readonly address: string; readonly code: string }
  /** `skew`: by how many seconds the clocks differ at least, theirs minus ours. */
  | {
      readonly fact: 'proxy-token-refused'
      /** Of a hello. */
      readonly address?: string
      /** That wanted to subscribe elsewhere. */
      readonly session?: number
      readonly reason: TokenRefusal['reason']
      readonly skew?: number
    }
  | { readonly fact: 'attempt-delayed'; readonly address: string; readonly action: string; readonly delay: number }
  | { readonly fact: 'attempt-refused'; readonly address: string; readonly action: string }
  | { readonly fact: 'proxy-frame-garbled'; readonly address: string; readonly fault: string }
  /** `type`: as the protocol spells it, or `unknown`. */
  | { readonly fact: 'proxy-command'; readonly session: number; readonly type: string }
  | { readonly fact: 'proxy-payload'; readonly session: number; readonly type: string }
  | { readonly fact: 'proxy-publisher-created'; readonly session: number; readonly type: StreamType }
  | { readonly fact: 'proxy-publisher-ended'; readonly session: number; readonly type: StreamType }
  | { readonly fact: 'proxy-subscriber-created'; readonly session: number; readonly type: StreamType }
  | { readonly fact: 'proxy-subscriber-ended'; readonly session: number; readonly type: StreamType }
  | { readonly fact: 'proxy-request-failed'; readonly session: number; readonly request: string; readonly why: string }
  | { readonly fact: 'other-proxy-connected'; readonly url: string }
  | { readonly fact: 'other-proxy-lost'; readonly url: string; readonly why: string }
  | { readonly fact: 'other-proxy-odd'; readonly url: string; readonly fault: string }
  | { readonly fact: 'draining-begun'; readonly sessions: number; readonly clients: number }

/** What ended a session. */
export type SessionEnd = 'bye' | 'expired' | 'queue full' | 'stopping'
