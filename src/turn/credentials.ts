/** Whose passwords we know: static users, and names that were made from a secret we share (SPEC A8–A12). */
import { createHmac } from 'node:crypto'
import { saslprep } from './codec/saslprep.ts'

export interface CredentialSettings {
  /** Passwords by name. */
  readonly users: ReadonlyMap<string, string>
  /** Several while one of them is being replaced. */
  readonly secrets: readonly string[]
  /** Whether other names are asked about elsewhere (`authurl`, or a function). */
  readonly hook: boolean
}

export type Standing =
  /** One of `passwords` is the right one; they are as many whether the name is good or not. */
  | {
      readonly kind: 'known'
      readonly passwords: readonly string[]
      /** What quotas count by. */
      readonly user: string
      /** Whether the name may make something new now; what was made with it stays. */
      readonly current: boolean
    }
  | { readonly kind: 'ask' }
  | { readonly kind: 'unknown'; readonly passwords: readonly string[] }

export interface Credentials {
  standing(username: string, now: number): Standing
}

/** Who shares the secret makes names that are good for a while, not for ever. */
const longestLifetime = 7 * 86_400

export function createCredentials({ users, secrets, hook }: CredentialSettings): Credentials {
  const ofUsers = new Map([...users].map(([name, password]) => [name, spellings(password)]))

  return {
    standing(username, now) {
      const passwords = ofUsers.get(username)
      if (passwords) return { kind: 'known', passwords, user: username, current: true }
      const made = secrets.map((secret) => restPassword(secret, username))
      const rest = made.length > 0 ? readRestName(username) : undefined
      if (rest) {
        const left = rest.expires - Math.floor(now / 1000)
        return { kind: 'known', passwords: made, user: rest.user, current: left >= 0 && left <= longestLifetime }
      }
      if (hook) return { kind: 'ask' }
      return { kind: 'unknown', passwords: made.length > 0 ? made : [username] }
    },
  }
}

/** What both ends of the REST convention make of a name: base64 of its HMAC-SHA1. */
export function restPassword(secret: string, username: string): string {
  return createHmac('sha1', secret).update(username).digest('base64')
}

/** A password as it was typed and, where that is another, as RFC 8489 section 9.2.2 wants it spelled: clients do either. */
export function spellings(password: string): readonly string[] {
  const prepared = saslprep(password)
  return prepared === undefined || prepared === password ? [password] : [password, prepared]
}

export interface RestName {
  /** Seconds since 1970. */
  readonly expires: number
  readonly user: string
}

/** `time:user`, `user:time` or `time`: only the first colon divides, a user may have more of them. Undefined for other names. */
export function readRestName(username: string): RestName | undefined {
  const colon = username.indexOf(':')
  if (colon === -1) return isTime(username) ? { expires: Number(username), user: username } : undefined
  const [before, after] = [username.slice(0, colon), username.slice(colon + 1)]
  // Without a user, the name itself is what tells one from another.
  if (isTime(before)) return { expires: Number(before), user: after || username }
  return isTime(after) ? { expires: Number(after), user: before || username } : undefined
}

const isTime = (text: string): boolean => /^\d{1,15}$/.test(text)
