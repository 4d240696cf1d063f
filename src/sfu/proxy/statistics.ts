/** What is told of the proxies: gauges, `/api/v1/stats` and `/api/v1/serverinfo`. */
import { rfc3339 } from '../../lib/rfc3339.ts'
import type { ProxyCensus, SfuCensus } from '../sfu.ts'
import type { Clients, Leg } from './clients.ts'
import type { Connection } from './connection.ts'

export function census(legs: Iterable<Leg>, connections: readonly Connection[]): SfuCensus {
  const publishers = { audio: 0, video: 0, screen: 0 }
  const subscribers = { audio: 0, video: 0, screen: 0 }
  for (const { kind, stream, at } of legs) {
    if (at) (kind === 'publisher' ? publishers : subscribers)[stream.type]++
  }
  const connected = connections.filter(({ isConnected }) => isConnected)
  const proxies = connected.map(
    ({ url, country, load, bandwidth }): ProxyCensus => ({
      url,
      country: country ?? '',
      load,
      usage: { incoming: bandwidth?.incoming ?? undefined, outgoing: bandwidth?.outgoing ?? undefined },
      bandwidth: bandwidth && { incoming: bytes(bandwidth.received), outgoing: bytes(bandwidth.sent) },
    }),
  )
  return { publishers, subscribers, connections: connected.length, proxies }
}

const bytes = (bits: number | null | undefined): number => (bits ?? 0) / 8

export function stats(connections: readonly Connection[], clients: Clients): unknown {
  const details = connections.map((connection) => {
    const legs = clients.allAt(connection)
    return {
      url: connection.url,
      ...(connection.address === undefined ? {} : { ip: connection.address }),
      connected: connection.isConnected,
      publishers: legs.filter(({ kind }) => kind === 'publisher').length,
      clients: legs.length,
      ...(connection.isConnected
        ? { load: connection.load, shutdown: isGoing(connection), temporary: false, uptime: uptime(connection) }
        : {}),
    }
  })
  const sum = (of: 'publishers' | 'clients'): number => details.reduce((total, one) => total + one[of], 0)
  return { publishers: sum('publishers'), clients: sum('clients'), details }
}

export function serverInfo(connections: readonly Connection[]): unknown {
  const proxies = connections
    .map((connection) => ({
      url: connection.url,
      ...(connection.address === undefined ? {} : { ip: connection.address }),
      connected: connection.isConnected,
      temporary: false,
      ...(connection.isConnected ? connectedInfo(connection) : {}),
    }))
    .toSorted((a, b) => (a.url + (a.ip ?? '') < b.url + (b.ip ?? '') ? -1 : 1))
  return { mode: 'proxy', proxies }
}

function connectedInfo(connection: Connection): object {
  const { version, features, country, load, bandwidth } = connection
  const { incoming, outgoing, received, sent } = bandwidth ?? {}
  return {
    shutdown: isGoing(connection),
    uptime: uptime(connection),
    ...(version === undefined ? {} : { version }),
    features,
    ...(country === undefined ? {} : { country }),
    load,
    ...(bandwidth === undefined
      ? {}
      : {
          bandwidth: {
            ...(typeof incoming === 'number' ? { incoming } : {}),
            ...(typeof outgoing === 'number' ? { outgoing } : {}),
            ...(received ? { received } : {}),
            ...(sent ? { sent } : {}),
          },
        }),
  }
}

const isGoing = ({ isDraining, isLeaving }: Connection): boolean => isDraining || isLeaving

const uptime = ({ connectedSince }: Connection): string | undefined =>
  connectedSince === undefined ? undefined : rfc3339(connectedSince)
