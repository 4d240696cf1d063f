/** Decides who sent a request, from fields that are decoded already (RFC 8489 section 9.2.4, SPEC A4–A7). */
import type { TransportAddress } from '../lib/ip-address.ts'
import { longTermKey } from './codec/keys.ts'
import type { passwordAlgorithms } from './codec/values.ts'
import { type Credentials, spellings } from './credentials.ts'
import type { HookAnswer } from './hook-answers.ts'
import type { Nonces } from './nonce.ts'

/** What a request shows of its sender. */
export interface Presented {
  readonly client: TransportAddress
  /** Whether it has any attribute at all. */
  readonly isBare: boolean
  /** Whether it would make something new (Allocate): only then a credential's expiry counts. */
  readonly makesNew: boolean
  /** Undefined when absent or garbled, like the two below. */
  readonly username: string | undefined
  readonly realm: string | undefined
  readonly nonce: string | undefined
  readonly hasIntegrity: boolean
  /** How the key is made of the password; undefined if what it says about that does not fit what we offered. */
  readonly algorithm: keyof typeof passwordAlgorithms | undefined
  /** Whether its MAC was made with this key; takes the same time wherever they differ. */
  readonly holds: (key: Uint8Array) => boolean
}

/** Who a request is from. */
export interface Sender {
  readonly username: string
  /** What quotas count by: the user part of a REST name. */
  readonly user: string
  /** For the MAC of the answer, and of what the same client asks next. */
  readonly key: Uint8Array
}

export type Authentication =
  | { readonly outcome: 'ok'; readonly sender: Sender }
  /** Answer with REALM and a new NONCE, without a MAC. */
  | { readonly outcome: 'challenge'; readonly code: 401 | 438; readonly why: ChallengeReason }
  /** Answer with nothing but the code. */
  | { readonly outcome: 'refusal'; readonly code: 400 }
  /** Ask the hook about the name, and then again with its answer. */
  | { readonly outcome: 'ask'; readonly username: string }

export type ChallengeReason =
  | 'no credentials'
  | 'stale nonce'
  | 'foreign realm'
  | 'unknown user'
  | 'wrong password'
  | 'expired'

export interface Authenticator {
  /**
   * `owner` made the client's allocation, if there is one: what is asked in his name needs nobody else's word, so an
   * allocation outlives the credential and the hook. `hooked` is what the hook said about the name, if it was asked.
   */
  authenticate(
    request: Presented,
    now: number,
    owner?: Sender | undefined,
    hooked?: HookAnswer | undefined,
  ): Authentication
}

export interface AuthenticatorParts {
  readonly realm: string
  readonly credentials: Credentials
  readonly nonces: Nonces
}

/** A key's length tells how it was made. */
const keyLengths = { md5: 16, sha256: 32 } as const

export function createAuthenticator({ realm, credentials, nonces }: AuthenticatorParts): Authenticator {
  const challenge = (why: ChallengeReason, code: 401 | 438 = 401): Authentication => ({
    outcome: 'challenge',
    code,
    why,
  })

  /** Tries every key, also after one that fits: how long it takes tells nothing about which one it was. */
  function fitting(
    username: string,
    passwords: readonly string[],
    { holds, algorithm }: Presented,
  ): Uint8Array | undefined {
    let found: Uint8Array | undefined
    for (const password of passwords) {
      const key = longTermKey({ username, realm, password }, algorithm)
      if (holds(key)) found ??= key
    }
    return found
  }

  function identify(request: Presented, username: string, now: number, hooked: HookAnswer | undefined): Authentication {
    const standing = credentials.standing(username, now)
    if (standing.kind === 'ask' && !hooked) return { outcome: 'ask', username }
    if (standing.kind === 'known') {
      const key = fitting(username, standing.passwords, request)
      if (!key) return challenge('wrong password')
      if (request.makesNew && !standing.current) return challenge('expired')
      return { outcome: 'ok', sender: { username, user: standing.user, key } }
    }
    if (standing.kind === 'ask' && hooked?.known) {
      const key = fitting(username, spellings(hooked.password), request)
      return key ? { outcome: 'ok', sender: { username, user: username, key } } : challenge('wrong password')
    }
    // For the time it takes: a name that nobody knows must not be answered sooner than one with a wrong password.
    fitting(username, standing.kind === 'unknown' ? standing.passwords : [username], request)
    return challenge('unknown user')
  }

  return {
    authenticate(request, now, owner, hooked) {
      const { username, nonce } = request
      if (!request.hasIntegrity) {
        // A challenge would be several times as long as a request without attributes, and could be turned against others.
        return request.isBare ? { outcome: 'refusal', code: 400 } : challenge('no credentials')
      }
      if (username === undefined || request.realm === undefined || nonce === undefined) {
        return { outcome: 'refusal', code: 400 }
      }
      if (request.algorithm === undefined) return { outcome: 'refusal', code: 400 }
      if (!nonces.isFresh(nonce, request.client, now)) return challenge('stale nonce', 438)
      if (request.realm !== realm) return challenge('foreign realm')
      if (owner && owner.username === username && owner.key.length === keyLengths[request.algorithm]) {
        return request.holds(owner.key) ? { outcome: 'ok', sender: owner } : challenge('wrong password')
      }
      return identify(request, username, now, hooked)
    },
  }
}
