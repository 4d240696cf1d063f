/** The paths of the media proxy: /welcome, /proxy for signaling servers and other proxies, and the guarded ones. */
import type { Peer } from '../protocols/front-end.ts'
import { admitSocket, type Gate } from './admit-socket.ts'
import { asksForEvents, type JanusEvents } from './janus-events.ts'
import {
  guardedBy,
  healthPaths,
  json,
  type Methods,
  type Paths,
  type Route,
  type RouterParts,
  welcomeRoute,
} from './router.ts'
import type { Sockets } from './sockets.ts'

export interface ProxyRouteParts extends Pick<RouterParts, 'config' | 'headers'> {
  readonly version: string
  readonly gate: Gate
  readonly sockets: Sockets<Peer>
  /** Of our Janus: it reports where signaling servers connect, as with the original. */
  readonly events: JanusEvents
  readonly stats: () => unknown
  readonly metrics: () => Promise<Response>
  /** Whether new clients are sent elsewhere. */
  readonly isStopping: () => boolean
}

export function proxyPaths({ version, gate, sockets, events, headers, config, ...parts }: ProxyRouteParts): Paths {
  const connect: Route = (request, address, server) => {
    if (asksForEvents(request)) return events.connect(request, address, server)
    const userAgent = (request.headers.get('user-agent') ?? '').slice(0, 256)
    const asking = { request, server, address }
    return admitSocket(gate, sockets, asking, (key) => ({ address: key, userAgent }), { headers })
  }
  const paths: Readonly<Record<string, Methods>> = {
    '/welcome': { GET: welcomeRoute('nextcloud-spreed-signaling-proxy', version) },
    '/proxy': { GET: connect },
    '/stats': { GET: guardedBy(config, () => json(parts.stats())) },
    '/metrics': { GET: guardedBy(config, () => parts.metrics()) },
    ...healthPaths(parts.isStopping),
  }
  return (path) => paths[path]
}
