/** Every metric: its name, its labels and what it means. Those of signaling have the names that dashboards for Nextcloud's server use. */

import { clientMessages } from '../protocols/talk/messages/index.ts'
import { admissionCounters, admissionGauges } from './admission-metrics.ts'
import { coturnMetrics } from './coturn-metrics.ts'
import { federationCounters, federationGauges } from './federation-metrics.ts'
import { presenceCounters, presenceGauges } from './presence-metrics.ts'
import { proxyCounters, proxyGauges } from './proxy-metrics.ts'
import { relayCounters, relayGauges, relayHistograms } from './relay-metrics.ts'
import { sfuCounters, sfuGauges, sfuHistograms } from './sfu-metrics.ts'
import { turnCounters, turnGauges, turnHistograms, turnTotals } from './turn-metrics.ts'

interface Metric {
  readonly labels: readonly string[]
  readonly help: string
}

/** Counted up by facts. A label is filled from the fact's field of the same name. */
export const counters = {
  signaling_hub_sessions_total: {
    labels: ['backend', 'clienttype'],
    help: 'Sessions that were opened, virtual ones included',
  },
  signaling_hub_sessions_resume_total: {
    labels: ['backend', 'clienttype'],
    help: 'Sessions that a client took up again on a new connection',
  },
  signaling_hub_sessions_resume_failed_total: {
    labels: [],
    help: 'Attempts to take up a session that was gone or had never been',
  },
  signaling_hub_sessions_ended_total: {
    labels: ['backend', 'why'],
    help: 'Sessions that ended, by what ended them',
  },
  signaling_hub_sessions_parked_total: {
    labels: [],
    help: 'Sessions whose connection was lost; they wait for their client',
  },
  signaling_hub_hello_refused_total: {
    labels: ['code'],
    help: 'Hellos that were refused, by the error code that the client got',
  },
  signaling_backend_session_limit_exceeded_total: {
    labels: ['backend'],
    help: 'Hellos refused because the backend has as many sessions as its sessionlimit allows',
  },
  signaling_backend_client_requests_total: {
    labels: ['backend'],
    help: 'Requests sent to Nextcloud, failed ones included',
  },
  signaling_backend_client_requests_errors_total: {
    labels: ['backend', 'error'],
    help: 'Requests to Nextcloud without a usable answer, by what went wrong',
  },
  signaling_backend_client_refused_total: {
    labels: ['backend', 'what', 'code'],
    help: 'What Nextcloud was asked for and did not grant',
  },
  signaling_backend_tokens_refused_total: {
    labels: ['backend'],
    help: 'Hellos whose token was not accepted: badly signed, expired, or by a clock that goes wrong',
  },
  signaling_backend_server_requests_refused_total: {
    labels: ['status'],
    help: 'Requests of Nextcloud that were refused, by the HTTP status it got',
  },
  signaling_backend_server_requests_stale_total: {
    labels: ['backend', 'type'],
    help: 'Requests of Nextcloud that were left out because a later one had already come in',
  },
  signaling_server_messages_total: {
    labels: ['type'],
    help: 'Messages from clients, by type',
  },
  signaling_server_messages_ignored_total: {
    labels: ['type'],
    help: 'Messages from clients that had no effect, such as those without a recipient or a permission',
  },
  signaling_server_messages_unknown_total: {
    labels: [],
    help: 'Messages from clients of a type that this server does not know',
  },
  signaling_server_internal_errors_total: {
    labels: [],
    help: 'Bugs of this server that showed: every one of them is in the log with its place',
  },
  signaling_client_countries_total: { labels: ['country'], help: 'New sessions, by the country of their address' },
  signaling_client_garbled_total: {
    labels: [],
    help: 'Frames from clients that are no message',
  },
  signaling_client_queue_overflows_total: {
    labels: ['backend'],
    help: 'Sessions that were ended because more waited for them than may wait',
  },
  signaling_client_inbox_overflows_total: {
    labels: [],
    help: 'Connections that were closed for sending too much while an answer of Nextcloud was awaited',
  },
  signaling_client_upgrades_refused_total: {
    labels: [],
    help: 'WebSocket connections that were refused before they began',
  },
  signaling_throttle_delayed_total: {
    labels: ['action', 'delay'],
    help: 'Failed attempts whose refusal was held back, by the delay in milliseconds',
  },
  signaling_throttle_bruteforce_total: {
    labels: ['action'],
    help: 'Attempts refused unseen after too many failures from the same address',
  },
  signaling_call_sessions_total: {
    labels: ['backend', 'clienttype'],
    help: 'Sessions that entered a call',
  },
  signaling_media_refused_total: { labels: ['code'], help: 'Messages about media that were refused, by error' },
  signaling_media_streams_lost_total: { labels: ['type'], help: 'Streams that went with the SFU, asked for again' },
  signaling_call_rooms_total: {
    labels: ['backend'],
    help: 'Calls that began in a room',
  },
  ...federationCounters,
  ...relayCounters,
  ...presenceCounters,
  ...admissionCounters,
  ...sfuCounters,
  ...proxyCounters,
  ...turnCounters,
} as const satisfies Readonly<Record<string, Metric>>

/** Measured by facts. */
export const histograms = {
  signaling_backend_client_requests_duration: {
    labels: ['backend'],
    help: 'Seconds until Nextcloud answered or the request failed',
    buckets: [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 20, 30],
  },
  signaling_client_rtt: {
    labels: [],
    help: 'Milliseconds from a WebSocket ping to its pong',
    buckets: [1, 2, 5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 2000, 5000, 10_000, 30_000],
  },
  ...relayHistograms,
  ...sfuHistograms,
  ...turnHistograms,
} as const satisfies Readonly<Record<string, Metric & { readonly buckets: readonly number[] }>>

/** Read anew whenever somebody asks for the metrics. */
export const gauges = {
  signaling_hub_rooms: { labels: ['backend'], help: 'Rooms with somebody in them' },
  signaling_hub_sessions: { labels: ['backend', 'clienttype'], help: 'Sessions, parked and virtual ones included' },
  signaling_hub_connections: { labels: [], help: 'WebSocket connections, those without a session included' },
  signaling_room_sessions: { labels: ['backend', 'room', 'clienttype'], help: 'Sessions in a room' },
  signaling_call_sessions: { labels: ['backend', 'room', 'clienttype'], help: 'Sessions in the call of a room' },
  signaling_backend_current: { labels: [], help: 'Backends in the configuration' },
  signaling_backend_session_limit: {
    labels: ['backend'],
    help: 'How many sessions a backend may have; absent where there is no limit',
  },
  signaling_http_client_pool_connections: { labels: ['host'], help: 'Connections for requests to a Nextcloud' },
  ...federationGauges,
  ...relayGauges,
  ...presenceGauges,
  ...admissionGauges,
  ...sfuGauges,
  ...proxyGauges,
  ...turnGauges,
  process_start_time_seconds: { labels: [], help: 'When the process was started, in seconds since 1970' },
  process_resident_memory_bytes: { labels: [], help: 'Memory that the process holds' },
  process_virtual_memory_bytes: { labels: [], help: 'Address space that the process has reserved (Linux)' },
  process_open_fds: { labels: [], help: 'Open file descriptors (Linux)' },
  process_max_fds: { labels: [], help: 'How many file descriptors may be open (Linux)' },
} as const satisfies Readonly<Record<string, Metric>>

/** Totals that are counted elsewhere and read whenever somebody asks for the metrics. */
export const totals = {
  signaling_client_bytes_total: { labels: ['direction'], help: 'Bytes of WebSocket messages, by direction' },
  signaling_client_messages_total: { labels: ['direction'], help: 'WebSocket messages, by direction' },
  ...turnTotals,
  process_cpu_user_seconds_total: { labels: [], help: 'CPU time spent in the program itself' },
  process_cpu_system_seconds_total: { labels: [], help: 'CPU time that the kernel spent for the program' },
  process_cpu_seconds_total: { labels: [], help: 'CPU time altogether' },
} as const satisfies Readonly<Record<string, Metric>>

export type CounterName = keyof typeof counters
export type HistogramName = keyof typeof histograms
export type GaugeName = keyof typeof gauges
export type TotalName = keyof typeof totals

/** Series that begin at 0, so that the first event of a kind shows as an increase. */
export const startingAtZero: readonly {
  readonly counter: CounterName
  readonly labels: Readonly<Record<string, string>>
}[] = [
  ...Object.keys(clientMessages).map(
    (type) => ({ counter: 'signaling_server_messages_total', labels: { type } }) as const,
  ),
  ...['BackendRoomAuth', 'HelloInternal', 'HelloResume'].map(
    (action) => ({ counter: 'signaling_throttle_bruteforce_total', labels: { action } }) as const,
  ),
]

/** What a session can be; for each configured backend there is a series of each. */
export const clientTypes = ['client', 'internal', 'federation', 'virtual'] as const

interface MetricRow extends Metric {
  readonly name: string
  readonly type: 'counter' | 'histogram' | 'gauge'
}

/** For the reference page: all of them, by name. */
export const metricRows: readonly MetricRow[] = [
  ...rows(counters, 'counter'),
  ...rows(totals, 'counter'),
  ...rows(histograms, 'histogram'),
  ...rows(gauges, 'gauge'),
].sort((a, b) => (a.name < b.name ? -1 : 1))

/** Those that are told with `[turn-server] coturnmetrics` only. */
export const coturnRows: readonly MetricRow[] = Object.entries(coturnMetrics).map(([name, metric]) => ({
  name,
  ...metric,
}))

function rows(metrics: Readonly<Record<string, Metric>>, type: MetricRow['type']): readonly MetricRow[] {
  return Object.entries(metrics).map(([name, { labels, help }]) => ({ name, type, labels, help }))
}
