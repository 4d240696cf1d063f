/** Short-lived TURN credentials by the REST convention: whoever knows the shared secret can check them offline. */
import { restPassword } from '../turn/credentials.ts'

/** Seconds that handed-out credentials are good for, unless less is asked for. */
export const credentialLifetime = 86_400

export interface TurnCredentials {
  readonly username: string
  readonly password: string
  /** Seconds. */
  readonly ttl: number
  readonly uris: readonly string[]
}

/** `now` in milliseconds; `user` is what the name ends in after the time of expiry, `ttl` in seconds. */
export function mintTurnCredentials(
  secret: string,
  uris: readonly string[],
  user: string,
  now: number,
  ttl = credentialLifetime,
): TurnCredentials {
  const username = `${Math.floor(now / 1000) + ttl}:${user}`
  return { username, password: restPassword(secret, username), ttl, uris }
}
