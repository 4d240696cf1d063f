/** Makes one call of a webhook. */
import { signatureHeader, signWebhook } from '../../auth/webhook-signature.ts'
import { createHttpClient } from '../http-client.ts'
import { bodyOf, type CallRecord } from './record.ts'

export type CallOutcome =
  | { readonly kind: 'taken' }
  /** Not now, perhaps later; `hopeless` if the receiver says that it is not going to take this one. */
  | { readonly kind: 'failed'; readonly why: string; readonly hopeless: boolean }

export interface Caller extends Disposable {
  /** Never rejects, and ends within the limit. */
  call(record: CallRecord): Promise<CallOutcome>
}

export interface CallerOptions {
  /** Calls are signed if there is one. */
  readonly secret?: string | undefined
  /** ms for one call. */
  readonly limit: number
  /** PEM of authorities to trust in place of the built-in ones. */
  readonly authorities?: string | undefined
  /** ms since 1970. */
  readonly now: () => number
}

/** A receiver that hangs holds up as many rooms before others have to wait for a connection. */
const mostAtOnce = 256
const mostWaiting = 10_000
const longestAnswer = 65_536
/** ms. */
const keepIdle = 30_000
/** Statuses of 4xx that say: later. */
const later = new Set([408, 421, 425, 429])

export function createCaller({ secret, limit, authorities, now }: CallerOptions): Caller {
  const http = createHttpClient({
    connectionsPerHost: mostAtOnce,
    waitingPerHost: mostWaiting,
    longestBody: longestAnswer,
    skipVerify: false,
    ...(authorities === undefined ? {} : { authorities }),
    keepIdle,
  })

  return {
    async call(record) {
      const body = bodyOf(record)
      const headers: Record<string, string> = {
        'Content-Type': 'application/json',
        Accept: '*/*',
        'User-Agent': 'heliograph',
        ...(secret === undefined ? {} : { [signatureHeader]: signWebhook(secret, body, now()) }),
      }
      const result = await http.send({ method: 'POST', url: record.url, headers, body, limit })
      if (!result.ok) return { kind: 'failed', why: result.error.fault, hopeless: false }
      const { status } = result.value
      if (status >= 200 && status < 300) return { kind: 'taken' }
      return { kind: 'failed', why: `status ${status}`, hopeless: status >= 400 && status < 500 && !later.has(status) }
    },
    [Symbol.dispose]: () => http[Symbol.dispose](),
  }
}
