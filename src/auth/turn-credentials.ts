/** Short-lived TURN credentials by the REST convention: whoever knows the shared secret can check them offline. */
import { createHmac } from 'node:crypto'

/** Seconds that handed-out credentials are good for. */
const lifetime = 86_400

export interface TurnCredentials {
  readonly username: string
  readonly password: string
  /** Seconds. */
  readonly ttl: number
  readonly uris: readonly string[]
}

/** `now` in milliseconds; `user` is what the name ends in after the time of expiry. */
export function mintTurnCredentials(
  secret: string,
  uris: readonly string[],
  user: string,
  now: number,
): TurnCredentials {
  const username = `${Math.floor(now / 1000) + lifetime}:${user}`
  return { username, password: createHmac('sha1', secret).update(username).digest('base64'), ttl: lifetime, uris }
}
