/** The configuration of the media proxy as the rest of the program sees it: plain, complete, checked data. */

import type { KeyObject } from 'node:crypto'
import type { Config, JanusConfig } from './config.ts'

/** Durations are milliseconds. */
export interface ProxyConfig extends Pick<Config, 'http' | 'https' | 'app' | 'stats' | 'drainTimeout' | 'limits'> {
  /** Two letters, upper case: where this proxy is. */
  readonly country: string | undefined
  /** Who may connect; never empty. */
  readonly tokens: readonly TokenKey[]
  readonly bandwidth: Bandwidth
  readonly remote: RemoteStreamsConfig
  readonly sfu: JanusConfig
}

/** The key of a signaling server, or of another proxy. */
export interface TokenKey {
  /** As its tokens name their issuer, in lower case. */
  readonly id: string
  readonly publicKey: KeyObject
}

/** Bits per second; 0 is no limit. */
export interface Bandwidth {
  readonly incoming: number
  readonly outgoing: number
}

/** Whether streams of publishers on other proxies may be had through this one. */
export type RemoteStreamsConfig = { readonly kind: 'off' } | RemoteStreamsOn

export interface RemoteStreamsOn {
  readonly kind: 'on'
  /** By which other proxies know our key. */
  readonly tokenId: string
  readonly privateKey: KeyObject
  /** Where other proxies send the media; without it the machine's own public address is looked for. */
  readonly hostname: string | undefined
  readonly skipVerify: boolean
}
