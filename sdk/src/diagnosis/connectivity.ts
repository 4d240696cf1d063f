/** Finds out what of the way to a call works here: the server, the WebSocket, STUN, and TURN over each transport. */
import { type SocketConstructor, surroundings, type World } from '../core/world.ts'
import type { RtcOptions } from '../rtc/peer-link.ts'
import { type Candidates, gather } from './gather.ts'

export type CheckName = 'http' | 'websocket' | 'stun' | 'turn-udp' | 'turn-tcp' | 'turn-tls'

export type CheckResult =
  | { readonly outcome: 'ok'; readonly milliseconds: number; readonly detail: string }
  | { readonly outcome: 'failed'; readonly milliseconds: number; readonly detail: string }
  | { readonly outcome: 'skipped'; readonly detail: string }

export interface ConnectivityReport {
  /** Nothing failed. */
  readonly ok: boolean
  /** Some way to relay works, or there is none to try. */
  readonly mayRelay: boolean
  readonly checks: Readonly<Record<CheckName, CheckResult>>
}

export interface ConnectivityOptions {
  /** A page of the server that answers 2xx, for example https://host/api/v1/welcome. */
  readonly http?: string | undefined
  /** The WebSocket; that it opens is enough. */
  readonly websocket?: string | undefined
  readonly iceServers?: readonly RTCIceServer[] | undefined
  readonly RTCPeerConnection?: RtcOptions['RTCPeerConnection']
  readonly WebSocket?: SocketConstructor | undefined
  readonly fetch?: ((url: string, init?: RequestInit) => Promise<Response>) | undefined
  /** ms that each check may take. Default 8,000. */
  readonly timeout?: number | undefined
  readonly world?: Partial<World> | undefined
}

type Attempt = () => Promise<string>

export async function checkConnectivity(options: ConnectivityOptions): Promise<ConnectivityReport> {
  const world = surroundings({ ...options.world, WebSocket: options.WebSocket })
  const limit = options.timeout ?? 8_000
  const run = async (attempt: Attempt | undefined, why: string): Promise<CheckResult> => {
    if (!attempt) return { outcome: 'skipped', detail: why }
    const begun = world.now()
    const took = () => Math.round(world.now() - begun)
    try {
      return { outcome: 'ok', detail: await within(world, limit, attempt()), milliseconds: took() }
    } catch (thrown) {
      const detail = thrown instanceof Error ? thrown.message : String(thrown)
      return { outcome: 'failed', detail, milliseconds: took() }
    }
  }
  const { http, websocket } = options
  const [httpResult, socketResult, stun, turnUdp, turnTcp, turnTls] = await Promise.all([
    run(http === undefined ? undefined : () => reach(http, options.fetch), 'no address given'),
    run(websocket === undefined ? undefined : () => openSocket(world, websocket), 'no address given'),
    run(iceAttempt(options, world, 'stun'), 'no STUN server given'),
    run(iceAttempt(options, world, 'turn-udp'), 'no TURN server over UDP given'),
    run(iceAttempt(options, world, 'turn-tcp'), 'no TURN server over TCP given'),
    run(iceAttempt(options, world, 'turn-tls'), 'no TURN server over TLS given'),
  ])
  const checks = {
    http: httpResult,
    websocket: socketResult,
    stun,
    'turn-udp': turnUdp,
    'turn-tcp': turnTcp,
    'turn-tls': turnTls,
  }
  const turns = [turnUdp, turnTcp, turnTls]
  return {
    ok: Object.values(checks).every(({ outcome }) => outcome !== 'failed'),
    mayRelay: turns.some(({ outcome }) => outcome === 'ok') || turns.every(({ outcome }) => outcome === 'skipped'),
    checks,
  }
}

async function reach(url: string, ask: ConnectivityOptions['fetch']): Promise<string> {
  const answer = await (ask ?? ((address, init) => fetch(address, init)))(url, { cache: 'no-store' })
  if (!answer.ok) throw new Error(`answered ${answer.status}`)
  return `answered ${answer.status}`
}

function openSocket(world: World, url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = world.openSocket(url, [])
    socket.onopen = () => {
      resolve('opened')
      socket.close(1000)
    }
    socket.onerror = () => {}
    socket.onclose = ({ code, reason }) => reject(new Error(`closed with ${code} ${reason}`.trimEnd()))
  })
}

/** Undefined if there is no server of the kind. */
function iceAttempt(options: ConnectivityOptions, world: World, kind: Candidates['kind']): Attempt | undefined {
  const servers = (options.iceServers ?? []).flatMap((server) => {
    const urls = [server.urls].flat().filter((url) => kindOf(url) === kind)
    return urls.length > 0 ? [{ ...server, urls }] : []
  })
  if (servers.length === 0) return undefined
  const Connection = options.RTCPeerConnection ?? globalThis.RTCPeerConnection
  return () => gather({ kind, servers, Connection, world, timeout: options.timeout ?? 8_000 })
}

export function kindOf(url: string): Candidates['kind'] | undefined {
  const [scheme, rest = ''] = url.split(':', 2)
  const isTcp = /[?&]transport=tcp\b/i.test(url) || /transport=tcp/i.test(rest)
  if (scheme === 'stun' || scheme === 'stuns') return 'stun'
  if (scheme === 'turn') return isTcp ? 'turn-tcp' : 'turn-udp'
  return scheme === 'turns' ? 'turn-tls' : undefined
}

function within<T>(world: World, milliseconds: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = world.after(milliseconds, () => reject(new Error(`nothing within ${milliseconds} ms`)))
    promise.then(resolve, reject).finally(cancel)
  })
}
