/** Where Talk's clients connect: /spreed, which also takes the event feed of Janus. */
import type { Peer } from '../protocols/front-end.ts'
import { admitSocket, type Gate } from './admit-socket.ts'
import { asksForEvents, eventsAnswer, type JanusEvents, noJanus } from './janus-events.ts'
import type { Paths, Route } from './router.ts'
import type { Sockets } from './sockets.ts'

/** `headers` are those that every answer carries; `events` is there if there is a Janus of our own. */
export function talkPaths(gate: Gate, sockets: Sockets<Peer>, headers: Headers, events?: JanusEvents): Paths {
  const refused = eventsAnswer(headers)

  const connect: Route = (request, address, server) => {
    const isEvents = asksForEvents(request)
    if (isEvents && events) return events.connect(request, address, server)
    const userAgent = (request.headers.get('user-agent') ?? '').slice(0, 256)
    return admitSocket(
      gate,
      sockets,
      { request, server, address },
      (key) => ({ address: key, userAgent }),
      isEvents ? { headers: refused, refusal: noJanus(address) } : { headers },
    )
  }
  return (path) => (path === '/spreed' ? { GET: connect } : undefined)
}
