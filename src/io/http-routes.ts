/** The HTTP side: which path leads where, who may go there, and the headers that every answer carries. */
import type { Server } from 'bun'
import type { OwnTurn } from '../auth/turn-urls.ts'
import type { Config } from '../config/config.ts'
import { contains } from '../lib/ip-range.ts'
import { clientAddress } from './client-address.ts'
import { now } from './clock.ts'
import { debugPage } from './debug-routes.ts'
import { iceServers, type Recognize } from './ice-route.ts'
import type { RoomApi } from './room-api.ts'
import type { SocketData } from './socket-data.ts'
import { turnCredentials } from './turn-credentials-route.ts'

/** What of the configuration may change while we run. */
export type LiveConfig = Pick<Config, 'app' | 'stats' | 'turn'>

export interface RouteParts {
  readonly version: string
  /** Those that every answer carries. */
  readonly headers: Headers
  /** The present configuration: a reload changes it. */
  readonly config: () => LiveConfig
  /** Of the front ends; the first that knows a path has it. */
  readonly frontEnds: readonly Paths[]
  /** Undefined while no backend is configured at all. */
  readonly roomApi: RoomApi | undefined
  /** Whoever a front end knows gets ICE servers without the API key. */
  readonly recognize?: Recognize | undefined
  /** Our own TURN server, if it runs. */
  readonly ownTurn?: () => OwnTurn | undefined
  readonly stats: () => unknown
  readonly serverInfo: () => unknown
  readonly metrics: () => Promise<Response>
  /** Whether new connections are refused because the server is about to stop. */
  readonly isStopping: () => boolean
}

export type Route = (request: Request, address: string, server: Server<SocketData>) => Answer

/** Undefined once the connection is a WebSocket. */
export type Answer = Promise<Response | undefined> | Response | undefined

/** What may be done at a path. */
export interface Methods {
  readonly GET?: Route
  readonly POST?: Route
  /** What a browser asks before a page of another origin may send its request. */
  readonly OPTIONS?: Route
}

/** Of one part of the program: undefined for paths that are none of its business. */
export type Paths = (path: string) => Methods | undefined

const roomPath = '/api/v1/room/'

export function createRoutes(parts: RouteParts): (request: Request, server: Server<SocketData>) => Answer {
  const jsonHeaders = { 'content-type': 'application/json; charset=utf-8', 'x-content-type-options': 'nosniff' }
  const json = (value: unknown): Response =>
    new Response(`${JSON.stringify(value, null, 2)}\n`, { headers: jsonHeaders })

  /** Statistics are for the addresses of `[stats] allowed_ips` only. */
  const guarded = (route: Route): Route => {
    return (request, address, server) =>
      contains(parts.config().stats.allowedIps, address)
        ? route(request, address, server)
        : new Response('Authentication check failed\n', { status: 403 })
  }

  const welcome = `${JSON.stringify({ 'nextcloud-spreed-signaling': 'Welcome', version: parts.version })}\n`
  const credentials: Route = (request) => turnCredentials(request, parts.config().turn, parts.ownTurn?.(), now())
  const ice: Route = (request, address) =>
    iceServers(request, address, parts.config().turn, parts.ownTurn?.(), now(), parts.recognize)

  const paths: Readonly<Record<string, Methods>> = {
    '/api/v1/welcome': {
      GET: () => new Response(welcome, { headers: { 'content-type': jsonHeaders['content-type'] } }),
    },
    '/api/v1/stats': { GET: guarded(() => json(parts.stats())) },
    '/api/v1/serverinfo': { GET: guarded(() => json(parts.serverInfo())) },
    '/metrics': { GET: guarded(() => parts.metrics()) },
    '/turn/credentials': { GET: credentials, POST: credentials },
    '/ice': { GET: ice, POST: ice },
    '/healthz': { GET: () => new Response('ok\n') },
    '/readyz': {
      GET: () => (parts.isStopping() ? new Response('stopping\n', { status: 503 }) : new Response('ok\n')),
    },
  }

  function route(request: Request, server: Server<SocketData>): Answer {
    const path = pathOf(request.url)
    const methods = paths[path] ?? ofFrontEnds(path) ?? roomMethods(path) ?? debugMethods(path)
    if (!methods) return new Response('Not found\n', { status: 404 })
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const handler = method === 'GET' || method === 'POST' || method === 'OPTIONS' ? methods[method] : undefined
    if (!handler) {
      return new Response('Method not allowed\n', { status: 405, headers: { allow: Object.keys(methods).join(', ') } })
    }
    const peer = server.requestIP(request)?.address
    return handler(request, clientAddress(peer, request.headers, parts.config().app.trustedProxies), server)
  }

  function ofFrontEnds(path: string): Methods | undefined {
    for (const known of parts.frontEnds) {
      const methods = known(path)
      if (methods) return methods
    }
    return undefined
  }

  function roomMethods(path: string): Methods | undefined {
    const { roomApi } = parts
    const room = path.startsWith(roomPath) ? path.slice(roomPath.length) : ''
    if (!roomApi || room === '' || room.includes('/')) return undefined
    const roomId = decodeRoom(room)
    return roomId === undefined ? undefined : { POST: (request, address) => roomApi.handle(request, roomId, address) }
  }

  function debugMethods(path: string): Methods | undefined {
    const page = parts.config().app.debug ? debugPage(path) : undefined
    return page && { GET: guarded(page) }
  }

  function finished(request: Request, response: Response | undefined): Response | undefined {
    if (!response) return undefined
    for (const [name, value] of parts.headers) response.headers.set(name, value)
    // Bun dates all answers but these.
    if (request.method === 'HEAD') response.headers.set('date', new Date().toUTCString())
    return response
  }

  return (request, server) => {
    const response = route(request, server)
    // Upgrades, of which there are many in a storm, have no need of a promise.
    return response instanceof Promise ? response.then((late) => finished(request, late)) : finished(request, response)
  }
}

/** The path alone; the URL parser would cost more than everything else here. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('//') + 2)
  const query = url.indexOf('?', start)
  return query < 0 ? url.slice(start) : url.slice(start, query)
}

function decodeRoom(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
