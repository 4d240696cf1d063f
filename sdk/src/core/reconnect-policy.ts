/** When to try again, and whether at all. */

export interface CloseDetails {
  /** Of the WebSocket; 1006 if it ended without a word. */
  readonly code: number
  readonly reason: string
}

export interface ReconnectPolicy {
  /** ms to wait before attempt `number` (the first again is 1); undefined: no more attempts. */
  delay(number: number, random: () => number): number | undefined
  shouldReconnect(close: CloseDetails): boolean
}

export interface JitterOptions {
  /** ms: the first wait is at most this. Default 500. */
  readonly base?: number
  /** ms: no wait is longer. Default 20,000. */
  readonly cap?: number
  /** Default 2. */
  readonly factor?: number
  /** Default: no end. */
  readonly mostAttempts?: number
  readonly shouldReconnect?: (close: CloseDetails) => boolean
}

/** Exponential backoff with full jitter: anything from nothing to the whole of it, so that a crowd comes back spread out. */
export function fullJitter(options: JitterOptions = {}): ReconnectPolicy {
  const { base = 500, cap = 20_000, factor = 2, mostAttempts = Number.POSITIVE_INFINITY } = options
  return {
    delay: (number, random) =>
      number > mostAttempts ? undefined : Math.floor(random() * Math.min(cap, base * factor ** (number - 1))),
    shouldReconnect: options.shouldReconnect ?? mayHelp,
  }
}

/** 1000 is a wish to end; 3500–3999 and 4400–4499 are refusals by agreement of many servers. */
export const mayHelp = ({ code }: CloseDetails): boolean =>
  code !== 1000 && !(code >= 3500 && code < 4000) && !(code >= 4400 && code < 4500)
