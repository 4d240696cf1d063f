/** What is worth noting of the presence front end and the OpenID providers, and how it is told. */
import type { TokenFault } from '../auth/oidc-token.ts'
import type { PresenceFact } from '../protocols/presence/facts.ts'
import type { Tellings } from './telling.ts'

export type PresenceWorldFact =
  /** After each change of them, and after each failure. */
  | { readonly fact: 'oidc-keys-read'; readonly provider: string; readonly keys: number }
  /** Told once for as long as the reason is the same. */
  | { readonly fact: 'oidc-provider-failed'; readonly provider: string; readonly why: string }
  /** `unavailable`: no keys are known by which it could be checked. */
  | {
      readonly fact: 'presence-token-refused'
      readonly why: TokenFault | 'missing' | 'unavailable'
      readonly address: string
    }

export const presenceTellings = {
  'presence-user-came': { level: 'info', text: 'a user is online', counts: ['heliograph_presence_users_came_total'] },
  'presence-user-went': { level: 'info', text: 'a user is offline', counts: ['heliograph_presence_users_went_total'] },
  'presence-connected': {
    level: 'debug',
    text: 'a user has connected',
    counts: ['heliograph_presence_connected_total'],
  },
  'presence-relayed': {
    level: 'trace',
    text: 'message from user to user',
    counts: ['heliograph_presence_messages_total'],
  },
  'presence-message-refused': {
    level: 'debug',
    text: 'a message from user to user was refused',
    counts: ['heliograph_presence_messages_refused_total'],
  },
  'presence-closed': {
    level: 'info',
    text: 'the connection of a user was closed',
    counts: ['heliograph_presence_closed_total'],
    hides: ['address'],
  },
  'presence-token-refused': {
    level: 'info',
    text: 'a token was not accepted',
    counts: ['heliograph_presence_tokens_refused_total'],
    hides: ['address'],
  },
  'oidc-keys-read': { level: 'info', text: 'the keys of an OpenID provider are known' },
  'oidc-provider-failed': {
    level: 'warn',
    text: 'the keys of an OpenID provider cannot be read',
    counts: ['heliograph_presence_provider_failures_total'],
  },
} as const satisfies Tellings<PresenceFact | PresenceWorldFact>
