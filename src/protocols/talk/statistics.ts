/** The answers of /api/v1/stats and /api/v1/serverinfo (1.1). */
import type { Census } from './census.ts'

/** `mcu` is what the SFU says of itself, if there is one. */
export const stats = (census: Census, mcu?: unknown): object => ({
  rooms: census.rooms.length,
  sessions: census.sessions.reduce((sum, { count }) => sum + count, 0),
  ...(mcu === undefined ? {} : { mcu }),
})

export const serverInfo = (version: string, features: readonly string[], census: Census, sfu?: unknown): object => ({
  version,
  features,
  ...(sfu === undefined ? {} : { sfu }),
  ...(census.dialout.length > 0
    ? { dialout: census.dialout.map((client) => (client.connected ? { ...client, version } : withoutPeer(client))) }
    : {}),
})

/** Of a client that lost its connection only the session is known. */
const withoutPeer = ({ sessionid, connected }: Census['dialout'][number]): object => ({ sessionid, connected })
