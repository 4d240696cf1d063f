/** The metrics of the presence front end. */

export const presenceCounters = {
  presence_users_came_total: { labels: [], help: 'Users who came online' },
  presence_users_went_total: { labels: [], help: 'Users who went offline' },
  presence_connected_total: { labels: [], help: 'Connections of users' },
  presence_messages_total: { labels: [], help: 'Messages from user to user that were taken for delivery' },
  presence_messages_refused_total: { labels: ['code'], help: 'Messages answered with an error, by its code' },
  presence_closed_total: { labels: ['why'], help: 'Connections that the server closed, by reason' },
  presence_tokens_refused_total: { labels: ['why'], help: 'Tokens that were not accepted, by reason' },
  presence_provider_failures_total: {
    labels: ['provider'],
    help: 'OpenID providers whose keys could not be read; counted once for as long as the reason is the same',
  },
} as const

export const presenceGauges = {
  presence_users: { labels: [], help: 'Users who are online' },
  presence_connections: { labels: [], help: 'Connections that they have' },
} as const
