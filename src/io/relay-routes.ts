/** Where clients of the relay connect: the path of the relay, and behind it the room. */

import { roomOfPath } from '../protocols/relay/room-name.ts'
import type { RelayArrival } from '../protocols/relay/vocabulary.ts'
import { admitSocket, type Gate } from './admit-socket.ts'
import type { Paths, Route } from './router.ts'
import type { Sockets } from './sockets.ts'

/** `base` has no slash at its end. */
export function relayPaths(base: string, gate: Gate, sockets: Sockets<RelayArrival>): Paths {
  return (path) => {
    const room = roomOfPath(path, base)
    if (room === 'elsewhere') return undefined
    if (room === 'unusable') return { GET: refuse, POST: refuse }
    const connect: Route = (request, address, server) => {
      const response = admitSocket(gate, sockets, { request, server, address }, (key) => ({ address: key, room }))
      return response?.status === 400 ? refuse() : response
    }
    return { GET: connect, POST: refuse }
  }
}

/** As the original says that something is no WebSocket: without a word. */
const refuse = (): Response => new Response(null, { status: 400 })
