/** How an internal client (recording, SIP, transcription) proves that it knows `[clients] internalsecret`. */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** A shorter random would let a token that was overheard once serve for ever. */
const shortestRandom = 32

/** Lower-case hex of HMAC-SHA256(secret, random). */
export function internalToken(secret: string, random: string): string {
  return createHmac('sha256', secret).update(random).digest('hex')
}

/** Whether the token fits; in constant time. An empty secret fits nothing. */
export function matchesInternalToken(secret: string, random: string, token: string): boolean {
  if (secret === '' || random.length < shortestRandom) return false
  const [expected, given] = [Buffer.from(internalToken(secret, random)), Buffer.from(token)]
  return expected.length === given.length && timingSafeEqual(expected, given)
}
