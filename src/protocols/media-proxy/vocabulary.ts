/** What the media proxy asks of the rest of this program, and what it is told. */
import type { KeyObject } from 'node:crypto'
import type { MailboxLimits } from '../../core/mailbox.ts'
import type { CandidateFilter } from '../../sfu/candidates.ts'
import type { SignToken } from '../../sfu/proxy/tokens.ts'
import type { Request } from '../../sfu/proxy/wire.ts'
import type { Link, SfuCommand } from '../../sfu/sfu.ts'
import type { Peer, Vocabulary } from '../front-end.ts'
import type { MediaProxyFact } from './facts.ts'

/** Connections to other proxies, numbered by the machine; never used twice. */
export type RemoteCommand =
  /** `remoteOpened` or `remoteClosed` follows. */
  | { readonly do: 'dial'; readonly link: Link; readonly url: string }
  | { readonly do: 'send'; readonly link: Link; readonly text: string }
  /** After all that was sent; `remoteClosed` does not follow. */
  | { readonly do: 'hang-up'; readonly link: Link }

export type ProxyCommand =
  | { readonly to: 'sfu'; readonly command: SfuCommand }
  | { readonly to: 'other-proxy'; readonly command: RemoteCommand }

export interface MediaProxy extends Vocabulary {
  readonly arrival: Peer
  readonly incoming: Request
  readonly event: never
  readonly ask: never
  readonly answer: never
  readonly command: ProxyCommand
  readonly fact: MediaProxyFact
}

/** Bits per second. */
export interface Rates {
  /** From publishers. */
  readonly incoming: number
  /** To subscribers. */
  readonly outgoing: number
}

/** What a reload may change. */
export interface ProxyWishes {
  /** The key of an issuer, whose name is in lower case. */
  readonly keys: ReadonlyMap<string, KeyObject>
  /** 0 is no limit. */
  readonly limits: Rates
  readonly filter: CandidateFilter
  /** Of publishers whose limit is not known. */
  readonly maxStreamBitrate: number
  readonly maxScreenBitrate: number
}

export interface ProxySettings {
  readonly version: string
  readonly country: string | undefined
  /** How long (ms) Janus may take to make a publisher or subscriber. */
  readonly timeout: number
  /** Undefined: streams of other proxies cannot be had through this one. */
  readonly remote: { readonly sign: SignToken; readonly hostname: string } | undefined
  /** What may wait for one session. */
  readonly queue: MailboxLimits
}

export interface ProxyWorld {
  /** Not to be guessed; never the same twice. */
  readonly newId: () => string
  /** Milliseconds since 1970 by the machine's clock, for tokens. */
  readonly wallClock: () => number
  /** From 0 to below 1; spreads attempts to reach another proxy. */
  readonly random: () => number
  /** What flows at this moment, if Janus tells. */
  readonly measured: () => Rates | undefined
}
