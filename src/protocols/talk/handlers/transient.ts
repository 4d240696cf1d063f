/** Setting and removing the values that a room shares. */
import type { RawJson } from '../../json-wire.ts'
import { send } from '../deliver.ts'
import { errorReply } from '../errors.ts'
import type { ClientMessageOf } from '../messages/index.ts'
import { type ClientSession, isPrivileged } from '../session.ts'
import type { State } from '../state.ts'
import { ownKeyPrefix, removeValue, setValue } from '../values.ts'

const nanosecondsPerMillisecond = 1_000_000

export function transient(
  state: State,
  session: ClientSession,
  message: ClientMessageOf<'transient'>,
  value: RawJson | undefined,
): void {
  const { type, key, ttl } = message.transient
  const refuse = (code: string, text?: string): void => send(state, session, errorReply(message.id, code, text))

  const roomKey = state.hub.roomOf(session.id)
  const room = roomKey === undefined ? undefined : state.rooms.get(roomKey)
  if (!room) return refuse('not_in_room')
  if (type !== 'set' && type !== 'remove') return refuse('ignored')
  if (!key) return refuse('invalid_format')
  if (!isPrivileged(session, 'transient-data')) {
    return refuse('not_allowed', 'Not allowed to update transient data.')
  }
  const isOthers = key.startsWith(ownKeyPrefix) && key !== `${ownKeyPrefix}${session.id}`
  if (isOthers && session.kind !== 'internal') {
    return refuse('not_allowed', 'Not allowed to update this transient data entry.')
  }
  if (type === 'remove' || value === undefined || value.text === 'null') return removeValue(state, room, key)
  if (room.values.size >= state.settings.valuesPerRoom && !room.values.has(key)) {
    return refuse('not_allowed', 'This room holds as many transient data entries as it may.')
  }
  setValue(state, room, key, value, ttl ? ttl / nanosecondsPerMillisecond : undefined)
}
