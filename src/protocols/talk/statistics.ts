/** The answers of /api/v1/stats and /api/v1/serverinfo (1.1). */
import type { Census } from './census.ts'

export const stats = (census: Census): object => ({
  rooms: census.rooms.length,
  sessions: census.sessions.reduce((sum, { count }) => sum + count, 0),
})

export const serverInfo = (version: string, features: readonly string[], census: Census): object => ({
  version,
  features,
  ...(census.dialout.length > 0
    ? { dialout: census.dialout.map((client) => (client.connected ? { ...client, version } : withoutPeer(client))) }
    : {}),
})

/** Of a client that lost its connection only the session is known. */
const withoutPeer = ({ sessionid, connected }: Census['dialout'][number]): object => ({ sessionid, connected })
