import { expect, test } from 'bun:test'
import { sessionId } from '../../src/core/ids.ts'
import type { Watched } from '../../src/observe/exposition.ts'
import { coturnRows, metricRows } from '../../src/observe/metrics.ts'
import { type Report, startReport } from '../../src/observe/report.ts'
import type { TurnNumbers } from '../../src/observe/turn-metrics.ts'

const silent = (): Report => startReport({ format: 'json', level: 'error', write: () => {}, now: () => 0 })

/** The samples of one metric, as Prometheus would read them. */
async function samples(report: Report, name: string): Promise<readonly string[]> {
  const text = await report.metricsText()
  return text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
}

const rooms = [
  { backend: 'one', room: 'den', sessions: { client: 3, internal: 1 }, inCall: { client: 2 } },
  { backend: 'one', room: 'hall', sessions: { client: 1 }, inCall: {} },
]

function watched(changes: Partial<Watched> = {}): Watched {
  return {
    census: () => ({
      connections: 5,
      sessions: [{ backend: 'one', clienttype: 'client', count: 4 }],
      rooms,
      federationLinks: 0,
      dialout: [],
    }),
    transport: () => ({ bytesIn: 10, bytesOut: 20, messagesIn: 1, messagesOut: 2 }),
    backends: () => [
      { id: 'one', sessionLimit: 7 },
      { id: 'two', sessionLimit: 0 },
    ],
    pool: () => [{ host: 'cloud.example', connections: 2 }],
    ...changes,
  }
}

test('every metric of the page is exported under its name and type', async () => {
  const report = silent()
  report.watch(watched())

  const text = await report.metricsText()

  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`)
  expect(types.sort()).toEqual(metricRows.map(({ name, type }) => `${name} ${type}`).sort())
  expect(report.metricsContentType).toStartWith('text/plain; version=0.0.4')
})

test('facts move the counters that their rows name', async () => {
  const report = silent()

  report.note({ fact: 'message-received', type: 'room' })
  report.note({ fact: 'message-received', type: 'room' })
  report.note({ fact: 'attempt-delayed', address: '192.0.2.1', action: 'BackendRoomAuth', delay: 400 })
  report.note({ fact: 'attempt-refused', address: '192.0.2.1', action: 'HelloResume' })
  report.note({ fact: 'resume-failed', address: '192.0.2.1', genuine: true })
  report.note({ fact: 'backend-failed', backend: 'one', error: 'timeout', why: 'no answer in 10 s' })
  report.note({ fact: 'call-started', backend: 'one', room: 'den' })

  expect(await samples(report, 'signaling_server_messages_total')).toContain(
    'signaling_server_messages_total{type="room"} 2',
  )
  expect(await samples(report, 'signaling_throttle_delayed_total')).toEqual([
    'signaling_throttle_delayed_total{action="BackendRoomAuth",delay="400"} 1',
  ])
  expect(await samples(report, 'signaling_throttle_bruteforce_total')).toContain(
    'signaling_throttle_bruteforce_total{action="HelloResume"} 1',
  )
  expect(await samples(report, 'signaling_hub_sessions_resume_failed_total')).toEqual([
    'signaling_hub_sessions_resume_failed_total 1',
  ])
  expect(await samples(report, 'signaling_backend_client_requests_errors_total')).toEqual([
    'signaling_backend_client_requests_errors_total{backend="one",error="timeout"} 1',
  ])
  expect(await samples(report, 'signaling_call_rooms_total')).toEqual(['signaling_call_rooms_total{backend="one"} 1'])
})

test('a counter keeps its value over several readings', async () => {
  const report = silent()
  report.note({ fact: 'message-received', type: 'room' })
  await report.metricsText()
  report.note({ fact: 'message-received', type: 'room' })

  expect(await samples(report, 'signaling_server_messages_total')).toContain(
    'signaling_server_messages_total{type="room"} 2',
  )
})

test('series whose labels are known begin at 0', async () => {
  const report = silent()
  report.watch(watched())

  expect(await samples(report, 'signaling_server_messages_total')).toContain(
    'signaling_server_messages_total{type="transient"} 0',
  )
  expect(await samples(report, 'signaling_throttle_bruteforce_total')).toHaveLength(3)
  expect(await samples(report, 'signaling_backend_session_limit_exceeded_total')).toEqual([
    'signaling_backend_session_limit_exceeded_total{backend="one"} 0',
    'signaling_backend_session_limit_exceeded_total{backend="two"} 0',
  ])
  expect(await samples(report, 'signaling_hub_sessions_total')).toContain(
    'signaling_hub_sessions_total{backend="two",clienttype="client"} 0',
  )
})

test('durations are measured', async () => {
  const report = silent()

  report.note({ fact: 'backend-asked', backend: 'one', seconds: 0.25 })
  report.note({ fact: 'ping-rtt', milliseconds: 40 })
  report.note({ fact: 'ping-rtt', milliseconds: Number.NaN })

  expect(await samples(report, 'signaling_backend_client_requests_duration_bucket')).toContain(
    'signaling_backend_client_requests_duration_bucket{le="0.3",backend="one"} 1',
  )
  expect(await samples(report, 'signaling_client_rtt_sum')).toEqual(['signaling_client_rtt_sum 40'])
  expect(await samples(report, 'signaling_client_rtt_count')).toEqual(['signaling_client_rtt_count 1'])
})

test('gauges say what there is at the moment of asking', async () => {
  const report = silent()
  report.watch(watched())

  expect(await samples(report, 'signaling_hub_rooms')).toEqual([
    'signaling_hub_rooms{backend="one"} 2',
    'signaling_hub_rooms{backend="two"} 0',
  ])
  expect(await samples(report, 'signaling_hub_sessions')).toContain(
    'signaling_hub_sessions{backend="one",clienttype="client"} 4',
  )
  expect(await samples(report, 'signaling_room_sessions')).toEqual([
    'signaling_room_sessions{backend="one",room="den",clienttype="client"} 3',
    'signaling_room_sessions{backend="one",room="den",clienttype="internal"} 1',
    'signaling_room_sessions{backend="one",room="hall",clienttype="client"} 1',
  ])
  expect(await samples(report, 'signaling_call_sessions')).toEqual([
    'signaling_call_sessions{backend="one",room="den",clienttype="client"} 2',
  ])
  expect(await samples(report, 'signaling_backend_current')).toEqual(['signaling_backend_current 2'])
  expect(await samples(report, 'signaling_backend_session_limit')).toEqual([
    'signaling_backend_session_limit{backend="one"} 7',
  ])
  expect(await samples(report, 'signaling_http_client_pool_connections')).toEqual([
    'signaling_http_client_pool_connections{host="cloud.example"} 2',
  ])
})

test('an SFU has its gauges, those of reports and proxies only where there are such', async () => {
  const counts = { audio: 0, video: 2, screen: 1 }
  const census = { publishers: counts, subscribers: counts, connections: 1 }
  const report = silent()
  report.watch(watched({ sfu: () => ({ census, bandwidth: undefined }) }))
  expect(await samples(report, 'signaling_mcu_publishers')).toEqual([
    'signaling_mcu_publishers{type="audio"} 0',
    'signaling_mcu_publishers{type="video"} 2',
    'signaling_mcu_publishers{type="screen"} 1',
  ])
  expect(await samples(report, 'signaling_mcu_connections')).toEqual(['signaling_mcu_connections 1'])
  for (const name of ['bandwidth', 'publisher_streams', 'backend_connections', 'backend_load']) {
    expect(await samples(report, `signaling_mcu_${name}`)).toEqual([])
  }

  const proxy = { url: 'https://one/', country: 'DE', load: 7, usage: { incoming: 12.5, outgoing: undefined } }
  const proxies = [
    { ...proxy, bandwidth: { incoming: 3, outgoing: 4 } },
    { ...proxy, url: 'https://two/', bandwidth: undefined },
  ]
  const more = { ...census, publisherStreams: counts, subscriberStreams: counts, proxies }
  report.watch(watched({ sfu: () => ({ census: more, bandwidth: { incoming: 5, outgoing: 6 } }) }))
  expect(await samples(report, 'signaling_mcu_subscriber_streams')).toContain(
    'signaling_mcu_subscriber_streams{type="screen"} 1',
  )
  expect(await samples(report, 'signaling_mcu_bandwidth')).toEqual([
    'signaling_mcu_bandwidth{direction="incoming"} 5',
    'signaling_mcu_bandwidth{direction="outgoing"} 6',
  ])
  expect(await samples(report, 'signaling_mcu_backend_connections')).toEqual([
    'signaling_mcu_backend_connections{country="DE"} 2',
  ])
  expect(await samples(report, 'signaling_mcu_backend_usage')).toEqual([
    'signaling_mcu_backend_usage{url="https://one/",direction="incoming"} 12.5',
    'signaling_mcu_backend_usage{url="https://one/",direction="outgoing"} 0',
    'signaling_mcu_backend_usage{url="https://two/",direction="incoming"} 12.5',
    'signaling_mcu_backend_usage{url="https://two/",direction="outgoing"} 0',
  ])
  expect(await samples(report, 'signaling_mcu_backend_bandwidth')).toContain(
    'signaling_mcu_backend_bandwidth{url="https://one/",direction="incoming"} 3',
  )
})

test('what is gone leaves no series behind', async () => {
  const report = silent()
  report.watch(watched())
  await report.metricsText()
  report.watch(
    watched({
      census: () => ({ connections: 0, sessions: [], rooms: [], federationLinks: 0, dialout: [] }),
      backends: () => [],
      pool: () => [],
    }),
  )

  for (const name of ['signaling_room_sessions', 'signaling_hub_rooms', 'signaling_backend_session_limit']) {
    expect(await samples(report, name)).toEqual([])
  }
})

test('totals of the transport are not added up over readings', async () => {
  const report = silent()
  report.watch(watched())
  await report.metricsText()

  expect(await samples(report, 'signaling_client_bytes_total')).toEqual([
    'signaling_client_bytes_total{direction="incoming"} 10',
    'signaling_client_bytes_total{direction="outgoing"} 20',
  ])
  expect(await samples(report, 'signaling_client_messages_total')).toEqual([
    'signaling_client_messages_total{direction="incoming"} 1',
    'signaling_client_messages_total{direction="outgoing"} 2',
  ])
})

test('two reports know nothing of each other', async () => {
  const [one, other] = [silent(), silent()]

  one.note({ fact: 'frame-garbled', address: '192.0.2.1', fault: 'no JSON' })

  expect(await samples(one, 'signaling_client_garbled_total')).toEqual(['signaling_client_garbled_total 1'])
  expect(await samples(other, 'signaling_client_garbled_total')).toEqual(['signaling_client_garbled_total 0'])
})

test('a fact becomes a line with its text', () => {
  const written: string[] = []
  using report = startReport({ format: 'json', level: 'info', write: (lines) => written.push(lines), now: () => 0 })

  report.note({ fact: 'session-opened', session: sessionId('abc'), backend: 'one', clienttype: 'client' })
  report.note({ fact: 'hello-refused', address: '192.0.2.1', code: 'invalid_token' })
  report.note({ fact: 'message-received', type: 'room' })
  report.flush()

  const lines = written.join('').trim().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      time: '1970-01-01T00:00:00.000Z',
      level: 'info',
      fact: 'session-opened',
      text: 'session opened',
      session: 'abc',
      backend: 'one',
      clienttype: 'client',
    },
    {
      time: '1970-01-01T00:00:00.000Z',
      level: 'info',
      fact: 'hello-refused',
      text: 'hello refused',
      code: 'invalid_token',
    },
  ])
})

test('what happened several times is one line and counts as often', async () => {
  const written: string[] = []
  using report = startReport({ format: 'json', level: 'debug', write: (lines) => written.push(lines), now: () => 0 })

  report.note({ fact: 'turn-ignored', transport: 'udp', why: 'no allocation' }, 30)
  report.note({ fact: 'turn-ignored', transport: 'udp', why: 'no allocation' })
  report.flush()

  const lines = written.join('').trim().split('\n')
  expect(lines.map((line) => JSON.parse(line).times)).toEqual([30, undefined])
  expect(await samples(report, 'heliograph_turn_ignored_total')).toEqual([
    'heliograph_turn_ignored_total{transport="udp",why="no allocation"} 31',
  ])
})

const turnNumbers: TurnNumbers = {
  ...{ packetsFromClients: 1, bytesFromClients: 2, packetsToClients: 3, bytesToClients: 4 },
  ...{ packetsFromPeers: 5, bytesFromPeers: 6, packetsToPeers: 7, bytesToPeers: 8 },
  ...{ droppedNoChannel: 9, droppedNoPermission: 10, droppedOverByteRate: 11 },
  ...{ droppedSlowClient: 12, droppedSendFailed: 13 },
  ...{ receiveCalls: 14, sendCalls: 15, sentInSegments: 16 },
  ...{ allocationsUdp: 17, allocationsTcp: 18, allocationsTls: 19, clientConnections: 20 },
}
const turn = (coturnNames: boolean) => () => ({ counters: turnNumbers, relayPorts: { 4: 21, 6: 22 }, coturnNames })

test('the numbers of the TURN server are those of the moment of asking', async () => {
  const report = silent()
  report.watch(watched({ turn: turn(false) }))
  await report.metricsText()

  const text = await report.metricsText()

  for (const sample of [
    'heliograph_turn_packets_total{side="client",direction="incoming"} 1',
    'heliograph_turn_bytes_total{side="client",direction="outgoing"} 4',
    'heliograph_turn_packets_total{side="peer",direction="outgoing"} 7',
    'heliograph_turn_dropped_packets_total{why="slow client"} 12',
    'heliograph_turn_system_calls_total{call="send"} 15',
    'heliograph_turn_segments_total 16',
    'heliograph_turn_allocations{transport="tls"} 19',
    'heliograph_turn_client_connections 20',
    'heliograph_turn_relay_ports{family="6"} 22',
  ]) {
    expect(text.split('\n')).toContain(sample)
  }
  expect(text).not.toContain('\nturn_total_traffic')
})

test("coturn's names are told when they are wanted, each of the page once", async () => {
  const report = silent()
  report.watch(watched({ turn: turn(true) }))
  report.note({ fact: 'turn-binding-answered', transport: 'udp' }, 2)
  report.note({ fact: 'turn-binding-answered', transport: 'tcp' })
  for (const code of [401, 438] as const) {
    const why = code === 401 ? 'no credentials' : 'stale nonce'
    report.note({ fact: 'turn-challenged', transport: 'udp', method: 'allocate', code, why, address: '192.0.2.1' }, 5)
  }
  report.note({ fact: 'turn-ignored', transport: 'udp', why: 'over the answer rate' }, 7)

  const text = await report.metricsText()

  for (const sample of [
    'stun_binding_request 3',
    'turn_total_traffic_rcvp 1',
    'turn_total_traffic_peer_sentb 8',
    'turn_total_allocations{type="UDP"} 17',
    'turn_total_allocations{type="TLS/TCP"} 19',
    'turn_packet_processed 6',
    'turn_packet_dropped 55',
    'turn_unauthenticated_401_requests 12',
    'turn_unauthenticated_401_responses 5',
    'turn_unauthenticated_401_dropped_responses 7',
  ]) {
    expect(text.split('\n')).toContain(sample)
  }
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`)
  expect(types.sort()).toEqual([...metricRows, ...coturnRows].map(({ name, type }) => `${name} ${type}`).sort())
})
