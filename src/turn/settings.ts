/** What an operator's settings mean to the TURN server: plain data, so that it can be handed to the workers. */
import type { IpAddress } from '../lib/ip-address.ts'
import type { CredentialSettings } from './credentials.ts'
import type { PeerPolicySettings } from './peer-policy.ts'
import type { QuotaLimits } from './quota.ts'

export interface TurnSettings {
  readonly realm: string
  readonly credentials: CredentialSettings
  /** 32 octets; servers that share them accept each other's nonces. */
  readonly nonceKey: Uint8Array
  readonly peers: PeerPolicySettings
  /** A family without one is answered with 440. */
  readonly relays: { readonly 4?: RelayAddress | undefined; readonly 6?: RelayAddress | undefined }
  readonly quotas: QuotaLimits
  /** Answers per second and source; 0 is no limit. */
  readonly challengeRate: number
  readonly bindingRate: number
  /** Of one allocation, each way; 0 is no limit. */
  readonly bytesPerSecond: number
  /** Which channel numbers are let in. */
  readonly channels: 'rfc8656' | 'rfc5766'
  /** RFC 6062: relaying to peers over TCP. */
  readonly tcpRelay: boolean
  /** RFC 8489: MESSAGE-INTEGRITY-SHA256 and PASSWORD-ALGORITHMS. */
  readonly sha256: boolean
}

export interface RelayAddress {
  /** Where relay sockets are bound. */
  readonly bound: IpAddress
  /** What clients are told. */
  readonly told: IpAddress
}

/** What the sockets underneath can do. */
export interface Capabilities {
  readonly dontFragment: boolean
}
