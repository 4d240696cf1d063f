/** The relay as a piece of somebody else's Bun server: a route, the WebSocket hooks, and functions in place of URLs. */
import type { Server, WebSocketHandler } from 'bun'
import type { IceServer } from '../auth/ice-servers.ts'
import { admitSocket } from '../io/admit-socket.ts'
import { type Handlers, handlers, type SocketData } from '../io/socket-data.ts'
import { within } from '../io/within.ts'
import type { Fact } from '../observe/facts.ts'
import type { PeerEntry } from '../protocols/relay/connection.ts'
import { roomName, roomOfPath } from '../protocols/relay/room-name.ts'
import type { Happening, HookEvent } from '../protocols/relay/vocabulary.ts'
import type { HookAnswer } from '../turn/hook-answers.ts'
import { createRelayCore } from './relay-core.ts'
import { restarting } from './running.ts'

/**
 * Says the password that is expected of a user; the one that the client sent is compared here. Anything else than a
 * text, an empty one, and an error, means that nobody may come in under that name.
 */
export type AuthFunction = (username: string) => string | undefined | null | Promise<string | undefined | null>

/** Somebody entered or left a room; `otherUsers` are the names of the rest. What it throws is logged and changes nothing. */
export type RelayCallback = (room: string, username: string, otherUsers: readonly string[]) => unknown

export interface RelayHandlerOptions {
  readonly auth: AuthFunction
  /** Somebody entered an empty room. Revision 2 calls `joinCallback` for that too. */
  readonly createCallback?: RelayCallback
  readonly joinCallback?: RelayCallback
  readonly leaveCallback?: RelayCallback
  /** 1 relays everything to everybody else in the room, 2 to the peer that a message names. */
  readonly revision?: 1 | 2
  /** ms until a connection has to say who it is. */
  readonly authTimeout?: number
  /** ms after which a connection is closed that nothing was received from; 0 is no limit. */
  readonly idleTimeout?: number
  /** ms that `auth` and a callback may take. */
  readonly callbackTimeout?: number
  /** The longest message, in bytes. */
  readonly maxMessage?: number
  /** What revision 2 hands to whoever enters; `startTurn` has such a function. */
  readonly iceServers?: (username: string) => readonly IceServer[]
  /** Is told everything worth a line in a log. */
  readonly log?: (fact: Fact) => void
}

/** A request of `routes`, such as `'/websocket/:room'`. */
type RoomRequest = Request & { readonly params?: Readonly<Record<string, string>> }

export interface RelayHandler extends AsyncDisposable {
  /** For `routes` of `Bun.serve`: the room is the parameter `:room`, or else the last segment of the path. */
  readonly route: (request: RoomRequest, server: Server<SocketData>) => Response | undefined
  /** For `websocket` of `Bun.serve`. */
  readonly websocket: WebSocketHandler<SocketData>
  peers(room: string): readonly PeerEntry[]
  /** Says `{event, data}` to all in a room; how many they are. */
  publish(room: string, event: string, data?: unknown): number
  /** Says `{event, data}` to one peer, if it is there. */
  send(peerId: string, event: string, data?: unknown): void
  /** Closes every connection; resolves when all are gone and the callbacks of that are done. */
  close(): Promise<void>
}

export function createRelayHandler(options: RelayHandlerOptions): RelayHandler {
  const { revision = 1, callbackTimeout = 10_000, maxMessage = 65_536, log = () => {} } = options
  const callbacks: Readonly<Record<HookEvent, RelayCallback | undefined>> = {
    create: revision === 1 ? options.createCallback : undefined,
    join: options.joinCallback,
    leave: options.leaveCallback,
  }
  let isStopping = false

  async function call({ event, room, username, others }: Happening): Promise<void> {
    try {
      await within(callbackTimeout, Promise.resolve(callbacks[event]?.(room, username, others)))
    } catch (error) {
      log({ fact: 'relay-callback-failed', event, room, why: error instanceof Error ? error.message : String(error) })
    }
  }

  const core = createRelayCore({
    revision,
    authTimeout: options.authTimeout ?? 10_000,
    idleTimeout: options.idleTimeout ?? 60_000,
    maxMessage,
    known: () => 'ask',
    ask: (username) => within(callbackTimeout, hookOf(options.auth)(username)),
    hooks: new Set((['create', 'join', 'leave'] as const).filter((event) => callbacks[event])),
    call,
    iceServers: options.iceServers ?? (() => []),
    note: log,
  })
  const gate = {
    isStopping: () => isStopping,
    maxConnectionsPerAddress: 0,
    refusedUpgrade: (address: string, why: string): void => log({ fact: 'upgrade-refused', address, why }),
  }

  async function close(): Promise<void> {
    isStopping = true
    core.sockets.closeAll(restarting, 'the server restarts')
    await core.emptied()
    core[Symbol.dispose]()
  }

  return {
    route(request, server) {
      const room = roomOf(request)
      const address = server.requestIP(request)?.address ?? ''
      const response =
        room === undefined
          ? new Response(null, { status: 400 })
          : admitSocket(gate, core.sockets, { request, server, address }, (key) => ({ address: key, room }))
      return response?.status === 400 ? new Response(null, { status: 400 }) : response
    },
    websocket: {
      ...openHandlers(handlers),
      maxPayloadLength: maxMessage,
      idleTimeout: 0,
      sendPings: false,
      backpressureLimit: 64 * 1024 * 1024,
    },
    peers: (room) => fromName(room, core.peers) ?? [],
    publish: (room, event, data) => fromName(room, (name) => core.publish(name, event, data)) ?? 0,
    send: core.send,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** The answers of a function as those of `authurl`. */
export function hookOf(auth: AuthFunction): (username: string) => Promise<HookAnswer> {
  return async (username) => {
    const password: unknown = await auth(username)
    return typeof password === 'string' && password !== '' ? { known: true, password } : { known: false }
  }
}

function roomOf({ params, url }: RoomRequest): ReturnType<typeof roomName> {
  if (params?.['room'] !== undefined) return roomName(params['room'])
  const { pathname } = new URL(url)
  const path = pathname.replace(/\/$/, '')
  const room = roomOfPath(path, path.slice(0, path.lastIndexOf('/')))
  return room === 'elsewhere' || room === 'unusable' ? undefined : room
}

function fromName<T>(room: string, act: (name: NonNullable<ReturnType<typeof roomName>>) => T): T | undefined {
  const name = roomName(room)
  return name === undefined ? undefined : act(name)
}

/** The same hooks as Bun declares them. */
const openHandlers = ({ open, message, drain, close, pong, ping }: Handlers): WebSocketHandler<SocketData> => ({
  data: {} as SocketData,
  open,
  message,
  drain,
  close,
  pong,
  ping,
})
