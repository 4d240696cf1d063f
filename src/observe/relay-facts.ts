/** What is worth noting of the relay front end and its webhooks, and how it is told. */
import type { RelayFact } from '../protocols/relay/facts.ts'
import type { HookEvent } from '../protocols/relay/vocabulary.ts'
import type { Tellings } from './telling.ts'

export type OutboxFact =
  | { readonly fact: 'webhook-taken'; readonly event: HookEvent; readonly attempts: number; readonly seconds: number }
  | {
      /** The first attempt, which somebody should hear of, and all that follow. */
      readonly fact: 'webhook-failed' | 'webhook-failed-again'
      readonly event: HookEvent
      readonly room: string
      readonly id: string
      readonly why: string
      readonly attempts: number
    }
  | {
      readonly fact: 'webhook-given-up'
      readonly event: HookEvent
      readonly room: string
      readonly id: string
      readonly why: string
    }
  | { readonly fact: 'outbox-found'; readonly calls: number }
  | { readonly fact: 'outbox-failed'; readonly error: string }

export type RelayWorldFact =
  | OutboxFact
  /** Nobody could say the password of a name. */
  | { readonly fact: 'relay-auth-failed'; readonly why: string }
  /** A function of the program that has us in it threw, or took too long. */
  | { readonly fact: 'relay-callback-failed'; readonly event: HookEvent; readonly room: string; readonly why: string }

export const relayTellings = {
  'relay-joined': {
    level: 'info',
    text: 'somebody entered a room of the relay',
    counts: ['heliograph_relay_joins_total'],
    hides: ['username'],
  },
  'relay-left': {
    level: 'info',
    text: 'somebody left a room of the relay',
    counts: ['heliograph_relay_leaves_total'],
    hides: ['username'],
  },
  'relay-unauthorized': {
    level: 'info',
    text: 'unauthorized at the relay',
    counts: ['heliograph_relay_unauthorized_total'],
    hides: ['address'],
  },
  'relay-ignored': {
    level: 'debug',
    text: 'a frame for the relay has no effect',
    counts: ['heliograph_relay_ignored_total'],
  },
  'relay-invalid-message': {
    level: 'debug',
    text: 'a message for the relay that goes nowhere',
    counts: ['heliograph_relay_invalid_messages_total'],
  },
  'relay-closed': {
    level: 'info',
    text: 'a connection to the relay was closed',
    counts: ['heliograph_relay_closed_total'],
    hides: ['address'],
  },
  'relay-auth-failed': {
    level: 'warn',
    text: 'nobody could say a password',
    counts: ['heliograph_relay_auth_failures_total'],
  },
  'relay-callback-failed': {
    level: 'warn',
    text: 'a callback of the relay failed',
    counts: ['heliograph_relay_callback_failures_total'],
  },
  'webhook-taken': {
    level: 'debug',
    text: 'webhook called',
    counts: ['heliograph_webhook_calls_total'],
    measures: { histogram: 'heliograph_webhook_call_duration_seconds', field: 'seconds' },
  },
  'webhook-failed': {
    level: 'warn',
    text: 'webhook failed; it is tried again',
    counts: ['heliograph_webhook_failures_total'],
  },
  'webhook-failed-again': {
    level: 'debug',
    text: 'webhook failed again',
    counts: ['heliograph_webhook_failures_total'],
  },
  'webhook-given-up': { level: 'error', text: 'webhook given up', counts: ['heliograph_webhook_given_up_total'] },
  'outbox-found': { level: 'info', text: 'webhooks of the last run are called now' },
  'outbox-failed': {
    level: 'error',
    text: 'webhooks cannot be written down; they are in memory only',
    counts: ['heliograph_webhook_outbox_errors_total'],
  },
} as const satisfies Tellings<RelayFact | RelayWorldFact>
