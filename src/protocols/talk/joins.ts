/**
 * Telling a room who came. When many come at once to a large room, they are announced together: a thousand people who
 * enter one after the other would otherwise cost half a million messages.
 */
import { toRoom } from '../../core/address.ts'
import { deliver, send } from './deliver.ts'
import { entryOf } from './entries.ts'
import { frameOf, joinMessage, withoutDisplayName } from './render.ts'
import type { Room } from './rooms.ts'
import { type ClientSession, hasPermission, isClientSession, type Session } from './session.ts'
import type { State } from './state.ts'
import { initialValues } from './values.ts'

/** In rooms of at least so many, announcements are so far apart (ms); the first after a pause goes out at once. */
const crowd = 20
const announceEvery = 50

/** Announces a newcomer, now or together with those who come in the next moment. */
export function announce(state: State, room: Room, session: Session): void {
  room.newcomers.push(session)
  state.unannounced.add(room)
  const isCrowded = state.hub.memberCount(room.key) >= crowd
  const next = room.announcedAt + announceEvery
  if (!isCrowded || state.now() >= next) flushJoins(state, room)
  else state.deadlines.set(`joins ${room.key}`, next, { due: 'joins', room })
}

/** Whatever else is told must not overtake the news of who came. */
export function flushAllJoins(state: State): void {
  for (const room of state.unannounced) flushJoins(state, room)
}

export function flushJoins(state: State, room: Room): void {
  if (!state.unannounced.delete(room)) return
  state.deadlines.cancel(`joins ${room.key}`)
  const newcomers = room.newcomers.splice(0).filter((session) => state.hub.roomOf(session.id) === room.key)
  room.announcedAt = state.now()
  if (newcomers.length === 0) return
  // Everybody learns of all newcomers, these of themselves first; then each of them learns who was there before.
  state.tell(toRoom(room.key), { event: 'joined', entries: newcomers.map(entryOf) })
  introduce(state, room, newcomers)
}

/** Tells one who is in a room all that it was told when it came; nobody else hears of that. */
export function announceAgain(state: State, room: Room, session: ClientSession): void {
  flushJoins(state, room)
  deliver(state, session, frameOf(joinMessage([entryOf(session)])))
  introduce(state, room, [session])
}

/** Tells newcomers who was there, the flags of virtual sessions and the values that the room shares. */
function introduce(state: State, room: Room, newcomers: readonly Session[]): void {
  const guests = newcomers.filter(isClientSession)
  if (guests.length === 0) return
  const others = [...state.hub.members(room.key)].filter((member) => !newcomers.includes(member))
  tellOfOthers(state, guests, others)
  for (const other of others) {
    if (other.kind !== 'virtual' || other.flags === 0) continue
    const flags = { roomid: room.id, sessionid: other.id, flags: other.flags }
    for (const guest of guests) {
      send(state, guest, { type: 'event', event: { target: 'participants', type: 'flags', flags } })
    }
  }
  const values = initialValues(room)
  if (values) for (const guest of guests) send(state, guest, values)
}

function tellOfOthers(state: State, guests: readonly ClientSession[], others: readonly Session[]): void {
  if (others.length === 0) return
  const entries = others.map(entryOf)
  const plain = frameOf(joinMessage(entries))
  for (const guest of guests) {
    const isNameless = hasPermission(guest, 'hide-displaynames')
    deliver(state, guest, isNameless ? frameOf(joinMessage(entries.map(withoutDisplayName))) : plain)
  }
}
