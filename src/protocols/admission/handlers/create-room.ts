/** Opening a room: its name, and who owns it. */
import { type Asker, answer, note, refuse } from '../deliver.ts'
import { roomsOf, type State } from '../state.ts'
import type { EventOf } from '../wire.ts'

const longestName = 256
/** Control characters, the line break among them, and halves of surrogate pairs. */
const unusable = /[\p{Cc}\p{Cs}]/u

export function createRoom(
  state: State,
  asker: Asker,
  app: string,
  { message, passed }: EventOf<'room-create-request'>,
): void {
  const { session } = asker
  const { payload } = passed
  const name = message.room || randomName(state.means.random)
  if (name.length > longestName || unusable.test(name)) return refuse(state, asker, 'name_unusable', payload)
  // Socket ids are rooms of one in the original: nobody opens one by another's name.
  const isTaken = state.rooms.find(app, name) !== undefined || state.bySocket.has(name)
  if (isTaken) return refuse(state, asker, 'room_taken', payload)
  if (roomsOf(session) >= state.settings.maxRooms) return refuse(state, asker, 'too_many_rooms', payload)
  const room = state.rooms.open(app, name, session.id)
  session.rooms.add(room.key)
  note(state, { fact: 'admission-room-opened', socket: session.socket, app, room: name })
  answer(state, asker, 'room-create-accept', { room: name, payload })
}

/** A UUID of version 4 (RFC 9562). */
function randomName(random: (count: number) => Uint8Array): string {
  const bytes = Buffer.from(random(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
