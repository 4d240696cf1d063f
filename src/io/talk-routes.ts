/** Where Talk's clients connect: /spreed, which also takes the event feed of Janus. */
import { contains, parseIpRange } from '../lib/ip-range.ts'
import type { Peer } from '../protocols/front-end.ts'
import { admitSocket, type Gate } from './admit-socket.ts'
import type { Paths, Route } from './router.ts'
import type { Refusal } from './socket-data.ts'
import type { Sockets } from './sockets.ts'

/** `headers` are those that every answer carries. */
export function talkPaths(gate: Gate, sockets: Sockets<Peer>, headers: Headers): Paths {
  const eventHeaders = new Headers([...headers, ['sec-websocket-protocol', 'janus-events']])

  const connect: Route = (request, address, server) => {
    const userAgent = (request.headers.get('user-agent') ?? '').slice(0, 256)
    const isEvents = /(?:^|,)\s*janus-events\s*(?:,|$)/.test(request.headers.get('sec-websocket-protocol') ?? '')
    return admitSocket(
      gate,
      sockets,
      { request, server, address },
      (key) => ({ address: key, userAgent }),
      isEvents ? { headers: eventHeaders, refusal: eventFeed(address) } : { headers },
    )
  }
  return (path) => (path === '/spreed' ? { GET: connect } : undefined)
}

/** Janus' event handler may only come from nearby, and there is nothing for it to report on without an SFU. */
const eventFeed = (address: string): Refusal =>
  contains(nearby, address)
    ? { code: 1011, reason: 'no Janus is configured' }
    : { code: 1008, reason: 'only for loopback and private addresses' }

const nearby = ['127.0.0.0/8', '::1', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']
  .map(parseIpRange)
  .filter((range) => range !== undefined)
