/** Where Talk's clients connect: /spreed, which also takes the event feed of Janus. */
import type { Peer } from '../protocols/front-end.ts'
import { admitSocket, type Gate } from './admit-socket.ts'
import { asksForEvents, eventsAnswer, type JanusEvents, noJanus } from './janus-events.ts'
import type { Paths, Route } from './router.ts'
import type { Sockets } from './sockets.ts'

interface TalkPathParts {
  readonly gate: Gate
  readonly sockets: Sockets<Peer>
  /** Those that every answer carries. */
  readonly headers: Headers
  /** There if there is a Janus of our own. */
  readonly events?: JanusEvents | undefined
  /** The country of an address. */
  readonly countryOf?: (address: string) => string | undefined
}

export function talkPaths({ gate, sockets, headers, events, countryOf }: TalkPathParts): Paths {
  const refused = eventsAnswer(headers)

  const connect: Route = (request, address, server) => {
    const isEvents = asksForEvents(request)
    if (isEvents && events) return events.connect(request, address, server)
    const userAgent = (request.headers.get('user-agent') ?? '').slice(0, 256)
    return admitSocket(
      gate,
      sockets,
      { request, server, address },
      (key) => ({ address: key, userAgent, country: countryOf?.(address) }),
      isEvents ? { headers: refused, refusal: noJanus(address) } : { headers },
    )
  }
  return (path) => (path === '/spreed' ? { GET: connect } : undefined)
}
