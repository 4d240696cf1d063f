/** The metrics of the presence front end. */

export const presenceCounters = {
  heliograph_presence_users_came_total: { labels: [], help: 'Users who came online' },
  heliograph_presence_users_went_total: { labels: [], help: 'Users who went offline' },
  heliograph_presence_connected_total: { labels: [], help: 'Connections of users' },
  heliograph_presence_messages_total: { labels: [], help: 'Messages from user to user that were taken for delivery' },
  heliograph_presence_messages_refused_total: {
    labels: ['code'],
    help: 'Messages answered with an error, by its code',
  },
  heliograph_presence_closed_total: { labels: ['why'], help: 'Connections that the server closed, by reason' },
  heliograph_presence_tokens_refused_total: { labels: ['why'], help: 'Tokens that were not accepted, by reason' },
  heliograph_presence_provider_failures_total: {
    labels: ['provider'],
    help: 'OpenID providers whose keys could not be read; counted once for as long as the reason is the same',
  },
} as const

export const presenceGauges = {
  heliograph_presence_users: { labels: [], help: 'Users who are online' },
  heliograph_presence_connections: { labels: [], help: 'Connections that they have' },
} as const
