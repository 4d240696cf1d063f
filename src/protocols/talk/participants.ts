/** The list of participants that a room is told: Nextcloud's, and the internal and virtual sessions that it does not know. */
import { toRoom } from '../../core/address.ts'
import type { SessionId } from '../../core/ids.ts'
import { flushJoins } from './joins.ts'
import type { ServerMessage } from './messages/index.ts'
import type { Participant, Room } from './rooms.ts'
import type { Session } from './session.ts'
import type { State } from './state.ts'

const withoutPermissions = ({ permissions: _, ...entry }: Participant): Participant => entry as Participant

/** Adds what only we know to a list of Nextcloud's. */
export function completeParticipants(state: State, room: Room, users: readonly Participant[]): readonly Participant[] {
  const lastPing = Math.floor(state.now() / 1000)
  const listed = new Set<SessionId>()
  const complete = users.map((user) => {
    listed.add(user.sessionId)
    return describeKnown(user, state.hub.get(user.sessionId))
  })
  for (const session of state.hub.members(room.key)) {
    if (listed.has(session.id)) continue
    if (session.kind === 'internal') {
      complete.push({
        inCall: session.inCall,
        sessionId: session.id,
        lastPing,
        internal: true,
        ...(session.features.length > 0 ? { features: session.features } : {}),
      })
    } else if (session.kind === 'virtual') {
      complete.push({ inCall: session.inCall, sessionId: session.id, lastPing, virtual: true })
    }
  }
  return complete
}

/** Nextcloud lists people without an account without a user id, and our virtual sessions without their state. */
function describeKnown(user: Participant, session: Session | undefined): Participant {
  const entry = withoutPermissions(user)
  const isNameless = entry['userId'] === undefined || entry['userId'] === ''
  if (!isNameless || !session) return entry
  if (session.roomUserId !== '') return { ...entry, userId: session.roomUserId }
  return session.kind === 'virtual' ? { ...entry, virtual: true, inCall: session.inCall } : entry
}

export const participantsMessage = (room: Room, users: readonly Participant[]): ServerMessage => ({
  type: 'event',
  event: { target: 'participants', type: 'update', update: { roomid: room.id, users: [...users] } },
})

/** The present list, or undefined if there is nobody on it. */
export function presentParticipants(state: State, room: Room): ServerMessage | undefined {
  const users = completeParticipants(state, room, [...room.participants.values()])
  return users.length === 0 ? undefined : participantsMessage(room, users)
}

/** Tells a room its present list: something changed that Nextcloud does not know of. */
export function publishParticipants(state: State, room: Room): void {
  flushJoins(state, room)
  const message = presentParticipants(state, room)
  if (message) state.tell(toRoom(room.key), { event: 'news', message })
}
