/** A Socket.IO connection in the shape of a WebSocket, so that it is kept alive like the others: a frame is `[event, body]`. */
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import type { SocketLike } from '../core/world.ts'

/** Close codes of our own, for what Socket.IO says in words. */
export const closeCodes = { lost: 1006, byServer: 4000, refused: 4401, failed: 1006 } as const

export type SocketIoOptions = Partial<ManagerOptions & SocketOptions>

/** Opens a connection to `url` (the server, with the path of Socket.IO) with the application token. */
export function openSocketIo(url: string, token: string, options: SocketIoOptions = {}): SocketIoLike {
  const { origin, pathname } = new URL(url)
  const path = pathname === '/' ? '/socket.io' : pathname
  // Each is a connection of its own and tries once: when to try again is decided elsewhere.
  const socket = io(origin, { path, forceNew: true, reconnection: false, ...options, auth: { token } })
  return new SocketIoLike(socket)
}

export class SocketIoLike implements SocketLike {
  onopen: SocketLike['onopen'] = null
  onmessage: SocketLike['onmessage'] = null
  onclose: SocketLike['onclose'] = null
  onerror: SocketLike['onerror'] = null
  readonly #socket: Socket
  #isOver = false

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('connect', () => this.#tell(this.onopen, {}))
    socket.onAny((event: string, body: unknown) => this.#said(event, body))
    socket.on('connect_error', (error: Error) => {
      // `active` tells a refusal, after which Socket.IO would not try again by itself, from a failure to connect.
      const isRefusal = !('type' in error && error.type === 'TransportError')
      this.#end(isRefusal ? closeCodes.refused : closeCodes.failed, error.message)
    })
    socket.on('disconnect', (reason) =>
      this.#end(reason === 'io server disconnect' ? closeCodes.byServer : closeCodes.lost, reason),
    )
  }

  get id(): string {
    return this.#socket.id ?? ''
  }

  /**
   * A frame is a JSON list of the event's name, its body, and what the sender knows it by. An ack, if the server gives one,
   * arrives as `ack:` and the event, with the last of these as `question`.
   */
  send(text: string): void {
    const [event, body, question]: [string, unknown, unknown] = JSON.parse(text)
    this.#socket.emit(event, body, (answer: unknown) => this.#said(`ack:${event}`, { question, answer }))
  }

  close(): void {
    this.#isOver = true
    this.#socket.disconnect()
  }

  #said(event: string, body: unknown): void {
    if (!this.#isOver) this.#tell(this.onmessage, { data: JSON.stringify([event, body ?? null]) })
  }

  #end(code: number, reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#socket.disconnect()
    this.#tell(this.onclose, { code, reason })
  }

  #tell<E>(listener: ((event: E & never) => void) | null, event: E): void {
    ;(listener as ((event: E) => void) | null)?.(event)
  }
}
