/** The signature that Talk and we put on every request to each other: HMAC over a random text and the raw body. */
import { createHmac, timingSafeEqual } from 'node:crypto'

export const randomHeader = 'Spreed-Signaling-Random'
export const checksumHeader = 'Spreed-Signaling-Checksum'
export const backendHeader = 'Spreed-Signaling-Backend'

/** Lower-case hex of HMAC-SHA256(secret, random ‖ body). The body has to be signed exactly as it is sent. */
export function checksum(secret: string, random: string, body: string | Uint8Array): string {
  return createHmac('sha256', secret).update(random).update(body).digest('hex')
}

/** Whether `given` is the checksum; the time that it takes does not tell how much of it is right. */
export function verifyChecksum(secret: string, random: string, body: string | Uint8Array, given: string): boolean {
  return sameText(checksum(secret, random, body), given)
}

function sameText(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)]
  return a.length === b.length && timingSafeEqual(a, b)
}
