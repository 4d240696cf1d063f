/** The HTTP side of the signaling server: which path leads where. */
import type { OwnTurn } from '../auth/turn-urls.ts'
import type { Config } from '../config/config.ts'
import { now } from './clock.ts'
import { iceServers, type Recognize } from './ice-route.ts'
import type { RoomApi } from './room-api.ts'
import {
  createRouter,
  guardedBy,
  healthPaths,
  json,
  type Methods,
  type Paths,
  type Route,
  welcomeRoute,
} from './router.ts'
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

const roomPath = '/api/v1/room/'

export function createRoutes(parts: RouteParts): ReturnType<typeof createRouter> {
  const { headers, config, version } = parts
  const guarded = (route: Route): Route => guardedBy(config, route)
  const credentials: Route = (request) => turnCredentials(request, config().turn, parts.ownTurn?.(), now())
  const ice: Route = (request, address) =>
    iceServers(request, address, config().turn, parts.ownTurn?.(), now(), parts.recognize)

  const own: Readonly<Record<string, Methods>> = {
    '/api/v1/welcome': { GET: welcomeRoute('nextcloud-spreed-signaling', version) },
    '/api/v1/stats': { GET: guarded(() => json(parts.stats())) },
    '/api/v1/serverinfo': { GET: guarded(() => json(parts.serverInfo())) },
    '/metrics': { GET: guarded(() => parts.metrics()) },
    '/turn/credentials': { GET: credentials, POST: credentials },
    '/ice': { GET: ice, POST: ice },
    ...healthPaths(parts.isStopping),
  }

  function roomMethods(path: string): Methods | undefined {
    const { roomApi } = parts
    const room = path.startsWith(roomPath) ? path.slice(roomPath.length) : ''
    if (!roomApi || room === '' || room.includes('/')) return undefined
    const roomId = decodeRoom(room)
    return roomId === undefined ? undefined : { POST: (request, address) => roomApi.handle(request, roomId, address) }
  }

  return createRouter({ headers, config, paths: [(path) => own[path], ...parts.frontEnds, roomMethods] })
}

function decodeRoom(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
