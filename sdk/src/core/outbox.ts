/** What waits to be sent while there is no connection: bounded, in order. */
import { QueueFullError } from './errors.ts'

export interface OutboxLimits {
  /** Default 200. */
  readonly messages?: number
  /** Characters, default 262,144. */
  readonly size?: number
}

export class Outbox {
  readonly #limits: Required<OutboxLimits>
  #waiting: string[] = []
  #size = 0

  constructor(limits: OutboxLimits = {}) {
    this.#limits = { messages: limits.messages ?? 200, size: limits.size ?? 262_144 }
  }

  get length(): number {
    return this.#waiting.length
  }

  /** Throws QueueFullError if there is no room; then nothing was kept. */
  put(text: string): void {
    const { messages, size } = this.#limits
    if (this.#waiting.length >= messages || this.#size + text.length > size) throw new QueueFullError()
    this.#waiting.push(text)
    this.#size += text.length
  }

  takeAll(): readonly string[] {
    const taken = this.#waiting
    this.#waiting = []
    this.#size = 0
    return taken
  }
}
