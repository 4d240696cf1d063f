/** What belongs to one WebSocket, and the way from the HTTP server's hooks to the front end that it belongs to. */
import type { ServerWebSocket } from 'bun'
import { type ConnectionId, connectionId } from '../core/ids.ts'
import type { Frame } from '../core/mailbox.ts'

export interface Refusal {
  readonly code: number
  readonly reason: string
}

/** What belongs to one socket. */
export interface SocketData {
  /** Those among whom it is. */
  readonly home: Handlers
  /** What connections are counted by (as `addressKey` has it). */
  readonly address: string
  /** Tells who listens of its coming. */
  readonly announce: (id: ConnectionId) => void
  /** Why it is closed as soon as it is open: a browser learns a reason in no other way. */
  readonly refusal: Refusal | undefined
  id: ConnectionId
  /** The frame that filled the socket's buffer: not delivered before the socket drains. */
  stuck: Frame | undefined
  /** What comes after it. */
  waiting: Frame[]
  waitingBytes: number
  /** Frames of this turn of the event loop. */
  batch: Frame[]
  /** More waited than may wait; it is about to be closed. */
  hasOverflowed: boolean
  lastHeard: number
  pingDue: number
}

export type Socket = ServerWebSocket<SocketData>

/** The WebSocket hooks of Bun's server. */
export interface Handlers {
  open(socket: Socket): void
  message(socket: Socket, message: string | Uint8Array): void
  drain(socket: Socket): void
  close(socket: Socket): void
  pong(socket: Socket, data: Uint8Array): void
  ping(socket: Socket): void
}

/** The hooks for a server on which several front ends have their sockets. */
export const handlers: Handlers = {
  open: (socket) => socket.data.home.open(socket),
  message: (socket, message) => socket.data.home.message(socket, message),
  drain: (socket) => socket.data.home.drain(socket),
  close: (socket) => socket.data.home.close(socket),
  pong: (socket, data) => socket.data.home.pong(socket, data),
  ping: (socket) => socket.data.home.ping(socket),
}

export const newSocketData = (known: Pick<SocketData, 'home' | 'address' | 'announce' | 'refusal'>): SocketData => ({
  ...known,
  id: connectionId(0),
  stuck: undefined,
  waiting: [],
  batch: [],
  waitingBytes: 0,
  hasOverflowed: false,
  lastHeard: 0,
  pingDue: 0,
})
