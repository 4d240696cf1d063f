// The same check without our package, for any program with Node's crypto.

import { createHmac, timingSafeEqual } from 'node:crypto'

/** `header` is that of `heliograph-signature`, `body` the text as it came. */
export function isGenuine(secret: string, header: string | null, body: string): boolean {
  const [, time, given] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header ?? '') ?? []
  if (given === undefined) return false
  // Older than five minutes: somebody may have recorded it.
  if (Math.abs(Date.now() / 1000 - Number(time)) > 300) return false
  const expected = createHmac('sha256', secret).update(`${time}.${body}`).digest()
  return timingSafeEqual(Buffer.from(given, 'hex'), expected)
}
