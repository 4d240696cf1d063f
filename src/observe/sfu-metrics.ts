/** The metrics of the SFU, with the names that dashboards for Nextcloud's server use. */
import type { Bandwidth } from '../sfu/janus/media-reports.ts'
import type { SfuCensus } from '../sfu/sfu.ts'

export const sfuCounters = {
  signaling_mcu_publishers_total: { labels: ['type'], help: 'Publishers that were made' },
  signaling_mcu_subscribers_total: { labels: ['type'], help: 'Subscribers that were made' },
  signaling_mcu_nopublisher_total: { labels: ['type'], help: 'Subscribers that had to wait for their publisher' },
  signaling_mcu_messages_total: { labels: ['type'], help: 'Messages for the SFU, by type' },
  signaling_mcu_no_backend_available_total: {
    labels: ['type'],
    help: 'Publishers for whom there was no media proxy',
  },
  signaling_mcu_connections_lost_total: { labels: [], help: 'Connections to Janus or a media proxy that were lost' },
  signaling_mcu_requests_failed_total: { labels: ['request'], help: 'Requests that Janus or a media proxy refused' },
  signaling_mcu_messages_odd_total: { labels: [], help: 'Messages of Janus or a media proxy that make no sense' },
  signaling_mcu_selected_candidate_total: {
    labels: ['origin', 'type', 'transport', 'family'],
    help: 'Candidates that ICE chose, Janus’ own (local) and those of clients (remote)',
  },
  signaling_mcu_peerconnection_state_total: {
    labels: ['state', 'reason'],
    help: 'Peer connections of Janus that came up or were hung up',
  },
  signaling_mcu_ice_state_total: { labels: ['state'], help: 'States that ICE went through' },
  signaling_mcu_dtls_state_total: { labels: ['state'], help: 'States that DTLS went through' },
  signaling_mcu_slow_link_total: {
    labels: ['media', 'direction'],
    help: 'Times that Janus found many packets lost on a way',
  },
  signaling_mcu_media_codecs_total: { labels: ['media', 'codec'], help: 'Media that began or changed, by codec' },
  signaling_mcu_media_nacks_total: { labels: ['media', 'direction'], help: 'Requests to send a packet again' },
  signaling_mcu_media_retransmissions_total: { labels: ['media'], help: 'Packets that were received again' },
  signaling_mcu_media_bytes_total: { labels: ['media', 'direction'], help: 'Bytes of media through Janus' },
  signaling_mcu_media_lost_total: {
    labels: ['media', 'origin'],
    help: 'Packets of media that were lost, as Janus sees it (local) and as clients report it (remote)',
  },
} as const

export const sfuHistograms = {
  signaling_mcu_media_rtt: {
    labels: ['media'],
    help: 'Milliseconds from Janus to a client and back',
    buckets: [1, 2, 5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 2000, 5000, 10_000],
  },
  signaling_mcu_media_jitter: {
    labels: ['media', 'origin'],
    help: 'Jitter of media in milliseconds, as Janus sees it (local) and as clients report it (remote)',
    buckets: [1, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000, 2000],
  },
} as const

export const sfuGauges = {
  signaling_mcu_publishers: { labels: ['type'], help: 'Publishers' },
  signaling_mcu_subscribers: { labels: ['type'], help: 'Subscribers' },
  signaling_mcu_publisher_streams: { labels: ['type'], help: 'Media that Janus receives' },
  signaling_mcu_subscriber_streams: { labels: ['type'], help: 'Media that Janus passes on, once for each subscriber' },
  signaling_mcu_connections: { labels: [], help: 'Connections to Janus or to media proxies' },
  signaling_mcu_backend_connections: { labels: ['country'], help: 'Connections to media proxies' },
  signaling_mcu_backend_load: { labels: ['url'], help: 'What a media proxy tells of its load' },
  signaling_mcu_backend_usage: {
    labels: ['url', 'direction'],
    help: 'Percent of the bandwidth that a media proxy may use; 0 without a limit',
  },
  signaling_mcu_backend_bandwidth: { labels: ['url', 'direction'], help: 'Bytes per second through a media proxy' },
  signaling_mcu_bandwidth: {
    labels: ['direction'],
    help: 'Bytes per second through Janus; absent unless its event handler reports to us',
  },
} as const

/** What is read of an SFU when somebody asks for the metrics. */
export interface WatchedSfu {
  readonly census: SfuCensus
  /** Undefined while no event handler of Janus is connected. */
  readonly bandwidth: Bandwidth | undefined
}

type Set = (name: keyof typeof sfuGauges, labels: Readonly<Record<string, string>>, value: number) => void

export function readSfu({ census, bandwidth }: WatchedSfu, set: Set): void {
  const byType = (name: keyof typeof sfuGauges, counts: SfuCensus['publisherStreams']): void => {
    for (const [type, count] of Object.entries(counts ?? {})) set(name, { type }, count)
  }
  byType('signaling_mcu_publishers', census.publishers)
  byType('signaling_mcu_subscribers', census.subscribers)
  byType('signaling_mcu_publisher_streams', census.publisherStreams)
  byType('signaling_mcu_subscriber_streams', census.subscriberStreams)
  set('signaling_mcu_connections', {}, census.connections)
  if (bandwidth) {
    for (const direction of directions) set('signaling_mcu_bandwidth', { direction }, bandwidth[direction])
  }
  readProxies(census.proxies ?? [], set)
}

const directions = ['incoming', 'outgoing'] as const

function readProxies(proxies: NonNullable<SfuCensus['proxies']>, set: Set): void {
  const ofCountry = new Map<string, number>()
  for (const { url, country, load, usage, bandwidth } of proxies) {
    ofCountry.set(country, (ofCountry.get(country) ?? 0) + 1)
    set('signaling_mcu_backend_load', { url }, load)
    for (const direction of directions) {
      set('signaling_mcu_backend_usage', { url, direction }, usage[direction] ?? 0)
      set('signaling_mcu_backend_bandwidth', { url, direction }, bandwidth?.[direction] ?? 0)
    }
  }
  for (const [country, count] of ofCountry) set('signaling_mcu_backend_connections', { country }, count)
}
