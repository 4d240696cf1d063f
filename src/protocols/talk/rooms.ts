/** What a room of the Talk protocol is beyond its members: properties, shared values, participants of the call. */
import { type RoomKey, roomKey, type SessionId } from '../../core/ids.ts'
import { jsonEqual } from '../../lib/json-equal.ts'
import type { RawJson } from '../json-wire.ts'
import type { Backend } from './backend/backends.ts'
import type { Session } from './session.ts'

/** One entry of a participants list, in Nextcloud's words, with our session id in place of Nextcloud's. */
export interface Participant {
  readonly sessionId: SessionId
  readonly [field: string]: unknown
}

export interface Room {
  readonly key: RoomKey
  readonly id: string
  readonly backend: Backend
  properties: RawJson | undefined
  /** Values that members share, by key. */
  readonly values: Map<string, RawJson>
  /** Who is in the call, as Nextcloud told last. */
  readonly participants: Map<SessionId, Participant>
  /** When the newest request of each type came in: an older one that was overtaken is stale. */
  readonly lastRequests: Map<string, number>
  /** Who came and was not announced yet. */
  readonly newcomers: Session[]
  /** When newcomers were announced last (ms). */
  announcedAt: number
}

export interface Rooms {
  get(key: RoomKey): Room | undefined
  find(backend: Backend, id: string): Room | undefined
  open(backend: Backend, id: string, properties: RawJson | undefined): Room
  close(key: RoomKey): void
  all(): IterableIterator<Room>
  readonly size: number
}

export function createRooms(): Rooms {
  const rooms = new Map<RoomKey, Room>()

  return {
    get: (key) => rooms.get(key),
    find: (backend, id) => rooms.get(roomKey(backend.id, id)),
    open(backend, id, properties) {
      const key = roomKey(backend.id, id)
      const existing = rooms.get(key)
      if (existing) return existing
      const room: Room = {
        key,
        id,
        backend,
        properties,
        values: new Map(),
        participants: new Map(),
        lastRequests: new Map(),
        newcomers: [],
        announcedAt: Number.NEGATIVE_INFINITY,
      }
      rooms.set(key, room)
      return room
    },
    close: (key) => {
      rooms.delete(key)
    },
    all: () => rooms.values(),
    get size() {
      return rooms.size
    },
  }
}

/** Whether two raw values mean the same. */
export const sameValue = (a: RawJson, b: RawJson): boolean =>
  a.text === b.text || jsonEqual(JSON.parse(a.text), JSON.parse(b.text))

/** Nextcloud writes in-call flags as a number (bit 1: in call) or, in old versions, as true and false. */
export function isInCall(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  return typeof value === 'number' ? (value & 1) === 1 : undefined
}

/**
 * Takes over a change of the participants and returns the list that the room is to be told.
 * With `users` Nextcloud lists everybody in the call; without (feature `changed-users`) we keep that list ourselves,
 * since a client takes whoever is missing from an update for having left the call.
 */
export function mergeParticipants(
  room: Room,
  changed: readonly Participant[],
  users: readonly Participant[] | undefined,
): readonly Participant[] {
  if (users) {
    room.participants.clear()
    for (const user of users) room.participants.set(user.sessionId, user)
  }
  const told = new Map(room.participants)
  for (const entry of changed) {
    // A full list is newer than the change that it came with.
    if (users && room.participants.has(entry.sessionId)) continue
    const known = room.participants.get(entry.sessionId)
    const merged = known ? { ...known, ...entry } : entry
    told.set(entry.sessionId, merged)
    if (users) continue
    if (isInCall(merged['inCall'])) room.participants.set(entry.sessionId, merged)
    else room.participants.delete(entry.sessionId)
  }
  return [...told.values()]
}
