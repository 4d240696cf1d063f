/** Which path leads where on an HTTP server of ours, who may go there, and the headers that every answer carries. */
import type { Server } from 'bun'
import type { Config } from '../config/config.ts'
import { contains } from '../lib/ip-range.ts'
import { clientAddress } from './client-address.ts'
import { debugPage } from './debug-routes.ts'
import type { SocketData } from './socket-data.ts'

export interface RouterParts {
  /** Those that every answer carries. */
  readonly headers: Headers
  /** The present configuration: a reload changes it. */
  readonly config: () => Pick<Config, 'app' | 'stats'>
  /** The first that knows a path has it. */
  readonly paths: readonly Paths[]
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

const jsonType = 'application/json; charset=utf-8'

/** As it is read by people too. */
export const json = (value: unknown): Response =>
  new Response(`${JSON.stringify(value, null, 2)}\n`, {
    headers: { 'content-type': jsonType, 'x-content-type-options': 'nosniff' },
  })

/** What a server says of itself to whoever asks; `name` is the program's in the words of the original. */
export function welcomeRoute(name: string, version: string): Route {
  const welcome = `${JSON.stringify({ [name]: 'Welcome', version })}\n`
  return () => new Response(welcome, { headers: { 'content-type': jsonType } })
}

/** Whether we live, and whether new clients are welcome. */
export const healthPaths = (isStopping: () => boolean): Readonly<Record<string, Methods>> => ({
  '/healthz': { GET: () => new Response('ok\n') },
  '/readyz': {
    GET: () => (isStopping() ? new Response('stopping\n', { status: 503 }) : new Response('ok\n')),
  },
})

/** Statistics are for the addresses of `[stats] allowed_ips` only. */
export function guardedBy(config: RouterParts['config'], route: Route): Route {
  return (request, address, server) =>
    contains(config().stats.allowedIps, address)
      ? route(request, address, server)
      : new Response('Authentication check failed\n', { status: 403 })
}

export function createRouter({
  headers,
  config,
  paths,
}: RouterParts): (request: Request, server: Server<SocketData>) => Answer {
  function route(request: Request, server: Server<SocketData>): Answer {
    const path = pathOf(request.url)
    const methods = methodsAt(path) ?? debugMethods(path)
    if (!methods) return new Response('Not found\n', { status: 404 })
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const handler = method === 'GET' || method === 'POST' || method === 'OPTIONS' ? methods[method] : undefined
    if (!handler) {
      return new Response('Method not allowed\n', { status: 405, headers: { allow: Object.keys(methods).join(', ') } })
    }
    const peer = server.requestIP(request)?.address
    return handler(request, clientAddress(peer, request.headers, config().app.trustedProxies), server)
  }

  function methodsAt(path: string): Methods | undefined {
    for (const known of paths) {
      const methods = known(path)
      if (methods) return methods
    }
    return undefined
  }

  function debugMethods(path: string): Methods | undefined {
    const page = config().app.debug ? debugPage(path) : undefined
    return page && { GET: guardedBy(config, page) }
  }

  function finished(request: Request, response: Response | undefined): Response | undefined {
    if (!response) return undefined
    for (const [name, value] of headers) response.headers.set(name, value)
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
