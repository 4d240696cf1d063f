/** What is worth noting of the presence front end: each becomes one log line and one counter. */
import type { CloseWhy, ErrorCode } from './errors.ts'

export type PresenceFact =
  /** `users`: how many there are now. */
  | { readonly fact: 'presence-user-came'; readonly users: number }
  | { readonly fact: 'presence-user-went'; readonly users: number }
  /** `devices`: of the same user, with this one. */
  | { readonly fact: 'presence-connected'; readonly devices: number }
  | { readonly fact: 'presence-relayed'; readonly devices: number }
  | { readonly fact: 'presence-message-refused'; readonly code: ErrorCode }
  | { readonly fact: 'presence-closed'; readonly why: CloseWhy; readonly address: string }
