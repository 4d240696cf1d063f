/** The metrics of the media proxy, under the names that the original's have. */

import type { MediaProxyCensus } from '../protocols/media-proxy/connection.ts'

export const proxyCounters = {
  signaling_proxy_sessions_total: { labels: [], help: 'Sessions that were opened at the media proxy' },
  signaling_proxy_sessions_resumed_total: {
    labels: [],
    help: 'Sessions of the media proxy that were taken up again on a new connection',
  },
  signaling_proxy_sessions_ended_total: {
    labels: ['why'],
    help: 'Sessions of the media proxy that ended, by what ended them',
  },
  signaling_proxy_publishers_total: { labels: ['type'], help: 'Publishers that were made at the media proxy' },
  signaling_proxy_subscribers_total: { labels: ['type'], help: 'Subscribers that were made at the media proxy' },
  signaling_proxy_command_messages_total: { labels: ['type'], help: 'Commands to the media proxy, by type' },
  signaling_proxy_payload_messages_total: { labels: ['type'], help: 'Payloads to the media proxy, by type' },
  signaling_proxy_token_errors_total: {
    labels: ['reason'],
    help: 'Tokens that the media proxy did not accept, by reason',
  },
  signaling_proxy_hello_refused_total: {
    labels: ['code'],
    help: 'Hellos to the media proxy that were refused, by the error code that the client got',
  },
  signaling_proxy_requests_failed_total: {
    labels: ['request'],
    help: 'Requests to the media proxy that Janus or another proxy did not carry out',
  },
  signaling_proxy_garbled_total: { labels: [], help: 'Frames to the media proxy that are no message' },
  signaling_proxy_remote_lost_total: {
    labels: [],
    help: 'Connections to other media proxies that were lost while streams came from there',
  },
} as const

export const proxyGauges = {
  signaling_proxy_sessions: {
    labels: [],
    help: 'Sessions at the media proxy, those without a connection included',
  },
  signaling_proxy_connections: {
    labels: [],
    help: 'WebSocket connections to the media proxy, those without a session included',
  },
  signaling_proxy_publishers: { labels: ['type'], help: 'Publishers at the media proxy' },
  signaling_proxy_subscribers: { labels: ['type'], help: 'Subscribers at the media proxy' },
  signaling_proxy_load: { labels: [], help: 'The load of the media proxy as signaling servers are told' },
} as const

type Set = (name: keyof typeof proxyGauges, labels: Readonly<Record<string, string>>, value: number) => void

export function readProxy({ sessions, connections, publishers, subscribers, load }: MediaProxyCensus, set: Set): void {
  set('signaling_proxy_sessions', {}, sessions)
  set('signaling_proxy_connections', {}, connections)
  for (const [type, count] of Object.entries(publishers)) set('signaling_proxy_publishers', { type }, count)
  for (const [type, count] of Object.entries(subscribers)) set('signaling_proxy_subscribers', { type }, count)
  set('signaling_proxy_load', {}, load.load)
}
