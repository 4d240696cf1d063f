/** The numbers of the TURN server under the names that coturn has for them, for dashboards that are there already. */

import type { Tally } from './counting.ts'
import { dropped, type TurnNumbers, type turnCounters } from './turn-metrics.ts'

type Labels = Readonly<Record<string, string>>

interface CoturnMetric {
  readonly type: 'counter' | 'gauge'
  readonly labels: readonly string[]
  readonly help: string
}

export const coturnMetrics = {
  stun_binding_request: counter('STUN Binding requests that were answered'),
  stun_binding_response: counter('Answers to them'),
  turn_total_traffic_rcvp: counter('Packets from clients'),
  turn_total_traffic_rcvb: counter('Bytes from clients'),
  turn_total_traffic_sentp: counter('Packets to clients'),
  turn_total_traffic_sentb: counter('Bytes to clients'),
  turn_total_traffic_peer_rcvp: counter('Packets from peers'),
  turn_total_traffic_peer_rcvb: counter('Bytes from peers'),
  turn_total_traffic_peer_sentp: counter('Packets to peers'),
  turn_total_traffic_peer_sentb: counter('Bytes to peers'),
  turn_total_allocations: { type: 'gauge', labels: ['type'], help: 'Allocations, by UDP, TCP, TLS/TCP' },
  turn_packet_processed: counter('Packets from clients and peers'),
  turn_packet_dropped: counter('Data that was not relayed'),
  turn_unauthenticated_401_requests: counter('Requests without credentials, those that were not answered included'),
  turn_unauthenticated_401_responses: counter('Answers of 401'),
  turn_unauthenticated_401_dropped_responses: counter('Requests not answered because their source was over its rate'),
} as const satisfies Readonly<Record<string, CoturnMetric>>

function counter(help: string): CoturnMetric {
  return { type: 'counter', labels: [], help }
}

/** In the text format of Prometheus. */
export function coturnText(count: TurnNumbers, tallyOf: (name: keyof typeof turnCounters) => Tally): string {
  const sum = (name: keyof typeof turnCounters, labels: Labels = {}): number => {
    let total = 0
    for (const { labels: has, value } of tallyOf(name).all()) {
      if (Object.entries(labels).every(([label, wanted]) => has[label] === wanted)) total += value
    }
    return total
  }
  const bindings = sum('heliograph_turn_binding_answers_total')
  const challenges = sum('heliograph_turn_challenges_total', { code: '401' })
  const silences = sum('heliograph_turn_ignored_total', { why: 'over the answer rate' })
  const values: Readonly<Record<keyof typeof coturnMetrics, number | Readonly<Record<string, number>>>> = {
    stun_binding_request: bindings,
    stun_binding_response: bindings,
    turn_total_traffic_rcvp: count.packetsFromClients,
    turn_total_traffic_rcvb: count.bytesFromClients,
    turn_total_traffic_sentp: count.packetsToClients,
    turn_total_traffic_sentb: count.bytesToClients,
    turn_total_traffic_peer_rcvp: count.packetsFromPeers,
    turn_total_traffic_peer_rcvb: count.bytesFromPeers,
    turn_total_traffic_peer_sentp: count.packetsToPeers,
    turn_total_traffic_peer_sentb: count.bytesToPeers,
    turn_total_allocations: {
      UDP: count.allocationsUdp,
      TCP: count.allocationsTcp,
      'TLS/TCP': count.allocationsTls,
    },
    turn_packet_processed: count.packetsFromClients + count.packetsFromPeers,
    turn_packet_dropped: dropped(count).reduce((total, [, packets]) => total + packets, 0),
    turn_unauthenticated_401_requests: challenges + silences,
    turn_unauthenticated_401_responses: challenges,
    turn_unauthenticated_401_dropped_responses: silences,
  }
  return Object.entries(coturnMetrics)
    .map(([name, { type, help }]) => {
      const value = values[name as keyof typeof coturnMetrics]
      const samples =
        typeof value === 'number'
          ? [`${name} ${value}`]
          : Object.entries(value).map(([kind, number]) => `${name}{type="${kind}"} ${number}`)
      return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples, ''].join('\n')
    })
    .join('\n')
}
