/** The package as a library: the relay and the STUN/TURN server in a program of your own. See docs/library.md. */

export type { IceServer } from './auth/ice-servers.ts'
export { isGenuineWebhook, signatureHeader, type WebhookToCheck } from './auth/webhook-signature.ts'
export { type EmbeddedTurn, type EmbeddedTurnOptions, startTurn, type TurnServerSettings } from './embedded-turn.ts'
export {
  type AuthFunction,
  createRelayHandler,
  type RelayCallback,
  type RelayHandler,
  type RelayHandlerOptions,
} from './front-ends/relay-handler.ts'
export type { Fact } from './observe/facts.ts'
export type { PeerEntry } from './protocols/relay/connection.ts'
