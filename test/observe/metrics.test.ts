import { expect, test } from 'bun:test'
import { metricRows } from '../../src/observe/metrics.ts'

/** What the original's page lists of hub, client, backend, throttle, room, call, pool and SFU. */
const original: Readonly<Record<string, readonly [type: string, ...labels: string[]]>> = {
  signaling_backend_session_limit: ['gauge', 'backend'],
  signaling_backend_session_limit_exceeded_total: ['counter', 'backend'],
  signaling_backend_current: ['gauge'],
  signaling_backend_client_requests_total: ['counter', 'backend'],
  signaling_backend_client_requests_duration: ['histogram', 'backend'],
  signaling_backend_client_requests_errors_total: ['counter', 'backend', 'error'],
  signaling_hub_rooms: ['gauge', 'backend'],
  signaling_hub_sessions: ['gauge', 'backend', 'clienttype'],
  signaling_hub_sessions_total: ['counter', 'backend', 'clienttype'],
  signaling_hub_sessions_resume_total: ['counter', 'backend', 'clienttype'],
  signaling_hub_sessions_resume_failed_total: ['counter'],
  signaling_room_sessions: ['gauge', 'backend', 'room', 'clienttype'],
  signaling_server_messages_total: ['counter', 'type'],
  signaling_http_client_pool_connections: ['gauge', 'host'],
  signaling_throttle_delayed_total: ['counter', 'action', 'delay'],
  signaling_throttle_bruteforce_total: ['counter', 'action'],
  signaling_client_countries_total: ['counter', 'country'],
  signaling_client_rtt: ['histogram'],
  signaling_client_bytes_total: ['counter', 'direction'],
  signaling_client_messages_total: ['counter', 'direction'],
  signaling_call_sessions: ['gauge', 'backend', 'room', 'clienttype'],
  signaling_call_sessions_total: ['counter', 'backend', 'clienttype'],
  signaling_call_rooms_total: ['counter', 'backend'],
  signaling_mcu_publishers: ['gauge', 'type'],
  signaling_mcu_publishers_total: ['counter', 'type'],
  signaling_mcu_subscribers: ['gauge', 'type'],
  signaling_mcu_subscribers_total: ['counter', 'type'],
  signaling_mcu_nopublisher_total: ['counter', 'type'],
  signaling_mcu_messages_total: ['counter', 'type'],
  signaling_mcu_publisher_streams: ['gauge', 'type'],
  signaling_mcu_subscriber_streams: ['gauge', 'type'],
  signaling_mcu_backend_connections: ['gauge', 'country'],
  signaling_mcu_backend_load: ['gauge', 'url'],
  signaling_mcu_no_backend_available_total: ['counter', 'type'],
  signaling_mcu_bandwidth: ['gauge', 'direction'],
  signaling_mcu_backend_usage: ['gauge', 'url', 'direction'],
  signaling_mcu_backend_bandwidth: ['gauge', 'url', 'direction'],
  signaling_mcu_selected_candidate_total: ['counter', 'origin', 'type', 'transport', 'family'],
  signaling_mcu_peerconnection_state_total: ['counter', 'state', 'reason'],
  signaling_mcu_ice_state_total: ['counter', 'state'],
  signaling_mcu_dtls_state_total: ['counter', 'state'],
  signaling_mcu_slow_link_total: ['counter', 'media', 'direction'],
  signaling_mcu_media_rtt: ['histogram', 'media'],
  signaling_mcu_media_jitter: ['histogram', 'media', 'origin'],
  signaling_mcu_media_codecs_total: ['counter', 'media', 'codec'],
  signaling_mcu_media_nacks_total: ['counter', 'media', 'direction'],
  signaling_mcu_media_retransmissions_total: ['counter', 'media'],
  signaling_mcu_media_bytes_total: ['counter', 'media', 'direction'],
  signaling_mcu_media_lost_total: ['counter', 'media', 'origin'],
}

test.each(Object.entries(original))(
  '%s has the type and the labels that dashboards expect',
  (name, [type, ...labels]) => {
    expect(metricRows.find((row) => row.name === name)).toMatchObject({ name, type, labels })
  },
)

test('names and labels are such as Prometheus accepts, and no metric is there twice', () => {
  for (const { name, type, labels, help } of metricRows) {
    expect(name).toMatch(/^(signaling|heliograph|process)_[a-z_]+$/)
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
    for (const label of labels) expect(label).toMatch(/^[a-z]+$/)
    expect(help).not.toBe('')
  }
  expect(new Set(metricRows.map(({ name }) => name)).size).toBe(metricRows.length)
})

test('no metric of TURN is labelled by who or where somebody is', () => {
  const labels = metricRows.filter(({ name }) => name.startsWith('heliograph_turn_')).flatMap(({ labels }) => labels)
  const known = ['transport', 'method', 'code', 'why', 'of', 'family', 'side', 'direction', 'call']
  expect([...new Set(labels)].toSorted()).toEqual(known.toSorted())
})
