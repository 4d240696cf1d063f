/** What is worth noting of the media proxy, and how it is told. */
import type { MediaProxyFact } from '../protocols/media-proxy/facts.ts'
import type { Tellings } from './telling.ts'

/** The others are told as those of Talk are. */
type Own = Exclude<MediaProxyFact, { readonly fact: 'attempt-delayed' | 'attempt-refused' }>

export const proxyTellings = {
  'proxy-session-opened': {
    level: 'info',
    text: 'a session was opened at this media proxy',
    counts: ['signaling_proxy_sessions_total'],
  },
  'proxy-session-resumed': {
    level: 'info',
    text: 'a session was resumed at this media proxy',
    counts: ['signaling_proxy_sessions_resumed_total'],
  },
  'proxy-session-parked': { level: 'info', text: 'connection lost; the session waits for its client' },
  'proxy-session-ended': {
    level: 'info',
    text: 'a session at this media proxy ended, with all its publishers and subscribers',
    counts: ['signaling_proxy_sessions_ended_total'],
  },
  'proxy-hello-refused': {
    level: 'info',
    text: 'hello refused',
    counts: ['signaling_proxy_hello_refused_total'],
    hides: ['address'],
  },
  'proxy-token-refused': {
    level: 'warn',
    text: 'a token was not accepted',
    counts: ['signaling_proxy_token_errors_total'],
  },
  'proxy-frame-garbled': {
    level: 'debug',
    text: 'a frame is no message',
    counts: ['signaling_proxy_garbled_total'],
  },
  'proxy-command': { level: 'debug', text: 'command received', counts: ['signaling_proxy_command_messages_total'] },
  'proxy-payload': { level: 'debug', text: 'payload received', counts: ['signaling_proxy_payload_messages_total'] },
  'proxy-publisher-created': {
    level: 'info',
    text: 'somebody publishes through this media proxy',
    counts: ['signaling_proxy_publishers_total'],
  },
  'proxy-publisher-ended': { level: 'info', text: 'somebody publishes through this media proxy no more' },
  'proxy-subscriber-created': {
    level: 'debug',
    text: 'somebody receives a stream through this media proxy',
    counts: ['signaling_proxy_subscribers_total'],
  },
  'proxy-subscriber-ended': { level: 'debug', text: 'somebody receives a stream through this media proxy no more' },
  'proxy-request-failed': {
    level: 'info',
    text: 'a request could not be carried out',
    counts: ['signaling_proxy_requests_failed_total'],
  },
  'other-proxy-connected': { level: 'info', text: 'connected to another media proxy' },
  'other-proxy-lost': {
    level: 'warn',
    text: 'the connection to another media proxy is lost',
    counts: ['signaling_proxy_remote_lost_total'],
  },
  'other-proxy-odd': { level: 'warn', text: 'another media proxy said something that makes no sense' },
  'draining-begun': { level: 'info', text: 'no new publishers and sessions; ends when the last client is gone' },
} as const satisfies Tellings<Own>
