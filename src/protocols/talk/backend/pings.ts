/** How the sessions that are still there are told to Talk: as few requests as its capabilities allow. */
import type { BackendRequest, PingEntry } from './messages.ts'

export interface RoomEntries {
  readonly roomId: string
  readonly entries: readonly PingEntry[]
}

/**
 * With a limit (`session-ping-limit` of Talk's capabilities) the entries of all rooms go together, at most that many a
 * request and without a room id; without one, each room has its own request. Rooms without entries are left out.
 */
export function pingRequests(rooms: readonly RoomEntries[], limit: number | undefined): readonly BackendRequest[] {
  const filled = rooms.filter(({ entries }) => entries.length > 0)
  if (limit === undefined || limit <= 0) return filled.map(({ roomId, entries }) => ping(roomId, entries))
  const all = filled.flatMap(({ entries }) => entries)
  const requests: BackendRequest[] = []
  for (let start = 0; start < all.length; start += limit) requests.push(ping('', all.slice(start, start + limit)))
  return requests
}

const ping = (roomid: string, entries: readonly PingEntry[]): BackendRequest => ({
  type: 'ping',
  ping: { version: '1.0', roomid, entries: [...entries] },
})
