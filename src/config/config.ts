/** The configuration as the rest of the program sees it: plain, complete, checked data. */

import type { IpRanges } from '../lib/ip-range.ts'
import type { ListenAddress } from './listen-address.ts'

export type { ListenAddress } from './listen-address.ts'

/** Durations are milliseconds. */
export interface Config {
  readonly http: {
    readonly listen: readonly ListenAddress[]
    readonly readTimeout: number
    readonly writeTimeout: number
  }
  readonly https: {
    readonly listen: readonly ListenAddress[]
    readonly readTimeout: number
    readonly writeTimeout: number
    /** Paths; both are there when `listen` is not empty. */
    readonly certificate?: string | undefined
    readonly key?: string | undefined
  }
  readonly app: { readonly debug: boolean; readonly trustedProxies: IpRanges }
  readonly sessions: {
    readonly hashKey: string
    readonly blockKey?: string | undefined
    /** `cookie`: as the original 0.4.1 writes them. */
    readonly idFormat: 'sealed' | 'cookie'
  }
  readonly clients: { readonly internalSecret?: string | undefined }
  readonly talk: TalkConfig
  readonly turn: TurnCredentialsConfig
  readonly stats: { readonly allowedIps: IpRanges }
  readonly drainTimeout: number
  readonly limits: {
    /** 0 is no limit. */
    readonly maxConnectionsPerAddress: number
  }
}

export type TalkConfig = { readonly kind: 'off' } | TalkOn

export interface TalkOn {
  readonly kind: 'on'
  /** Empty when nobody may connect yet; a reload may add some. */
  readonly backends: readonly BackendConfig[]
  /** Of a request to a backend. */
  readonly timeout: number
  readonly connectionsPerHost: number
  /** Whether any certificate of a backend is accepted. */
  readonly skipVerify: boolean
  /** Bytes. */
  readonly maxBodySize: number
  /** What may wait for one session. */
  readonly maxPendingBytes: number
  readonly maxPendingMessages: number
}

export interface BackendConfig {
  /** As the operator spells it; `compat` for the two kinds that have no name. */
  readonly id: string
  readonly accepts: Accepts
  readonly secret: string
  /** 0 is no limit. */
  readonly sessionLimit: number
  /** Bits per second; 0 leaves it to the SFU. */
  readonly maxStreamBitrate: number
  readonly maxScreenBitrate: number
}

/** Which Nextcloud servers a backend stands for. */
export type Accepts =
  /** Those whose url, with a slash at its end, begins with one of these (which are as `URL` writes them, slash included). */
  | { readonly kind: 'urls'; readonly urls: readonly string[] }
  /** Those on one of these hosts (lower-case, with port unless it is the standard one), without TLS only if `http`. */
  | { readonly kind: 'hosts'; readonly hosts: readonly string[]; readonly http: boolean }
  /** Any; `allowall`. */
  | { readonly kind: 'any' }

/** `servers` is empty when no credentials are handed out; otherwise the other two are there. */
export interface TurnCredentialsConfig {
  readonly apiKey?: string | undefined
  readonly secret?: string | undefined
  readonly servers: readonly string[]
}
