/** By which way a peer connection goes: read from its statistics. */
import { isObject, numberAt, textAt } from '../core/json.ts'

export type CandidateKind = 'host' | 'srflx' | 'prflx' | 'relay'

export interface ConnectionPath {
  readonly local: CandidateKind
  readonly remote: CandidateKind
  /** udp or tcp, between the two candidates. */
  readonly protocol: string
  /** How our end reaches its relay: udp, tcp or tls. */
  readonly relayProtocol?: string
  /** The server that our candidate comes from. */
  readonly url?: string
  /** ms. */
  readonly roundTrip?: number
}

/** Undefined while no pair of candidates has been chosen. */
export async function connectionPath(
  connection: Pick<RTCPeerConnection, 'getStats'>,
): Promise<ConnectionPath | undefined> {
  return readPath(await connection.getStats())
}

export function readPath(stats: { forEach(visit: (report: unknown) => void): void }): ConnectionPath | undefined {
  const byId = new Map<string, unknown>()
  stats.forEach((report) => {
    const id = textAt(report, 'id')
    if (id !== undefined) byId.set(id, report)
  })
  const pair = chosenPair([...byId.values()], byId)
  if (!pair) return undefined
  const [local, remote] = ['localCandidateId', 'remoteCandidateId'].map((key) => byId.get(textAt(pair, key) ?? ''))
  const [localKind, remoteKind] = [kindOf(local), kindOf(remote)]
  if (!localKind || !remoteKind) return undefined
  const [relayProtocol, url] = [textAt(local, 'relayProtocol'), textAt(local, 'url')]
  const seconds = numberAt(pair, 'currentRoundTripTime')
  return {
    local: localKind,
    remote: remoteKind,
    protocol: textAt(local, 'protocol') ?? 'udp',
    ...(relayProtocol === undefined ? {} : { relayProtocol }),
    ...(url === undefined || url === '' ? {} : { url }),
    ...(seconds === undefined ? {} : { roundTrip: seconds * 1000 }),
  }
}

/** The transport names it; Firefox has no transports and marks the pair instead. */
function chosenPair(reports: readonly unknown[], byId: ReadonlyMap<string, unknown>): unknown {
  for (const report of reports) {
    const named = textAt(report, 'type') === 'transport' ? textAt(report, 'selectedCandidatePairId') : undefined
    if (named !== undefined && byId.has(named)) return byId.get(named)
  }
  return reports.find(
    (report) =>
      textAt(report, 'type') === 'candidate-pair' &&
      isObject(report) &&
      (report['selected'] === true || (report['nominated'] === true && report['state'] === 'succeeded')),
  )
}

function kindOf(candidate: unknown): CandidateKind | undefined {
  const kind = textAt(candidate, 'candidateType')
  return kind === 'host' || kind === 'srflx' || kind === 'prflx' || kind === 'relay' ? kind : undefined
}
