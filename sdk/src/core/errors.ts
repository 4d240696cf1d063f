/** What can go wrong, each with a code to decide by and whether trying again may help. */

/** Two levels of classes, so that one `instanceof` is enough for whoever does not care which. */
export abstract class HeliographError extends Error {
  /** Stable and made for programs; `message` is for people. */
  readonly code: string
  /** True if the same may succeed later without anything being changed. */
  readonly temporary: boolean

  constructor(code: string, message: string, temporary: boolean, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.code = code
    this.temporary = temporary
    this.name = new.target.name
  }
}

/** The connection could not be made, or was lost with something outstanding. */
export class ConnectionError extends HeliographError {
  /** Of the WebSocket, if it was one that ended. */
  readonly closeCode: number | undefined

  constructor(
    message: string,
    options: { code?: string; closeCode?: number; temporary?: boolean; cause?: unknown } = {},
  ) {
    super(options.code ?? 'connection_lost', message, options.temporary ?? true, options.cause)
    this.closeCode = options.closeCode
  }
}

/** The server said no, in its own words. */
export class RefusedError extends HeliographError {
  readonly details: unknown

  constructor(
    code: string,
    message: string,
    options: { temporary?: boolean; details?: unknown; cause?: unknown } = {},
  ) {
    super(code, message, options.temporary ?? false, options.cause)
    this.details = options.details
  }
}

/** Whoever we are, we may not. Throw it from `getToken` to end the attempts to connect. */
export class UnauthorizedError extends HeliographError {
  constructor(message = 'not authorized', options: { code?: string; cause?: unknown } = {}) {
    super(options.code ?? 'unauthorized', message, false, options.cause)
  }
}

/** No answer in time. */
export class TimeoutError extends HeliographError {
  constructor(what: string, milliseconds: number) {
    super('timeout', `${what}: no answer within ${milliseconds} ms`, true)
  }
}

/** More waits to be sent than the bound allows. */
export class QueueFullError extends HeliographError {
  constructor() {
    super('queue_full', 'too much waits to be sent; send less, or mark it as volatile', true)
  }
}

/** It was ended here: by `disconnect()`, `leave()`, `close()` or an AbortSignal. */
export class EndedError extends HeliographError {
  constructor(what: string, cause?: unknown) {
    super('ended', what, false, cause)
  }
}

/** Asked for something that the present state does not allow, or the protocol does not have. */
export class UsageError extends HeliographError {
  constructor(message: string) {
    super('usage', message, false)
  }
}

/** Whatever was thrown, as one of ours. */
export function asHeliographError(thrown: unknown, what: string): HeliographError {
  if (thrown instanceof HeliographError) return thrown
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  return new ConnectionError(`${what}: ${text}`, { code: 'failed', cause: thrown })
}
