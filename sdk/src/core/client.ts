/** What the clients of all protocols have in common: the connection's verbs, its state, and typed events. */

import type { RtcOptions } from '../rtc/peer-link.ts'
import type { Connection, ConnectionEvents, ConnectionState } from './connection.ts'
import type { Emitter, Eventful, OnceOptions } from './emitter.ts'
import type { HeliographError } from './errors.ts'
import type { LineOptions } from './line.ts'
import type { OutboxLimits } from './outbox.ts'
import type { ReconnectPolicy } from './reconnect-policy.ts'
import type { SocketConstructor, World } from './world.ts'

export interface ClientOptions extends Pick<LineOptions, 'connectTimeout' | 'keepAlive' | 'probeTimeout'> {
  readonly reconnect?: ReconnectPolicy | undefined
  /** How much may wait to be sent while there is no connection. */
  readonly outbox?: OutboxLimits | undefined
  /** Where there is none of its own, as in Node 20. */
  readonly WebSocket?: SocketConstructor | undefined
  /** For peer connections that rooms make. */
  readonly rtc?: RtcOptions | undefined
  /** ms that an answer may take. Default 15,000. */
  readonly requestTimeout?: number | undefined
  /** Timers, randomness and sockets of the caller's own. */
  readonly world?: Partial<World> | undefined
}

export interface ClientEvents extends ConnectionEvents {
  /** What went wrong without anybody waiting for it. */
  error: HeliographError
  /** The connection was lost and is back; the server knew us still, and nothing was missed. */
  resumed: { readonly id: string }
  /** The connection was lost and is back, as somebody new: rooms have been joined again. */
  rejoined: { readonly id: string; readonly formerId: string }
}

export abstract class Client<Events extends ClientEvents> implements Eventful<Events> {
  protected readonly connection: Connection
  readonly #emitter: Emitter<Events>

  protected constructor(connection: Connection, emitter: Emitter<Events>) {
    this.connection = connection
    this.#emitter = emitter
    const passOn: Emitter<ConnectionEvents> = emitter
    connection.emitter.on('state', (change) => passOn.emit('state', change))
    connection.emitter.on('retry', (retry) => passOn.emit('retry', retry))
  }

  get state(): ConnectionState {
    return this.connection.state
  }

  /** Begins, and goes on until `disconnect()` or a refusal that trying again does not cure. */
  connect(): void {
    this.connection.connect()
  }

  /** Resolves when connected, is refused when that will not be, or after `timeout` ms. */
  ready(options: Pick<OnceOptions<never>, 'signal' | 'timeout'> = {}): Promise<void> {
    return this.connection.ready(options)
  }

  disconnect(reason?: string): void {
    this.connection.disconnect(reason)
  }

  /** A hint that the network may be back: waits no longer, and finds out whether a standing connection still stands. */
  reconnectNow(): void {
    this.connection.reconnectNow()
  }

  on<K extends keyof Events>(
    name: K,
    listener: (event: Events[K]) => void,
    options?: { readonly signal?: AbortSignal | undefined },
  ): () => void {
    return this.#emitter.on(name, listener, options)
  }

  once<K extends keyof Events>(name: K, options?: OnceOptions<Events[K]>): Promise<Events[K]> {
    return this.#emitter.once(name, options)
  }

  events<K extends keyof Events>(
    name: K,
    options?: { readonly signal?: AbortSignal | undefined },
  ): AsyncIterableIterator<Events[K]> {
    return this.#emitter.events(name, options)
  }
}
