/** Which session sits in a room under which of Nextcloud's session ids: there is one connection per such id. */
import type { Backend } from './backend/backends.ts'
import type { Session } from './session.ts'

export interface Seats {
  /** Gives the session this id of Nextcloud's; an empty one only takes away its former. */
  take(session: Session, roomSession: string): void
  find(backend: Backend, roomSession: string): Session | undefined
  readonly size: number
}

export function createSeats(): Seats {
  const seats = new Map<string, Session>()
  const keyOf = (backend: Backend, roomSession: string): string => `${backend.id}\n${roomSession}`

  return {
    take(session, roomSession) {
      const former = keyOf(session.backend, session.roomSession)
      if (session.roomSession !== '' && seats.get(former) === session) seats.delete(former)
      session.roomSession = roomSession
      if (roomSession !== '') seats.set(keyOf(session.backend, roomSession), session)
    },
    find: (backend, roomSession) => seats.get(keyOf(backend, roomSession)),
    get size() {
      return seats.size
    },
  }
}
