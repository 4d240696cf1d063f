/** Who is in which room, and what has to happen there one after the other. */
import type { ConnectionId, RoomKey } from '../../core/ids.ts'
import { roomKey } from '../../core/ids.ts'
import type { Frame } from '../../core/mailbox.ts'
import type { RoomName } from './room-name.ts'

/** Somebody who said the right password. */
export interface Member {
  readonly connection: ConnectionId
  readonly username: string
  readonly peerId: string
  readonly room: Room
  /** `coming`: to be told of nothing yet. `gone`: the connection has ended, the room has not been told. */
  presence: 'coming' | 'here' | 'gone'
  /** What came for it while it was coming. */
  held: Frame[]
}

/** Steps are taken one at a time, each with its hook, so that all see the same order. */
export interface Step {
  readonly step: 'enter' | 'leave'
  readonly member: Member
}

export interface Room {
  readonly key: RoomKey
  readonly name: RoomName
  readonly members: Map<ConnectionId, Member>
  readonly byPeerId: Map<string, Member>
  /** Not yet taken. */
  readonly steps: Step[]
  /** The one whose hook is under way. */
  current: Step | undefined
}

export interface Rooms {
  /** The room of that name; made if there is none. */
  at(name: RoomName): Room
  find(key: RoomKey): Room | undefined
  add(member: Member): void
  remove(member: Member): void
  /** Forgets a room in which nobody is and nothing is to happen. */
  tidy(room: Room): void
  all(): Iterable<Room>
  readonly size: number
}

export const relayRoomKey = (name: RoomName): RoomKey => roomKey('relay', name)

export function createRooms(): Rooms {
  const rooms = new Map<RoomKey, Room>()

  return {
    at(name) {
      const key = relayRoomKey(name)
      const there = rooms.get(key)
      if (there) return there
      const room: Room = {
        key,
        name,
        members: new Map(),
        byPeerId: new Map(),
        steps: [],
        current: undefined,
      }
      rooms.set(key, room)
      return room
    },
    find: (key) => rooms.get(key),
    add(member) {
      const { room } = member
      room.members.set(member.connection, member)
      room.byPeerId.set(member.peerId, member)
    },
    remove(member) {
      const { room } = member
      if (!room.members.delete(member.connection)) return
      room.byPeerId.delete(member.peerId)
    },
    tidy(room) {
      if (room.members.size === 0 && room.steps.length === 0 && !room.current) rooms.delete(room.key)
    },
    all: () => rooms.values(),
    get size() {
      return rooms.size
    },
  }
}

/** User names of everybody in a room but one. */
export function otherNames(member: Member): readonly string[] {
  const names: string[] = []
  for (const other of member.room.members.values()) if (other !== member) names.push(other.username)
  return names
}
