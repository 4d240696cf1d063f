/** What is counted of rooms of other servers. */

export const federationCounters = {
  signaling_federation_joins_total: {
    labels: ['backend'],
    help: 'Rooms of other signaling servers that were joined',
  },
  signaling_federation_failures_total: {
    labels: ['code'],
    help: 'Rooms of other signaling servers that could not be joined or were lost, by the error code that the client got',
  },
  signaling_federation_interruptions_total: {
    labels: [],
    help: 'Links to other signaling servers that broke and were tried again',
  },
  signaling_federation_resumptions_total: {
    labels: ['resumed'],
    help: 'Links to other signaling servers that came back, by whether nothing was lost',
  },
  signaling_federation_messages_refused_total: {
    labels: ['why'],
    help: 'Messages of other signaling servers that were not passed on',
  },
} as const

export const federationGauges = {
  signaling_federation_links: { labels: [], help: 'Links to other signaling servers, broken ones included' },
} as const
