/** Which threads serve which listeners, and in which way. */
import type { TurnListener } from './world.ts'

export interface ThreadGroup {
  readonly path: 'batch' | 'portable'
  /** How many threads do the same on the same ports. */
  readonly threads: number
  readonly listeners: readonly TurnListener[]
}

export interface PlanParts {
  readonly listeners: readonly TurnListener[]
  readonly workers: number
  /** How UDP is served. */
  readonly path: 'batch' | 'portable'
  /** RFC 6062: a client's connections for data have to arrive where its first one is, so all of them go to one thread. */
  readonly tcpRelay: boolean
}

export function planThreads({ listeners, workers, path, tcpRelay }: PlanParts): readonly ThreadGroup[] {
  const datagrams = listeners.filter(({ transport }) => transport === 'udp')
  const streams = listeners.filter(({ transport }) => transport !== 'udp')
  const groups: ThreadGroup[] = []
  const add = (way: 'batch' | 'portable', threads: number, of: readonly TurnListener[]): void => {
    if (of.length > 0 && threads > 0) groups.push({ path: way, threads, listeners: of })
  }
  if (path === 'batch') add('batch', workers, datagrams)
  // A UDP socket that is not raw cannot be shared.
  else add('portable', 1, datagrams)
  add('portable', tcpRelay ? 1 : workers, streams)
  return groups
}
