/** What a worker counts per packet, in memory that the main thread reads when somebody asks: live, and without a message. */

/** Each is one number. `from-clients` and `to-clients` are on the clients' side, the others on the peers' side. */
export const counterNames = [
  'packetsFromClients',
  'bytesFromClients',
  'packetsToClients',
  'bytesToClients',
  'packetsFromPeers',
  'bytesFromPeers',
  'packetsToPeers',
  'bytesToPeers',
  'droppedNoChannel',
  'droppedNoPermission',
  'droppedOverByteRate',
  'droppedSlowClient',
  'droppedSendFailed',
  'receiveCalls',
  'sendCalls',
  'sentInSegments',
  'allocationsUdp',
  'allocationsTcp',
  'allocationsTls',
  'clientConnections',
] as const
export type TurnCounterName = (typeof counterNames)[number]

/** `values[at.packetsToPeers]++`: one writer, any number of readers, who may see a number that is a moment old. */
export interface Counters {
  readonly values: Float64Array
}

export const at = Object.fromEntries(counterNames.map((name, index) => [name, index])) as Readonly<
  Record<TurnCounterName, number>
>

export const counterBytes = counterNames.length * Float64Array.BYTES_PER_ELEMENT

/** `memory` is shared with whoever reads. */
export function countersIn(memory: ArrayBufferLike): Counters {
  return { values: new Float64Array(memory, 0, counterNames.length) }
}
