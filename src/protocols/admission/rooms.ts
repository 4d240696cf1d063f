/** Which rooms there are: their members, their owners, and who waits to be let in. */
import { type ConnectionId, type RoomKey, roomKey } from '../../core/ids.ts'
import type { RawJson } from '../json-wire.ts'

/** Somebody who asked to be let in. */
export interface Waiting {
  readonly payload: RawJson | undefined
  readonly ack: number | undefined
}

export interface Room {
  readonly key: RoomKey
  readonly app: string
  readonly name: string
  /** Who has been here longest comes first. */
  readonly members: ReadonlySet<ConnectionId>
  readonly owners: ReadonlySet<ConnectionId>
  readonly waiting: ReadonlyMap<ConnectionId, Waiting>
}

interface Kept extends Room {
  readonly members: Set<ConnectionId>
  readonly owners: Set<ConnectionId>
  readonly waiting: Map<ConnectionId, Waiting>
}

/** The rooms of this node. A room is there as long as it has a member, and has an owner as long as it is there. */
export interface Rooms {
  find(app: string, name: string): Room | undefined
  byKey(key: RoomKey): Room | undefined
  /** The room must not be there yet. */
  open(app: string, name: string, owner: ConnectionId): Room
  /** No longer waits, and is a member. */
  enter(room: Room, who: ConnectionId): void
  /** No longer a member, nor an owner; who becomes one if he was the last. */
  leave(room: Room, who: ConnectionId): ConnectionId | undefined
  addOwner(room: Room, who: ConnectionId): void
  wait(room: Room, who: ConnectionId, waiting: Waiting): void
  /** No longer waits; undefined if he did not. */
  stopWaiting(room: Room, who: ConnectionId): Waiting | undefined
}

export function createRooms(): Rooms {
  const rooms = new Map<RoomKey, Kept>()
  const kept = (room: Room): Kept | undefined => rooms.get(room.key)

  return {
    find: (app, name) => rooms.get(roomKey(app, name)),
    byKey: (key) => rooms.get(key),
    open(app, name, owner) {
      const key = roomKey(app, name)
      const room = { key, app, name, members: new Set([owner]), owners: new Set([owner]), waiting: new Map() }
      rooms.set(key, room)
      return room
    },
    enter(room, who) {
      kept(room)?.waiting.delete(who)
      kept(room)?.members.add(who)
    },
    leave(room, who) {
      const mine = kept(room)
      if (!mine?.members.delete(who)) return undefined
      mine.owners.delete(who)
      const [oldest] = mine.members
      if (oldest === undefined) rooms.delete(room.key)
      if (oldest === undefined || mine.owners.size > 0) return undefined
      mine.owners.add(oldest)
      return oldest
    },
    addOwner(room, who) {
      if (room.members.has(who)) kept(room)?.owners.add(who)
    },
    wait: (room, who, waiting) => void kept(room)?.waiting.set(who, waiting),
    stopWaiting(room, who) {
      const waiting = room.waiting.get(who)
      kept(room)?.waiting.delete(who)
      return waiting
    },
  }
}
