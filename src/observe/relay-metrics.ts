/** The metrics of the relay front end and its webhooks. */

export const relayCounters = {
  heliograph_relay_joins_total: { labels: [], help: 'Members who entered a room of the relay' },
  heliograph_relay_leaves_total: { labels: [], help: 'Members who left a room of the relay' },
  heliograph_relay_unauthorized_total: {
    labels: ['why'],
    help: 'Frames at the relay answered with unauthorized, by reason',
  },
  heliograph_relay_ignored_total: { labels: ['what'], help: 'Frames at the relay without effect' },
  heliograph_relay_invalid_messages_total: {
    labels: ['why'],
    help: 'Messages answered with invalid_message, by reason',
  },
  heliograph_relay_closed_total: { labels: ['why'], help: 'Connections that the relay closed, by reason' },
  heliograph_relay_auth_failures_total: { labels: [], help: 'Questions for a password that nobody could answer' },
  heliograph_relay_callback_failures_total: { labels: ['event'], help: 'Callbacks that threw or took too long' },
  heliograph_webhook_calls_total: { labels: ['event'], help: 'Webhooks that their receiver took' },
  heliograph_webhook_failures_total: { labels: ['event'], help: 'Attempts to call a webhook that failed' },
  heliograph_webhook_given_up_total: { labels: ['event'], help: 'Webhooks that are not going to be called any more' },
  heliograph_webhook_outbox_errors_total: { labels: [], help: 'Failures to write webhooks down' },
} as const

export const relayHistograms = {
  heliograph_webhook_call_duration_seconds: {
    labels: ['event'],
    help: 'Seconds that a receiver took for a webhook',
    buckets: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
  },
} as const

export const relayGauges = {
  heliograph_relay_connections: {
    labels: [],
    help: 'Connections to the relay, those that have not authenticated included',
  },
  heliograph_relay_rooms: { labels: [], help: 'Rooms of the relay with somebody in them' },
  heliograph_relay_members: { labels: [], help: 'Members of all rooms of the relay' },
  heliograph_webhook_calls_waiting: { labels: [], help: 'Webhooks that were not taken yet' },
} as const
