/** The signature of a webhook: made by us, and checked by whoever gets the call. */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** In lower case, as HTTP libraries hand it out. */
export const signatureHeader = 'heliograph-signature'

/** Seconds that the clocks of two machines may differ, and that a call may be under way. */
const usualTolerance = 300

/** The value of the header; `now` in ms, `body` as it is sent. */
export function signWebhook(secret: string, body: string, now: number): string {
  const seconds = Math.floor(now / 1000)
  return `t=${seconds},v1=${macOf(secret, seconds, body).toString('hex')}`
}

export interface WebhookToCheck {
  /** That of `[relay] webhooksecret`. */
  readonly secret: string
  /** The value of the header `heliograph-signature`. */
  readonly signature: string | null | undefined
  /** The body exactly as it came, before anything parsed it. */
  readonly body: string
  /** ms since 1970. */
  readonly now: number
  /** Seconds; a call that is older may be one that somebody recorded. */
  readonly tolerance?: number
}

/** Whether a call was made by somebody who knows the secret, not long ago. */
export function isGenuineWebhook({
  secret,
  signature,
  body,
  now,
  tolerance = usualTolerance,
}: WebhookToCheck): boolean {
  const parts = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(signature ?? '')
  if (!parts) return false
  const seconds = Number(parts[1])
  if (Math.abs(now / 1000 - seconds) > tolerance) return false
  return timingSafeEqual(Buffer.from(parts[2] ?? '', 'hex'), macOf(secret, seconds, body))
}

const macOf = (secret: string, seconds: number, body: string): Buffer =>
  createHmac('sha256', secret).update(`${seconds}.${body}`).digest()
