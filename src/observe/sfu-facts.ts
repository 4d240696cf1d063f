/** What is worth noting of the SFU, and how it is told. */
import type { SfuFact } from '../sfu/facts.ts'
import type { Tellings } from './telling.ts'

export const sfuTellings = {
  'sfu-connected': { level: 'info', text: 'connected to the SFU' },
  'sfu-disconnected': {
    level: 'warn',
    text: 'the SFU cannot be reached; it is tried again',
    counts: ['signaling_mcu_connections_lost_total'],
  },
  'sfu-message-odd': {
    level: 'warn',
    text: 'the SFU said something that makes no sense',
    counts: ['signaling_mcu_messages_odd_total'],
  },
  'publisher-created': { level: 'info', text: 'somebody publishes', counts: ['signaling_mcu_publishers_total'] },
  'publisher-closed': { level: 'info', text: 'somebody publishes no more' },
  'subscriber-created': {
    level: 'debug',
    text: 'somebody receives a stream',
    counts: ['signaling_mcu_subscribers_total'],
  },
  'subscriber-closed': { level: 'debug', text: 'somebody receives a stream no more' },
  'waiting-for-publisher': {
    level: 'debug',
    text: 'a subscriber waits for its publisher',
    counts: ['signaling_mcu_nopublisher_total'],
  },
  'sfu-message': { level: 'trace', text: 'message for the SFU', counts: ['signaling_mcu_messages_total'] },
  'sfu-request-failed': {
    level: 'info',
    text: 'the SFU refused a request',
    counts: ['signaling_mcu_requests_failed_total'],
  },
  'proxy-refused-us': {
    level: 'warn',
    text: 'a media proxy refuses us; token_expired and token_not_valid_yet mean that its clock and ours differ',
  },
  'proxy-said-bye': { level: 'info', text: 'a media proxy ended our session' },
  'proxy-draining': { level: 'info', text: 'a media proxy is about to stop and takes nobody new' },
  'proxy-without-backend': { level: 'warn', text: 'a media proxy has no Janus and gets nobody new' },
  'proxy-with-backend': { level: 'info', text: 'a media proxy has its Janus again' },
  'no-proxy-available': {
    level: 'warn',
    text: 'no media proxy takes a publisher',
    counts: ['signaling_mcu_no_backend_available_total'],
  },
  'janus-events-odd': { level: 'warn', text: 'the event handler of Janus sent something else than events' },
  'janus-events-opened': { level: 'info', text: 'Janus reports what happens' },
  'janus-events-closed': { level: 'info', text: 'Janus reports no more' },
  'ice-state': { level: 'trace', text: 'state of ICE', counts: ['signaling_mcu_ice_state_total'] },
  'dtls-state': { level: 'trace', text: 'state of DTLS', counts: ['signaling_mcu_dtls_state_total'] },
  'peerconnection-state': {
    level: 'debug',
    text: 'a peer connection of Janus came up or was hung up',
    counts: ['signaling_mcu_peerconnection_state_total'],
  },
  'candidate-selected': {
    level: 'debug',
    text: 'ICE chose a candidate',
    counts: ['signaling_mcu_selected_candidate_total'],
  },
  'slow-link': {
    level: 'debug',
    text: 'Janus finds many packets lost',
    counts: ['signaling_mcu_slow_link_total'],
  },
  'media-rtt': {
    level: 'trace',
    text: 'round trip of media',
    measures: { histogram: 'signaling_mcu_media_rtt', field: 'milliseconds' },
  },
  'media-jitter': {
    level: 'trace',
    text: 'jitter of media',
    measures: { histogram: 'signaling_mcu_media_jitter', field: 'milliseconds' },
  },
  'media-codec': { level: 'trace', text: 'codec of media', counts: ['signaling_mcu_media_codecs_total'] },
  'media-bytes': { level: 'trace', text: 'bytes of media', counts: ['signaling_mcu_media_bytes_total'] },
  'media-nacks': { level: 'trace', text: 'NACKs', counts: ['signaling_mcu_media_nacks_total'] },
  'media-retransmissions': {
    level: 'trace',
    text: 'packets that came again',
    counts: ['signaling_mcu_media_retransmissions_total'],
  },
  'media-lost': { level: 'trace', text: 'packets that were lost', counts: ['signaling_mcu_media_lost_total'] },
} as const satisfies Tellings<SfuFact>
