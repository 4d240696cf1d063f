/** What is worth noting, and for each such fact the one row that says how it is told. */

import type { AdmissionFact } from '../protocols/admission/facts.ts'
import type { MediaProxyFact } from '../protocols/media-proxy/facts.ts'
import type { PresenceFact } from '../protocols/presence/facts.ts'
import type { RelayFact } from '../protocols/relay/facts.ts'
import type { TalkFact } from '../protocols/talk/facts.ts'
import type { SfuFact } from '../sfu/facts.ts'
import type { TurnFact } from '../turn/facts.ts'
import { admissionTellings } from './admission-facts.ts'
import { federationTellings } from './federation-facts.ts'
import { type PresenceWorldFact, presenceTellings } from './presence-facts.ts'
import { proxyTellings } from './proxy-facts.ts'
import { type RelayWorldFact, relayTellings } from './relay-facts.ts'
import { sfuTellings } from './sfu-facts.ts'
import type { Tellings } from './telling.ts'
import { type TurnWorldFact, turnTellings } from './turn-facts.ts'

/** What sockets, files, signals and HTTP bring up. */
export type WorldFact =
  | TurnWorldFact
  | PresenceWorldFact
  | RelayWorldFact
  /** A bug; `error` is the stack of what was thrown. */
  | { readonly fact: 'machine-broke'; readonly where: string; readonly error: string }
  | { readonly fact: 'listening'; readonly address: string; readonly tls: boolean }
  | { readonly fact: 'stopping'; readonly signal: string }
  | { readonly fact: 'stopped' }
  | { readonly fact: 'reloaded'; readonly taken: readonly string[]; readonly needRestart: readonly string[] }
  | { readonly fact: 'config-fault'; readonly message: string; readonly severity: 'error' | 'warning' }
  | { readonly fact: 'certificate-loaded'; readonly file: string; readonly validTo: string }
  | { readonly fact: 'certificate-unusable'; readonly file: string; readonly error: string }
  | { readonly fact: 'room-request-refused'; readonly status: number; readonly why: string; readonly address: string }
  /** After every request to Nextcloud, failed or not. */
  | { readonly fact: 'backend-asked'; readonly backend: string; readonly seconds: number }
  /** After a failed one, in addition; `error` is one of a few words such as `timeout`, `why` is for people. */
  | { readonly fact: 'backend-failed'; readonly backend: string; readonly error: string; readonly why: string }
  /** A token of a hello that was not accepted; `skew` is by how many seconds it missed its time. */
  | { readonly fact: 'token-refused'; readonly backend: string; readonly why: string; readonly skew: number }
  | { readonly fact: 'upgrade-refused'; readonly address: string; readonly why: string }
  | { readonly fact: 'ping-rtt'; readonly milliseconds: number }
  /** `from`: path or host; `built`: when its maker made it. */
  | { readonly fact: 'countries-loaded'; readonly from: string; readonly built: string }
  | { readonly fact: 'countries-unusable'; readonly from: string; readonly error: string }

export type Fact = AdmissionFact | MediaProxyFact | PresenceFact | TalkFact | RelayFact | SfuFact | TurnFact | WorldFact
export type FactName = Fact['fact']

/** A fact without a row does not compile, nor does a counter with a label that its fact lacks. */
export const tellings = {
  'session-opened': { level: 'info', text: 'session opened', counts: ['signaling_hub_sessions_total'] },
  'country-seen': { level: 'trace', text: 'country of a new session', counts: ['signaling_client_countries_total'] },
  'countries-loaded': { level: 'info', text: 'the database of countries is loaded' },
  'countries-unusable': { level: 'warn', text: 'the database of countries cannot be had; it is tried again' },
  'session-resumed': { level: 'info', text: 'session resumed', counts: ['signaling_hub_sessions_resume_total'] },
  'resume-failed': {
    level: 'info',
    text: 'a session could not be resumed',
    counts: ['signaling_hub_sessions_resume_failed_total'],
    hides: ['address'],
  },
  'session-parked': {
    level: 'info',
    text: 'connection lost; the session waits for its client',
    counts: ['signaling_hub_sessions_parked_total'],
  },
  'session-ended': { level: 'info', text: 'session ended', counts: ['signaling_hub_sessions_ended_total'] },
  'queue-overflowed': {
    level: 'info',
    text: 'more waits for a session than may wait',
    counts: ['signaling_client_queue_overflows_total'],
  },
  'hello-refused': {
    level: 'info',
    text: 'hello refused',
    counts: ['signaling_hub_hello_refused_total'],
    hides: ['address'],
  },
  'session-limit-exceeded': {
    level: 'warn',
    text: 'hello refused: the backend has as many sessions as its sessionlimit allows',
    counts: ['signaling_backend_session_limit_exceeded_total'],
  },
  'attempt-delayed': {
    level: 'warn',
    text: 'failed attempt; its refusal is held back',
    counts: ['signaling_throttle_delayed_total'],
  },
  'attempt-refused': {
    level: 'warn',
    text: 'attempt refused after too many failures from this address',
    counts: ['signaling_throttle_bruteforce_total'],
  },
  'message-received': { level: 'trace', text: 'message received', counts: ['signaling_server_messages_total'] },
  'frame-garbled': {
    level: 'debug',
    text: 'a frame is no message',
    counts: ['signaling_client_garbled_total'],
  },
  'message-unknown': {
    level: 'debug',
    text: 'message of an unknown type',
    counts: ['signaling_server_messages_unknown_total'],
  },
  'message-ignored': {
    level: 'debug',
    text: 'message without effect',
    counts: ['signaling_server_messages_ignored_total'],
  },
  'inbox-overflowed': {
    level: 'info',
    text: 'connection closed: it sent too much while Nextcloud was asked',
    counts: ['signaling_client_inbox_overflows_total'],
    hides: ['address'],
  },
  'room-joined': { level: 'info', text: 'room joined' },
  'room-left': { level: 'info', text: 'room left' },
  'call-started': { level: 'info', text: 'call started', counts: ['signaling_call_rooms_total'] },
  'call-joined': { level: 'info', text: 'call joined', counts: ['signaling_call_sessions_total'] },
  'media-refused': {
    level: 'info',
    text: 'a message about media was refused',
    counts: ['signaling_media_refused_total'],
  },
  'stream-lost': {
    level: 'warn',
    text: 'the SFU lost a stream; its publisher is asked to publish again',
    counts: ['signaling_media_streams_lost_total'],
  },
  'stream-revoked': { level: 'info', text: 'a stream was ended because the permission for it is gone' },
  'backend-refused': {
    level: 'info',
    text: 'Nextcloud did not grant what it was asked for',
    counts: ['signaling_backend_client_refused_total'],
  },
  'backend-request-stale': {
    level: 'debug',
    text: 'a request of Nextcloud was overtaken by a later one',
    counts: ['signaling_backend_server_requests_stale_total'],
  },
  'machine-broke': {
    level: 'error',
    text: 'a bug in this server showed itself',
    counts: ['signaling_server_internal_errors_total'],
  },
  listening: { level: 'info', text: 'listening' },
  stopping: { level: 'info', text: 'stopping' },
  stopped: { level: 'info', text: 'stopped' },
  reloaded: { level: 'info', text: 'configuration read again' },
  'config-fault': { level: 'warn', text: 'something is wrong with the configuration' },
  'certificate-loaded': { level: 'info', text: 'certificate loaded' },
  'certificate-unusable': { level: 'error', text: 'certificate not usable; the one before stays' },
  'room-request-refused': {
    level: 'warn',
    text: 'a request of Nextcloud was refused',
    counts: ['signaling_backend_server_requests_refused_total'],
  },
  'backend-asked': {
    level: 'debug',
    text: 'Nextcloud was asked',
    counts: ['signaling_backend_client_requests_total'],
    measures: { histogram: 'signaling_backend_client_requests_duration', field: 'seconds' },
  },
  'backend-failed': {
    level: 'warn',
    text: 'Nextcloud gave no usable answer',
    counts: ['signaling_backend_client_requests_errors_total'],
  },
  'token-refused': {
    level: 'warn',
    text: 'the token of a hello was not accepted',
    counts: ['signaling_backend_tokens_refused_total'],
  },
  'upgrade-refused': {
    level: 'info',
    text: 'a WebSocket connection was refused',
    counts: ['signaling_client_upgrades_refused_total'],
    hides: ['address'],
  },
  'ping-rtt': {
    level: 'trace',
    text: 'pong received',
    measures: { histogram: 'signaling_client_rtt', field: 'milliseconds' },
  },
  ...relayTellings,
  ...presenceTellings,
  ...admissionTellings,
  ...sfuTellings,
  ...federationTellings,
  ...proxyTellings,
  ...turnTellings,
} as const satisfies Tellings<Fact>
