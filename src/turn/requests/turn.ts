/** What the parts of the TURN server share, and the words in which a handler says how a request ends. */
import type { TurnAction } from '../action.ts'
import type { Allocation, OpenAllocation } from '../allocation.ts'
import type { Allocations } from '../allocations.ts'
import type { Authenticator, Sender } from '../authenticate.ts'
import type { KnownErrorCode } from '../codec/error-code.ts'
import type { Method } from '../codec/header.ts'
import type { StunMessage } from '../codec/message.ts'
import type { IgnoredReason, TurnFact, TurnMethod, TurnTransport } from '../facts.ts'
import type { ClientKey } from '../five-tuple.ts'
import type { Ledger } from '../ledger.ts'
import type { Nonces } from '../nonce.ts'
import type { PeerPolicy } from '../peer-policy.ts'
import type { Capabilities, TurnSettings } from '../settings.ts'
import type { Answers, AnswerTo, Put } from './answers.ts'
import type { BindsUnderWay } from './binds.ts'
import type { PeerConnections } from './peer-connections.ts'

export interface Turn {
  /** Replaced as a whole when settings are read again. */
  rules: Rules
  readonly ledger: Ledger
  readonly capabilities: Capabilities
  readonly transports: readonly TurnTransport[]
  readonly randomOctets: (length: number) => Uint8Array
  readonly newId: () => string
  readonly allocations: Allocations
  readonly binds: BindsUnderWay
  readonly connections: PeerConnections
  readonly answers: Answers
  /** What this input leads to, in order. */
  readonly act: (action: TurnAction) => void
  readonly note: (fact: TurnFact) => void
  readonly ignore: (transport: TurnTransport, why: IgnoredReason) => void
  isDraining: boolean
}

/** What follows from the settings. */
export interface Rules {
  readonly settings: TurnSettings
  readonly nonces: Nonces
  readonly authenticator: Authenticator
  readonly mayReach: PeerPolicy
}

/** A request whose sender is known. */
export interface TurnRequest extends AnswerTo {
  readonly message: StunMessage
  readonly clientKey: ClientKey
  readonly transport: TurnTransport
  readonly sender: Sender
  /** The one that the client has. */
  readonly allocation: Allocation | undefined
  readonly now: number
}

export type Outcome =
  | Success
  | Refusal
  /** It will be answered when the world has done its part. */
  | { readonly outcome: 'later' }
  | { readonly outcome: 'ignored'; readonly why: IgnoredReason }

export interface Success {
  readonly outcome: 'granted'
  readonly put?: Put
  /** To be done when it has been said. */
  readonly next?: TurnAction
}

export interface Refusal {
  readonly outcome: 'refused'
  readonly code: KnownErrorCode
  /** For 420. */
  readonly unknown?: readonly number[]
}

export type Handler = (turn: Turn, request: TurnRequest) => Outcome

export const refused = (code: KnownErrorCode): Refusal => ({ outcome: 'refused', code })
export const granted = (put?: Put): Success => (put ? { outcome: 'granted', put } : { outcome: 'granted' })

/** The allocation that a request is about: 437 without one, 441 if it is another user's (RFC 8656 section 5). */
export function ownAllocation({ allocation, sender }: TurnRequest): OpenAllocation | Refusal {
  if (allocation?.phase !== 'open') return refused(437)
  return allocation.sender.username === sender.username ? allocation : refused(441)
}

const names: Readonly<Partial<Record<Method, TurnMethod>>> = {
  createPermission: 'create-permission',
  channelBind: 'channel-bind',
  connectionBind: 'connection-bind',
  binding: 'binding',
  allocate: 'allocate',
  refresh: 'refresh',
  send: 'send',
  connect: 'connect',
}

/** How facts name a method. */
export const methodName = (method: Method | undefined): TurnMethod => (method && names[method]) ?? 'binding'
