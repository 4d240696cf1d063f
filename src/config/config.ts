/** The configuration as the rest of the program sees it: plain, complete, checked data. */

import type { IpRange, IpRanges } from '../lib/ip-range.ts'
import type { Continent } from './kinds.ts'
import type { ListenAddress } from './listen-address.ts'
import type { AddressPair, TurnListenAddress, TurnUser } from './turn-kinds.ts'

export type { ListenAddress } from './listen-address.ts'
export type { AddressPair, TurnListenAddress, TurnUser } from './turn-kinds.ts'

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
  readonly federation: FederationConfig
  readonly sfu: SfuConfig
  readonly geoip: GeoIpConfig
  readonly turn: TurnCredentialsConfig
  readonly turnServer: TurnServerConfig
  readonly relay: RelayConfig
  readonly presence: PresenceConfig
  readonly admission: AdmissionConfig
  readonly demo: DemoConfig
  readonly stats: { readonly allowedIps: IpRanges }
  readonly drainTimeout: number
  readonly limits: {
    /** 0 is no limit. */
    readonly maxConnectionsPerAddress: number
  }
}

export type AdmissionConfig = { readonly kind: 'off' } | AdmissionOn

export interface AdmissionOn {
  readonly kind: 'on'
  /** Without a slash at its end. */
  readonly path: string
  readonly appSecret: string
  /** Without it nobody gets a token for an application. */
  readonly appPassword: string | undefined
  readonly tokenLifetime: number
  readonly requestTimeout: number
  /** Bytes. */
  readonly maxPayload: number
  readonly maxRooms: number
  readonly maxMembers: number
  /** Events a second; 0 is no limit. */
  readonly eventRate: number
  /** Empty: as the original. */
  readonly origins: readonly string[]
  readonly revision: 1 | 2
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

/** Connections to the signaling servers of other Nextclouds. */
export interface FederationConfig {
  /** Whether any certificate is accepted. */
  readonly skipVerify: boolean
  readonly timeout: number
  /** Reached although they are not public. */
  readonly allowedTargets: IpRanges
  readonly maxLinks: number
  readonly maxLinksPerUser: number
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

export type SfuConfig = { readonly kind: 'none' } | JanusConfig | ProxiesConfig

interface SfuCommon {
  /** Bits per second. */
  readonly maxStreamBitrate: number
  readonly maxScreenBitrate: number
  /** Of a request. */
  readonly timeout: number
  readonly allowedCandidates: IpRanges
  readonly blockedCandidates: IpRanges
  /** Whether streams outside of one's own call may be had. */
  readonly allowSubscribeAny: boolean
}

export interface JanusConfig extends SfuCommon {
  readonly kind: 'janus'
  readonly url: string
}

export interface ProxiesConfig extends SfuCommon {
  readonly kind: 'proxies'
  readonly urls: readonly string[]
  /** Of a request to a proxy. */
  readonly proxyTimeout: number
  readonly skipVerify: boolean
  readonly dnsDiscovery: boolean
  readonly tokenId: string
  /** A private RSA key (PEM): what is in the file. */
  readonly tokenKey: string
}

/** Where the country of an address is looked up. */
export interface GeoIpConfig {
  readonly database: CountryDatabase
  /** Two letters, upper case; the narrowest range is first. */
  readonly overrides: readonly { readonly range: IpRange; readonly country: string }[]
  /** By which other continents each is served too. */
  readonly continents: Readonly<Partial<Record<Continent, readonly Continent[]>>>
}

export type CountryDatabase =
  | { readonly kind: 'none' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'maxmind'; readonly license: string }

/** Credentials are handed out when there is an `apiKey`. */
export interface TurnCredentialsConfig {
  readonly apiKey?: string | undefined
  /** There if `servers` is not empty; otherwise the first secret of our own TURN server takes its place. */
  readonly secret?: string | undefined
  /** Empty: our own TURN server is handed out. */
  readonly servers: readonly string[]
  /** Development mode only: `/ice` answers this machine without a key. */
  readonly openToThisMachine?: true
}

export type RelayConfig = { readonly kind: 'off' } | RelayOn

export interface RelayOn {
  readonly kind: 'on'
  /** Without a slash at its end; the room follows. */
  readonly path: string
  /** One of the two says who may come. */
  readonly users: readonly TurnUser[]
  readonly authUrl?: string | undefined
  readonly authTimeout: number
  /** 0 is no limit. */
  readonly idleTimeout: number
  /** Bytes. */
  readonly maxMessage: number
  readonly revision: 1 | 2
  readonly hooks: {
    readonly create?: string | undefined
    readonly join?: string | undefined
    readonly leave?: string | undefined
  }
  readonly hookSecret?: string | undefined
  readonly hookTimeout: number
  readonly outboxFolder?: string | undefined
}

export type PresenceConfig = { readonly kind: 'off' } | PresenceOn

export interface PresenceOn {
  readonly kind: 'on'
  readonly path: string
  readonly providers: readonly OidcProviderConfig[]
  /** 1 names users by issuer and subject, 2 by `preferred_username`. */
  readonly revision: 1 | 2
  /** Between two messages to one connection. */
  readonly interval: number
  /** That a user without a connection still counts as online. */
  readonly grace: number
  readonly clockSkew: number
  /** How old keys may be when a token is checked. */
  readonly refresh: number
  /** Closes the connection where an error message would be sent. */
  readonly isStrict: boolean
  /** Closes a connection when its token expires. */
  readonly closesExpired: boolean
  readonly devicesPerUser: number
  /** 0 is no limit. */
  readonly messagesPerSecond: number
}

export interface OidcProviderConfig {
  readonly name: string
  /** As tokens name it, without a slash at the end. */
  readonly issuer: string
  /** Where `.well-known/openid-configuration` is; with a slash at the end or without. */
  readonly discovery: string
  /** One of them has to be in a token's `aud`. */
  readonly audiences: readonly string[]
}

export type DemoConfig = { readonly kind: 'off' } | DemoOn

export interface DemoOn {
  readonly kind: 'on'
  readonly password: string
  /** Development mode only: this machine needs no password. */
  readonly openToThisMachine?: true
}

export type TurnServerConfig = { readonly kind: 'off' } | TurnServerOn

/** Plain data; what it means to the TURN machine says `src/turn-settings.ts`. */
export interface TurnServerOn {
  readonly kind: 'on'
  /** UDP, and TCP where `tlsListen` does not have the same place. One of the two is not empty. */
  readonly listen: readonly TurnListenAddress[]
  readonly tlsListen: readonly TurnListenAddress[]
  /** Paths; both are there when `tlsListen` is not empty. */
  readonly certificate?: string | undefined
  readonly key?: string | undefined
  /** What urls that are handed out name. */
  readonly hostname?: string | undefined
  readonly realm: string
  /** One of the three is there. */
  readonly secrets: readonly string[]
  readonly users: readonly TurnUser[]
  readonly authUrl?: string | undefined
  /** Empty: the address through which the machine reaches others has to be found. */
  readonly relayAddress: AddressPair
  readonly externalAddress: AddressPair
  readonly ports: { readonly min: number; readonly max: number }
  readonly allowedPeers: IpRanges
  readonly deniedPeers: IpRanges
  /** The hosts in `[mcu] url`, addresses without brackets. */
  readonly sfuHosts: readonly string[]
  /** Allocations; 0 is no limit, here and in the next three. */
  readonly quotas: { readonly perUser: number; readonly perSource: number; readonly total: number }
  /** Answers per second and source. */
  readonly challengeRate: number
  readonly bindingRate: number
  /** Of one allocation, each way. */
  readonly bytesPerSecond: number
  readonly legacyChannels: boolean
  readonly tcpRelay: boolean
  readonly sha256: boolean
  readonly nonceKey?: string | undefined
  /** 0 is one for each core. */
  readonly workers: number
  readonly path: 'auto' | 'batch' | 'portable'
  readonly coturnMetrics: boolean
}
