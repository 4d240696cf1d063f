/** The members of a room as the others are told of them. */
import { withoutDisplayName } from './render.ts'
import { type ClientSession, hasPermission, type Session, userIdOf } from './session.ts'
import type { JoinEntry } from './vocabulary.ts'

export function entryOf(session: Session): JoinEntry {
  const entry = {
    sessionid: session.id,
    userid: userIdOf(session),
    ...(session.userData ? { user: session.userData } : {}),
  }
  if (session.kind === 'virtual') return entry
  return {
    ...entry,
    ...(session.roomSession === '' ? {} : { roomsessionid: session.roomSession }),
    ...(session.features.length === 0 ? {} : { features: session.features }),
    ...(session.kind === 'federation' ? { federated: true as const } : {}),
  }
}

/** The same entries as one receiver may see them. */
export const visibleEntries = (receiver: ClientSession, entries: readonly JoinEntry[]): readonly JoinEntry[] =>
  hasPermission(receiver, 'hide-displaynames') ? entries.map(withoutDisplayName) : entries
