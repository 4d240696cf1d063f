/** The metrics of the TURN server. None is labelled by user or address: those are without number. */

/** Counted up by facts. */
export const turnCounters = {
  heliograph_turn_binding_answers_total: { labels: ['transport'], help: 'STUN Binding requests that were answered' },
  heliograph_turn_challenges_total: {
    labels: ['transport', 'code', 'why'],
    help: 'Requests answered with 401 or 438, by what was wrong with the credentials; every allocation begins with one',
  },
  heliograph_turn_refusals_total: {
    labels: ['transport', 'method', 'code'],
    help: 'Requests with good credentials that were refused, by the error code that the client got',
  },
  heliograph_turn_quota_reached_total: {
    labels: ['of'],
    help: 'Allocations refused because user, source or server had as many as allowed',
  },
  heliograph_turn_ports_exhausted_total: {
    labels: ['family'],
    help: 'Allocations refused because no relay port was free',
  },
  heliograph_turn_peers_refused_total: { labels: ['why'], help: 'Peers that a client may not reach' },
  heliograph_turn_ignored_total: {
    labels: ['transport', 'why'],
    help: 'What was dropped without an answer, except for relayed data',
  },
  heliograph_turn_hook_failures_total: { labels: [], help: 'Questions to authurl without a usable answer' },
  heliograph_turn_bind_failures_total: { labels: ['family'], help: 'Relay ports that another program had' },
  heliograph_turn_allocations_total: { labels: ['transport'], help: 'Allocations that were made' },
  heliograph_turn_ended_total: {
    labels: ['transport', 'why'],
    help: 'Allocations that ended, by what ended them',
  },
  heliograph_turn_connections_refused_total: {
    labels: ['transport', 'why'],
    help: 'Connections of TURN clients that we closed',
  },
} as const

export const turnHistograms = {
  heliograph_turn_allocation_seconds: {
    labels: [],
    help: 'How long allocations lasted',
    buckets: [1, 5, 15, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800],
  },
} as const

export const turnGauges = {
  heliograph_turn_allocations: { labels: ['transport'], help: 'Allocations, by the transport of the client' },
  heliograph_turn_relay_ports: { labels: ['family'], help: 'Relay ports in use, reserved ones included' },
  heliograph_turn_client_connections: { labels: [], help: 'Connections of TURN clients over TCP and TLS' },
} as const

/** Live: read from the workers whenever somebody asks. */
export const turnTotals = {
  heliograph_turn_packets_total: {
    labels: ['side', 'direction'],
    help: 'Datagrams and messages of TURN, on the side of the clients and on that of the peers',
  },
  heliograph_turn_bytes_total: { labels: ['side', 'direction'], help: 'Their bytes, without headers of UDP and below' },
  heliograph_turn_dropped_packets_total: {
    labels: ['why'],
    help: 'Data that was not relayed',
  },
  heliograph_turn_system_calls_total: {
    labels: ['call'],
    help: 'System calls that received or sent datagrams, each of them many at once (batch path)',
  },
  heliograph_turn_segments_total: {
    labels: [],
    help: 'Datagrams that left as segments of a larger one (batch path)',
  },
} as const

/** The sums of what the workers count. */
export interface TurnNumbers {
  readonly packetsFromClients: number
  readonly bytesFromClients: number
  readonly packetsToClients: number
  readonly bytesToClients: number
  readonly packetsFromPeers: number
  readonly bytesFromPeers: number
  readonly packetsToPeers: number
  readonly bytesToPeers: number
  readonly droppedNoChannel: number
  readonly droppedNoPermission: number
  readonly droppedOverByteRate: number
  readonly droppedSlowClient: number
  readonly droppedSendFailed: number
  readonly receiveCalls: number
  readonly sendCalls: number
  readonly sentInSegments: number
  readonly allocationsUdp: number
  readonly allocationsTcp: number
  readonly allocationsTls: number
  readonly clientConnections: number
}

/** Where the numbers of the TURN server are. */
export interface WatchedTurn {
  readonly counters: TurnNumbers
  readonly relayPorts: { readonly 4: number; readonly 6: number }
  /** Whether coturn's names are told too. */
  readonly coturnNames: boolean
}

type Labels = Readonly<Record<string, string>>
type Setter<Name> = (name: Name, labels: Labels, value: number) => void

export function readTurn(
  { counters: count, relayPorts }: WatchedTurn,
  set: Setter<keyof typeof turnGauges>,
  setTotal: Setter<keyof typeof turnTotals>,
): void {
  set('heliograph_turn_allocations', { transport: 'udp' }, count.allocationsUdp)
  set('heliograph_turn_allocations', { transport: 'tcp' }, count.allocationsTcp)
  set('heliograph_turn_allocations', { transport: 'tls' }, count.allocationsTls)
  for (const family of [4, 6] as const) {
    set('heliograph_turn_relay_ports', { family: String(family) }, relayPorts[family])
  }
  set('heliograph_turn_client_connections', {}, count.clientConnections)
  const traffic: readonly (readonly [side: string, direction: string, packets: number, bytes: number])[] = [
    ['client', 'incoming', count.packetsFromClients, count.bytesFromClients],
    ['client', 'outgoing', count.packetsToClients, count.bytesToClients],
    ['peer', 'incoming', count.packetsFromPeers, count.bytesFromPeers],
    ['peer', 'outgoing', count.packetsToPeers, count.bytesToPeers],
  ]
  for (const [side, direction, packets, bytes] of traffic) {
    setTotal('heliograph_turn_packets_total', { side, direction }, packets)
    setTotal('heliograph_turn_bytes_total', { side, direction }, bytes)
  }
  for (const [why, packets] of dropped(count)) setTotal('heliograph_turn_dropped_packets_total', { why }, packets)
  setTotal('heliograph_turn_system_calls_total', { call: 'receive' }, count.receiveCalls)
  setTotal('heliograph_turn_system_calls_total', { call: 'send' }, count.sendCalls)
  setTotal('heliograph_turn_segments_total', {}, count.sentInSegments)
}

/** Data that was not relayed, by why. */
export const dropped = (count: TurnNumbers): readonly (readonly [why: string, packets: number])[] => [
  ['no channel', count.droppedNoChannel],
  ['no permission', count.droppedNoPermission],
  ['over the byte rate', count.droppedOverByteRate],
  ['slow client', count.droppedSlowClient],
  ['send failed', count.droppedSendFailed],
]
