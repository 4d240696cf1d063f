/** 1.15: tells each Nextcloud every ten seconds which of its participants are still there. */
import type { PingEntry } from './backend/messages.ts'
import type { State } from './state.ts'
import type { PingedRoom } from './vocabulary.ts'

export const pingInterval = 10_000

/** Asks the world to ping, once per backend URL. */
export function askPings(state: State): void {
  const byUrl = new Map<string, { readonly backend: string; readonly rooms: PingedRoom[] }>()
  const add = (backend: string, url: string, room: PingedRoom): void => {
    const group = byUrl.get(url) ?? { backend, rooms: [] }
    group.rooms.push(room)
    byUrl.set(url, group)
  }
  for (const room of state.rooms.all()) {
    const entriesByUrl = new Map<string, PingEntry[]>()
    for (const session of state.hub.members(room.key)) {
      if (session.roomSession === '' || session.kind === 'internal') continue
      const entry: PingEntry = {
        sessionid: session.roomSession,
        ...(session.userId === '' ? {} : { userid: session.userId }),
      }
      const entries = entriesByUrl.get(session.backendUrl)
      if (entries) entries.push(entry)
      else entriesByUrl.set(session.backendUrl, [entry])
    }
    for (const [url, entries] of entriesByUrl) add(room.backend.id, url, { roomId: room.id, entries })
  }
  for (const { session, room } of state.federation.joined()) {
    if (!room) continue
    const { backend, backendUrl, userId } = session
    const entry = { sessionid: room.roomSession, ...(userId === '' ? {} : { userid: userId }) }
    add(backend.id, backendUrl, { roomId: room.local, entries: [entry] })
  }
  for (const [url, { backend: id, rooms }] of byUrl) {
    const backend = state.settings.backends.byUrl(url)
    if (backend) state.ask({ ask: 'ping', backend, url, rooms }, { for: 'notice', backend: id, what: 'ping' })
  }
}
