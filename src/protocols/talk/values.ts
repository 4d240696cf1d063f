/** 1.10: values that a room shares while somebody is in it. */
import { toRoom } from '../../core/address.ts'
import type { SessionId } from '../../core/ids.ts'
import type { RawJson } from '../json-wire.ts'
import type { ServerMessage } from './messages/index.ts'
import { type Room, sameValue } from './rooms.ts'
import type { State } from './state.ts'

/** What a session shares under its own name; only itself may write it, and it goes with it. */
export const ownKeyPrefix = 'sd:'

const deadlineKey = (room: Room, key: string): string => `value ${room.key.length} ${room.key} ${key}`

/** Sets a value for `ttl` ms (undefined: for as long as the room lives); the same value again only sets the time. */
export function setValue(state: State, room: Room, key: string, value: RawJson, ttl: number | undefined): void {
  const former = room.values.get(key)
  room.values.set(key, value)
  if (ttl === undefined) state.deadlines.cancel(deadlineKey(room, key))
  else state.deadlines.set(deadlineKey(room, key), state.now() + ttl, { due: 'value', room, key })
  if (former && sameValue(former, value)) return
  tellRoom(state, room, {
    type: 'transient',
    transient: { type: 'set', key, value, ...(former ? { oldvalue: former } : {}) },
  })
}

export function removeValue(state: State, room: Room, key: string): void {
  const former = room.values.get(key)
  if (!former) return
  room.values.delete(key)
  state.deadlines.cancel(deadlineKey(room, key))
  tellRoom(state, room, { type: 'transient', transient: { type: 'remove', key, oldvalue: former } })
}

export const removeOwnValue = (state: State, room: Room, session: SessionId): void =>
  removeValue(state, room, `${ownKeyPrefix}${session}`)

/** Forgets all values of a room that nobody is in any more. */
export function dropValues(state: State, room: Room): void {
  for (const key of room.values.keys()) state.deadlines.cancel(deadlineKey(room, key))
  room.values.clear()
}

/** What a newcomer is told, or undefined if there is nothing. */
export function initialValues(room: Room): ServerMessage | undefined {
  if (room.values.size === 0) return undefined
  return { type: 'transient', transient: { type: 'initial', data: Object.fromEntries(room.values) } }
}

function tellRoom(state: State, room: Room, message: ServerMessage): void {
  state.tell(toRoom(room.key), { event: 'news', message })
}
