/** One socket, from its opening to its end: the limit until it is ready, and signs of life after that. */
import { asHeliographError, ConnectionError, type HeliographError, TimeoutError } from './errors.ts'
import type { CloseDetails } from './reconnect-policy.ts'
import type { SocketLike, World } from './world.ts'

/** One socket, from its opening to its end. What is said on a line that is gone goes nowhere. */
export interface Line {
  /** At once, past what waits. */
  send(text: string): void
  /** What must come first has been said and answered: the state becomes connected, and what waited goes out. */
  ready(): void
  /** Ends this line: tried again if the error is temporary, else closed. */
  fail(error: HeliographError): void
  readonly isCurrent: boolean
}

/** What a protocol says and hears on a connection. */
export interface Conversation {
  /** May take its time; if it fails, so does the attempt. */
  opened(line: Line): void | Promise<void>
  received(text: string, line: Line): void
  /** The line is gone, ready or not. */
  lost(error: HeliographError): void
  /** Says something that is always answered; false if there is nothing of the kind. */
  probe?(line: Line): boolean
}

export interface LineOptions {
  readonly world: World
  /** Asked before every attempt. */
  readonly address: (attempt: number) => Promise<Address>
  /** ms until an attempt must have led to a ready line. Default 15,000. */
  readonly connectTimeout?: number | undefined
  /** ms between signs of life; 0: none. Default 25,000. */
  readonly keepAlive?: number | undefined
  /** ms of silence after a sign of life was asked for that end a line. Default 8,000. */
  readonly probeTimeout?: number | undefined
}

export interface Address {
  readonly url: string
  readonly protocols?: readonly string[]
}

export interface LineEnds {
  ready(): void
  /** `close` if the socket ended by itself; `lasted` in ms if it had been ready. */
  ended(error: HeliographError, close: CloseDetails | undefined, lasted: number | undefined): void
}

export class OpenLine implements Line {
  readonly #world: World
  readonly #options: LineOptions
  readonly #conversation: Conversation
  readonly #ends: LineEnds
  #socket: SocketLike | undefined
  #isOver = false
  #readySince: number | undefined
  #cancelLimit: () => void = () => {}
  #cancelKeepAlive: () => void = () => {}
  #cancelSilence: (() => void) | undefined

  constructor(options: LineOptions, conversation: Conversation, ends: LineEnds) {
    this.#world = options.world
    this.#options = options
    this.#conversation = conversation
    this.#ends = ends
  }

  get isCurrent(): boolean {
    return !this.#isOver
  }

  get buffered(): number {
    return this.#socket?.bufferedAmount ?? 0
  }

  open(attempt: number): void {
    const limit = this.#options.connectTimeout ?? 15_000
    this.#cancelLimit = this.#world.after(limit, () => this.fail(new TimeoutError('connecting', limit)))
    this.#dial(attempt).catch((thrown: unknown) => this.fail(asHeliographError(thrown, 'connecting')))
  }

  async #dial(attempt: number): Promise<void> {
    const { url, protocols = [] } = await this.#options.address(attempt)
    if (this.#isOver) return
    const socket = this.#world.openSocket(url, protocols)
    this.#socket = socket
    const failed = (thrown: unknown) => this.fail(asHeliographError(thrown, 'talking to the server'))
    socket.onopen = () => {
      if (this.#isOver) return
      // What is said at once must not become a promise: a test's time stands still.
      try {
        Promise.resolve(this.#conversation.opened(this)).catch(failed)
      } catch (thrown) {
        failed(thrown)
      }
    }
    socket.onmessage = ({ data }) => {
      if (this.#isOver || typeof data !== 'string') return
      this.#cancelSilence?.()
      this.#cancelSilence = undefined
      try {
        this.#conversation.received(data, this)
      } catch (thrown) {
        failed(thrown)
      }
    }
    socket.onerror = () => {}
    socket.onclose = ({ code, reason }) => {
      const said = reason === '' ? `the connection ended with ${code}` : `the connection ended with ${code}: ${reason}`
      this.#end(new ConnectionError(said, { closeCode: code }), { code, reason })
    }
  }

  ready(): void {
    if (this.#isOver || this.#readySince !== undefined) return
    this.#cancelLimit()
    this.#readySince = this.#world.now()
    this.#keepAlive()
    this.#ends.ready()
  }

  send(text: string): void {
    if (this.#isOver) return
    this.#socket?.send(text)
  }

  fail(error: HeliographError): void {
    if (this.#isOver) return
    const socket = this.#socket
    this.#end(error, undefined)
    hangUp(socket, 1000)
  }

  drop(code: number): void {
    if (this.#isOver) return
    this.#quiet()
    hangUp(this.#socket, code)
  }

  /** Whoever hears nothing for a while after asking is alone. */
  probe(): void {
    if (this.#isOver || this.#readySince === undefined || this.#cancelSilence) return
    if (!this.#conversation.probe?.(this)) return
    const limit = this.#options.probeTimeout ?? 8_000
    this.#cancelSilence = this.#world.after(limit, () =>
      this.fail(new ConnectionError(`the server said nothing for ${limit} ms`, { code: 'silent' })),
    )
  }

  #keepAlive(): void {
    const pause = this.#options.keepAlive ?? 25_000
    if (pause <= 0) return
    this.#cancelKeepAlive = this.#world.after(pause, () => {
      this.probe()
      if (!this.#isOver) this.#keepAlive()
    })
  }

  #end(error: HeliographError, close: CloseDetails | undefined): void {
    if (this.#isOver) return
    this.#quiet()
    const lasted = this.#readySince === undefined ? undefined : this.#world.now() - this.#readySince
    this.#ends.ended(error, close, lasted)
  }

  #quiet(): void {
    this.#isOver = true
    this.#cancelLimit()
    this.#cancelKeepAlive()
    this.#cancelSilence?.()
  }
}

/** Whatever the socket still says is nobody's business; some report an error when they are closed before they are open. */
function hangUp(socket: SocketLike | undefined, code: number): void {
  if (!socket) return
  socket.onopen = null
  socket.onmessage = null
  socket.onclose = null
  socket.onerror = () => {}
  try {
    socket.close(code)
  } catch {
    // It is as closed as it can be.
  }
}
