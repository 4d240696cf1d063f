/** Messages and control messages to others. */
import { type Address, toCall, toRoom, toSession, toUser } from '../../../core/address.ts'
import { userKey } from '../../../core/ids.ts'
import type { RawJson } from '../../json-wire.ts'
import type { Recipient } from '../messages/message.ts'
import { type ClientSession, isPrivileged, userIdOf } from '../session.ts'
import type { State } from '../state.ts'

/** Sends to whomever the recipient stands for; who is not there gets nothing and the sender hears nothing (1.5). */
export function message(state: State, session: ClientSession, recipient: Recipient, data: RawJson): void {
  route(state, session, 'message', recipient, data)
}

/** As `message`, for those who may control others; from anyone else it is dropped without a word (1.3). */
export function control(state: State, session: ClientSession, recipient: Recipient, data: RawJson): void {
  if (!isPrivileged(session, 'control')) {
    state.note({ fact: 'message-ignored', session: session.id, type: 'control', why: 'no permission' })
    return
  }
  route(state, session, 'control', recipient, data)
}

function route(
  state: State,
  session: ClientSession,
  as: 'message' | 'control',
  recipient: Recipient,
  data: RawJson,
): void {
  const to = addressOf(state, session, recipient)
  if (!to) {
    state.note({ fact: 'message-ignored', session: session.id, type: as, why: `no recipient (${recipient.type})` })
    return
  }
  const from = { session: session.id, userId: userIdOf(session), backend: session.backend.id }
  state.tell(to, { event: 'message', as, from, recipientType: recipient.type, data })
}

function addressOf(state: State, session: ClientSession, recipient: Recipient): Address | undefined {
  switch (recipient.type) {
    case 'session':
      return toSession(state.ids.canonical(recipient.sessionid))
    case 'user':
      // Nobody writes to himself, not even to his other devices.
      return recipient.userid === userIdOf(session) ? undefined : toUser(userKey(session.backend.id, recipient.userid))
    case 'room':
    case 'call': {
      const room = state.hub.roomOf(session.id)
      if (room === undefined) return undefined
      return recipient.type === 'room' ? toRoom(room) : toCall(room)
    }
  }
}
