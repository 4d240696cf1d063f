/** The shared-secret signature of requests between Talk and the signaling server, both directions. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

export const randomHeader = 'Spreed-Signaling-Random'
export const checksumHeader = 'Spreed-Signaling-Checksum'
export const backendHeader = 'Spreed-Signaling-Backend'

/** Lower-case hex of HMAC-SHA256(secret, random ‖ raw body). */
export function checksum(secret: string, random: string, body: string | Uint8Array): string {
  return createHmac('sha256', secret).update(random).update(body).digest('hex')
}

export function randomText(characters = 64): string {
  return randomBytes(Math.ceil(characters / 2))
    .toString('hex')
    .slice(0, characters)
}

/** Talk's own check: at least 32 characters of random, and the checksum over exactly the bytes received. */
export function isAuthentic(secret: string, random: string, given: string, body: Uint8Array): boolean {
  const expected = Buffer.from(checksum(secret, random, body))
  const presented = Buffer.from(given)
  return random.length >= 32 && expected.length === presented.length && timingSafeEqual(expected, presented)
}
