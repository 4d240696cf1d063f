/** How many there are of everything: for gauges, statistics and draining. */
import type { State } from './state.ts'

export interface Census {
  readonly connections: number
  readonly sessions: readonly { readonly backend: string; readonly clienttype: string; readonly count: number }[]
  readonly rooms: readonly RoomCensus[]
  /** To other servers, those included that are being tried. */
  readonly federationLinks: number
  /** Internal clients that take outgoing calls. */
  readonly dialout: readonly DialoutClient[]
}

export interface RoomCensus {
  readonly backend: string
  readonly room: string
  readonly sessions: Readonly<Record<string, number>>
  readonly inCall: Readonly<Record<string, number>>
}

export interface DialoutClient {
  readonly sessionid: string
  readonly connected: boolean
  readonly features: readonly string[]
  readonly address: string | undefined
  readonly useragent: string | undefined
}

export function takeCensus(state: State): Census {
  const sessions = new Map<string, { backend: string; clienttype: string; count: number }>()
  const dialout: DialoutClient[] = []
  for (const session of state.hub.all()) {
    const key = `${session.backend.id} ${session.kind}`
    const entry = sessions.get(key) ?? { backend: session.backend.id, clienttype: session.kind, count: 0 }
    entry.count++
    sessions.set(key, entry)
    if (session.kind !== 'internal' || !session.features.includes('start-dialout')) continue
    const { link } = session
    const peer = link.phase === 'open' ? state.connections.get(link.connection)?.peer : undefined
    dialout.push({
      sessionid: session.id,
      connected: link.phase === 'open',
      features: link.phase === 'open' ? session.features : [],
      address: peer?.address,
      useragent: peer?.userAgent,
    })
  }
  const rooms = [...state.rooms.all()].map((room): RoomCensus => {
    const present: Record<string, number> = {}
    const inCall: Record<string, number> = {}
    for (const session of state.hub.members(room.key)) {
      present[session.kind] = (present[session.kind] ?? 0) + 1
      if (state.hub.isInCall(session.id)) inCall[session.kind] = (inCall[session.kind] ?? 0) + 1
    }
    return { backend: room.backend.id, room: room.id, sessions: present, inCall }
  })
  const { connections, federation } = state
  return {
    connections: connections.size,
    sessions: [...sessions.values()],
    rooms,
    federationLinks: federation.size,
    dialout,
  }
}
