/** A WebSocket that comes back: states, attempts with growing pauses, signs of life, and what waits to be sent. */
import { Emitter, type OnceOptions } from './emitter.ts'
import { EndedError, type HeliographError } from './errors.ts'
import { type Conversation, type Line, type LineOptions, OpenLine } from './line.ts'
import { Outbox, type OutboxLimits } from './outbox.ts'
import { type CloseDetails, fullJitter, type ReconnectPolicy } from './reconnect-policy.ts'
import type { World } from './world.ts'

/** `closed` is for good, until `connect()` is called again; from `disconnected` nothing was tried or all was ended here. */
export type ConnectionState = 'disconnected' | 'connecting' | 'connected' | 'reconnecting' | 'closed'

export interface StateChange {
  readonly from: ConnectionState
  readonly to: ConnectionState
  /** For people and logs. */
  readonly reason: string
  readonly error?: HeliographError
}

export interface ConnectionEvents {
  state: StateChange
  /** An attempt failed and the next begins in so many ms. */
  retry: { readonly attempt: number; readonly delay: number; readonly error: HeliographError }
}

export interface SendOptions {
  /** Dropped, not kept, when it cannot go at once: for what is stale a second later. */
  readonly volatile?: boolean
}

export interface ConnectionOptions extends LineOptions {
  readonly reconnect?: ReconnectPolicy | undefined
  readonly outbox?: OutboxLimits | undefined
}

/** A line that lasted so many ms was a good one: the pauses start small again. */
const stableAfter = 5_000
/** With more than this under way, what is volatile is dropped. */
const congested = 65_536

export class Connection {
  readonly emitter: Emitter<ConnectionEvents>
  readonly #options: ConnectionOptions
  readonly #world: World
  readonly #policy: ReconnectPolicy
  readonly #conversation: Conversation
  readonly #outbox: Outbox
  #state: ConnectionState = 'disconnected'
  #line: OpenLine | undefined
  #failures = 0
  #cancelRetry: (() => void) | undefined
  #unwatch: (() => void) | undefined
  #lastError: HeliographError | undefined

  constructor(options: ConnectionOptions, conversation: Conversation) {
    this.#options = options
    this.#world = options.world
    this.#policy = options.reconnect ?? fullJitter()
    this.#conversation = conversation
    this.#outbox = new Outbox(options.outbox)
    this.emitter = new Emitter(options.world)
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** Does nothing while connected or on the way to it. */
  connect(): void {
    if (!this.#isOver()) return
    this.#failures = 0
    this.#lastError = undefined
    this.#unwatch = this.#world.watchNetwork((hint) => {
      if (hint !== 'offline') this.#networkIsBack()
    })
    this.#become('connecting', 'connect() was called')
    this.#attempt()
  }

  disconnect(reason = 'disconnect() was called'): void {
    if (this.#isOver()) return
    this.#rest()
    this.#dropLine(new EndedError(reason), 1000)
    this.#become('disconnected', reason)
  }

  /** Resolves when connected; is refused when it is over, or after `timeout` ms. */
  ready(options: Pick<OnceOptions<never>, 'signal' | 'timeout'> = {}): Promise<void> {
    if (this.#state === 'connected') return Promise.resolve()
    if (this.#isOver()) {
      return Promise.reject(this.#lastError ?? new EndedError('not connected: call connect() first'))
    }
    const decided = (to: ConnectionState) => to === 'connected' || to === 'closed' || to === 'disconnected'
    return this.emitter.once('state', { ...options, where: ({ to }) => decided(to) }).then((change) => {
      if (change.to !== 'connected') throw change.error ?? new EndedError(change.reason)
    })
  }

  /** Tries now what would be tried later; on a connection that stands, finds out whether it does. */
  reconnectNow(): void {
    if (this.#cancelRetry) {
      this.#cancelRetry()
      this.#cancelRetry = undefined
      this.#attempt()
    } else this.#line?.probe()
  }

  /** True if it went out or is kept until it can. */
  send(text: string, { volatile = false }: SendOptions = {}): boolean {
    if (this.#isOver()) {
      throw this.#lastError ?? new EndedError('not connected')
    }
    const line = this.#state === 'connected' ? this.#line : undefined
    if (line && !(volatile && line.buffered > congested)) {
      line.send(text)
      return true
    }
    if (volatile) return false
    this.#outbox.put(text)
    return true
  }

  /** The line that is ready, if one is. */
  get line(): Line | undefined {
    return this.#state === 'connected' ? this.#line : undefined
  }

  #networkIsBack(): void {
    if (this.#state === 'connecting' || this.#state === 'reconnecting') this.#failures = 0
    this.reconnectNow()
  }

  #attempt(): void {
    const line = new OpenLine(this.#options, this.#conversation, {
      ready: () => {
        this.#become('connected', 'the server answered')
        for (const text of this.#outbox.takeAll()) line.send(text)
      },
      ended: (error, close, lasted) => this.#ended(error, close, lasted),
    })
    this.#line = line
    line.open(this.#failures)
  }

  #ended(error: HeliographError, close: CloseDetails | undefined, lasted: number | undefined): void {
    this.#line = undefined
    this.#conversation.lost(error)
    // Whoever was told of the loss may have ended it all.
    if (this.#isOver() || this.#line) return
    if (lasted !== undefined && lasted >= stableAfter) this.#failures = 0
    this.#failures += 1
    const mayTry = error.temporary && (close === undefined || this.#policy.shouldReconnect(close))
    const delay = mayTry ? this.#policy.delay(this.#failures, this.#world.random) : undefined
    if (delay === undefined) return this.#close(error)
    if (this.#state === 'connected') this.#become('reconnecting', error.message, error)
    if (this.#isOver()) return
    this.#cancelRetry = this.#world.after(delay, () => {
      this.#cancelRetry = undefined
      this.#attempt()
    })
    this.emitter.emit('retry', { attempt: this.#failures, delay, error })
  }

  #isOver(): boolean {
    return this.#state === 'disconnected' || this.#state === 'closed'
  }

  #close(error: HeliographError): void {
    this.#rest()
    this.#lastError = error
    this.#become('closed', error.message, error)
  }

  #rest(): void {
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
    this.#unwatch?.()
    this.#unwatch = undefined
    this.#outbox.takeAll()
  }

  #dropLine(error: HeliographError, code: number): void {
    const line = this.#line
    this.#line = undefined
    if (!line) return
    line.drop(code)
    this.#conversation.lost(error)
  }

  #become(to: ConnectionState, reason: string, error?: HeliographError): void {
    const from = this.#state
    this.#state = to
    this.emitter.emit('state', { from, to, reason, ...(error ? { error } : {}) })
  }
}
