/** Who is here and in which room: owns the sessions, the index of users and the membership of rooms. */
import { assertNever } from '../lib/assert-never.ts'
import type { Address } from './address.ts'
import type { RoomKey, SessionId, UserKey } from './ids.ts'

/** What the hub has to know of a session; all else belongs to the front end that made it. */
export interface Member {
  readonly id: SessionId
  /** Undefined for a guest. */
  readonly user: UserKey | undefined
}

export interface Hub<M extends Member> {
  add(member: M): void
  /** Forgets a session, its user entry and its membership. */
  remove(id: SessionId): void
  get(id: SessionId): M | undefined
  all(): IterableIterator<M>
  readonly size: number
  /** Puts a session into a room; it must have left its former one. */
  enter(id: SessionId, room: RoomKey): void
  leave(id: SessionId): void
  roomOf(id: SessionId): RoomKey | undefined
  /** The members of a room in the order in which they came. */
  members(room: RoomKey): Iterable<M>
  memberCount(room: RoomKey): number
  enterCall(id: SessionId): boolean
  leaveCall(id: SessionId): boolean
  isInCall(id: SessionId): boolean
  callSize(room: RoomKey): number
  /** All sessions here that an address stands for. */
  resolve(address: Address): Iterable<M>
}

interface Room<M> {
  readonly members: Map<SessionId, M>
  readonly call: Map<SessionId, M>
}

export function createHub<M extends Member>(): Hub<M> {
  const sessions = new Map<SessionId, M>()
  const users = new Map<UserKey, Set<M>>()
  const rooms = new Map<RoomKey, Room<M>>()
  const whereabouts = new Map<SessionId, RoomKey>()

  function roomAround(id: SessionId): Room<M> | undefined {
    const key = whereabouts.get(id)
    return key === undefined ? undefined : rooms.get(key)
  }

  function leave(id: SessionId): void {
    const key = whereabouts.get(id)
    const room = roomAround(id)
    if (key === undefined || !room) return
    whereabouts.delete(id)
    room.members.delete(id)
    room.call.delete(id)
    if (room.members.size === 0) rooms.delete(key)
  }

  return {
    add(member) {
      sessions.set(member.id, member)
      if (member.user === undefined) return
      const devices = users.get(member.user)
      if (devices) devices.add(member)
      else users.set(member.user, new Set([member]))
    },
    remove(id) {
      leave(id)
      const member = sessions.get(id)
      if (!member) return
      sessions.delete(id)
      if (member.user === undefined) return
      const devices = users.get(member.user)
      devices?.delete(member)
      if (devices?.size === 0) users.delete(member.user)
    },
    get: (id) => sessions.get(id),
    all: () => sessions.values(),
    get size() {
      return sessions.size
    },
    enter(id, key) {
      const member = sessions.get(id)
      if (!member) return
      leave(id)
      let room = rooms.get(key)
      if (!room) {
        room = { members: new Map(), call: new Map() }
        rooms.set(key, room)
      }
      room.members.set(id, member)
      whereabouts.set(id, key)
    },
    leave,
    roomOf: (id) => whereabouts.get(id),
    members: (key) => rooms.get(key)?.members.values() ?? [],
    memberCount: (key) => rooms.get(key)?.members.size ?? 0,
    enterCall(id) {
      const room = roomAround(id)
      const member = sessions.get(id)
      if (!room || !member || room.call.has(id)) return false
      room.call.set(id, member)
      return true
    },
    leaveCall: (id) => roomAround(id)?.call.delete(id) ?? false,
    isInCall: (id) => roomAround(id)?.call.has(id) ?? false,
    callSize: (key) => rooms.get(key)?.call.size ?? 0,
    resolve(address) {
      switch (address.kind) {
        case 'session': {
          const member = sessions.get(address.session)
          return member ? [member] : []
        }
        case 'user':
          return users.get(address.user) ?? []
        case 'room':
          return rooms.get(address.room)?.members.values() ?? []
        case 'call':
          return rooms.get(address.room)?.call.values() ?? []
        default:
          return assertNever(address)
      }
    },
  }
}
