/** What is worth noting of the TURN server: each becomes a log line, a counter, or both. Never counted by user: names are without number. */
import type { ChallengeReason } from './authenticate.ts'
import type { PeerRefusal } from './peer-policy.ts'
import type { QuotaExceeded } from './quota.ts'

export type TurnTransport = 'udp' | 'tcp' | 'tls'

export type TurnMethod =
  | 'binding'
  | 'allocate'
  | 'refresh'
  | 'send'
  | 'create-permission'
  | 'channel-bind'
  | 'connect'
  | 'connection-bind'

/** Why an allocation is over. */
export type AllocationEnd =
  | 'deleted by its client'
  | 'not refreshed'
  | 'connection closed'
  | 'ended by an administrator'
  | 'stopped'

/** Why something was not answered, and not relayed either. */
export type IgnoredReason =
  | 'neither STUN nor a channel'
  | 'not a STUN message'
  | 'wrong fingerprint'
  | 'response or unknown indication'
  | 'unknown method'
  | 'no allocation'
  | 'no permission'
  | 'no channel'
  | 'malformed'
  | 'peer not allowed'
  | 'over the byte rate'
  | 'over the answer rate'
  | 'too many wait for the hook'
  | 'bind under way'

export type TurnFact =
  | { readonly fact: 'turn-binding-answered'; readonly transport: TurnTransport }
  | {
      readonly fact: 'turn-challenged'
      readonly transport: TurnTransport
      readonly method: TurnMethod
      readonly code: 401 | 438
      readonly why: ChallengeReason
      readonly address: string
    }
  | {
      readonly fact: 'turn-refused'
      readonly transport: TurnTransport
      readonly method: TurnMethod
      readonly code: number
      readonly address: string
    }
  | { readonly fact: 'turn-quota-reached'; readonly of: QuotaExceeded; readonly user: string }
  | { readonly fact: 'turn-ports-exhausted'; readonly family: 4 | 6 }
  | {
      readonly fact: 'turn-peer-refused'
      readonly allocation: string
      readonly peer: string
      readonly why: PeerRefusal
    }
  | { readonly fact: 'turn-ignored'; readonly transport: TurnTransport; readonly why: IgnoredReason }
  | { readonly fact: 'turn-hook-failed'; readonly why: string }
  | { readonly fact: 'turn-bind-failed'; readonly family: 4 | 6; readonly port: number; readonly error: string }
  | {
      readonly fact: 'turn-allocated'
      readonly allocation: string
      readonly transport: TurnTransport
      readonly user: string
      readonly address: string
      readonly ports: readonly number[]
    }
  /** All there is to know of an allocation, once. */
  | {
      readonly fact: 'turn-ended'
      readonly allocation: string
      readonly transport: TurnTransport
      readonly user: string
      readonly address: string
      readonly why: AllocationEnd
      readonly seconds: number
      readonly packetsToPeers: number
      readonly bytesToPeers: number
      readonly packetsToClient: number
      readonly bytesToClient: number
    }
