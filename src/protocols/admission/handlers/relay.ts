/** Handing session descriptions and ICE candidates from one member of a room to another. */
import { type Asker, decline, done, note, noteRefusal, say } from '../deliver.ts'
import { errorCodes } from '../errors.ts'
import { type State, sessionOf } from '../state.ts'
import type { EventOf } from '../wire.ts'

type Relayed = EventOf<'relay-session-description'> | EventOf<'relay-ice-candidate'>

export function relay(state: State, asker: Asker, app: string, { event, message, passed }: Relayed): void {
  const { session } = asker
  const room = message.room ? state.rooms.find(app, message.room) : undefined
  const peer = sessionOf(state, message.to)
  const isMember = room?.members.has(session.id) === true
  if (!room || !isMember || !peer || !room.members.has(peer.id)) {
    const why = isMember ? 'peer_not_found' : 'not_member'
    noteRefusal(state, asker, why)
    return decline(state, asker, 'relay-reject', {
      event,
      message: errorCodes[why].message,
      ...(typeof message.room === 'string' && { room: message.room }),
      ...(message.to !== undefined && { to: message.to }),
    })
  }
  const told = { room: room.name, peer_id: session.socket, payload: passed.payload }
  if (event === 'relay-ice-candidate') {
    say(state, [peer.id], 'ice-candidate', { ...told, ice_candidate: passed.content })
  } else {
    say(state, [peer.id], 'session-description', { ...told, session_description: passed.content })
  }
  note(state, { fact: 'admission-relayed', event })
  done(state, asker)
}
