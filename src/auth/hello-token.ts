/** Hello version 2.0: who a token (a JWT that Nextcloud signed) says its bearer is. */
import type { KeyObject } from 'node:crypto'
import { compactVerify, decodeProtectedHeader, errors } from 'jose'
import { z } from 'zod'
import { failure, type Result, success } from '../lib/result.ts'
import { type KeyKind, readPublicKey } from './public-key.ts'

/** Only signatures that need a private key; a token with another `alg` (none, HS256) is refused before anything is computed. */
const algorithms: Readonly<Record<string, KeyKind>> = {
  RS256: 'rsa',
  RS384: 'rsa',
  RS512: 'rsa',
  ES256: 'ec',
  ES384: 'ec',
  ES512: 'ec',
  EdDSA: 'ed25519',
}

/** Seconds by which the clocks of Nextcloud and ours may differ. */
const leeway = 60
const longestToken = 16_384
const mostKeys = 100

const Claims = z.object({
  iss: z.string().optional(),
  sub: z.string().optional(),
  iat: z.number().optional(),
  nbf: z.number().optional(),
  exp: z.number().optional(),
})

export interface HelloIdentity {
  /** Empty for a guest. */
  readonly userId: string
  /** The verified claims as JSON text; `userdata` in it is what Nextcloud tells of the user. */
  readonly claims: string
}

export interface HelloTokenRefusal {
  readonly code: 'invalid_token' | 'token_not_valid_yet' | 'token_expired'
  /** For the log, not for the client. `signature` and `key` may be cured by reading Nextcloud's key again. */
  readonly why: 'format' | 'algorithm' | 'key' | 'signature' | 'claims' | 'issuer' | 'time'
  /** Seconds by which the token missed its time: tells an operator that a clock is wrong. */
  readonly skew?: number
}

export interface HelloTokenQuestion {
  readonly token: string
  /** As in Nextcloud's capabilities; undefined if it publishes none. */
  readonly key: string | undefined
  /** ms since 1970. */
  readonly now: number
  /** Whether a token from that issuer may speak for the claimed backend. A token need not name its issuer. */
  readonly isIssuer: (iss: string) => boolean
}

export interface HelloTokens {
  verify(question: HelloTokenQuestion): Promise<Result<HelloIdentity, HelloTokenRefusal>>
}

/** Verifies tokens and remembers imported keys. */
export function createHelloTokens(): HelloTokens {
  const keys = new Map<string, KeyObject>()

  const keyOf = (text: string, kind: KeyKind): KeyObject | undefined => {
    const name = `${kind} ${text}`
    const known = keys.get(name)
    if (known) return known
    const key = readPublicKey(text, kind)
    if (!key) return undefined
    const [oldest] = keys.keys()
    if (oldest !== undefined && keys.size >= mostKeys) keys.delete(oldest)
    keys.set(name, key)
    return key
  }

  return {
    async verify({ token, key: text, now, isIssuer }) {
      const algorithm = algorithmOf(token)
      const kind = algorithm === undefined ? undefined : algorithms[algorithm]
      if (algorithm === undefined) return invalid('format')
      if (kind === undefined) return invalid('algorithm')
      const key = text === undefined ? undefined : keyOf(text, kind)
      if (!key) return invalid('key')
      let payload: Uint8Array
      try {
        payload = (await compactVerify(token, key, { algorithms: [algorithm] })).payload
      } catch (error) {
        return invalid(error instanceof errors.JWSSignatureVerificationFailed ? 'signature' : keyOrFormat(error))
      }
      return identify(new TextDecoder().decode(payload), now / 1000, isIssuer)
    },
  }
}

function algorithmOf(token: string): string | undefined {
  if (token.length > longestToken) return undefined
  try {
    const { alg } = decodeProtectedHeader(token)
    return typeof alg === 'string' && Object.hasOwn(algorithms, alg) ? alg : ''
  } catch {
    return undefined
  }
}

/** jose throws a TypeError where a key does not go with the algorithm: its curve, or fewer than 2048 bits. */
const keyOrFormat = (error: unknown): 'key' | 'format' => (error instanceof errors.JOSEError ? 'format' : 'key')

/** `now` in seconds. The order of the checks is the original's: it decides which code a doubly wrong token gets. */
function identify(
  text: string,
  now: number,
  isIssuer: (iss: string) => boolean,
): Result<HelloIdentity, HelloTokenRefusal> {
  const claims = readClaims(text)
  if (!claims) return invalid('claims')
  const { iss, sub, iat, nbf, exp } = claims
  const earliest = Math.max(iat ?? now, nbf ?? now)
  if (earliest > now + leeway) return untimely('token_not_valid_yet', earliest - now)
  if (exp !== undefined && exp <= now - leeway) return untimely('token_expired', now - exp)
  if (exp !== undefined && iat !== undefined && exp < iat) return untimely('token_expired')
  if (iat === undefined) return untimely('token_not_valid_yet')
  if (exp === undefined) return untimely('token_expired')
  if (iss !== undefined && !isIssuer(iss)) return invalid('issuer')
  return success({ userId: sub ?? '', claims: text })
}

function readClaims(text: string): z.infer<typeof Claims> | undefined {
  try {
    return Claims.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

const invalid = (why: HelloTokenRefusal['why']) => failure<HelloTokenRefusal>({ code: 'invalid_token', why })

const untimely = (code: 'token_not_valid_yet' | 'token_expired', skew?: number) =>
  failure<HelloTokenRefusal>({ code, why: 'time', ...(skew === undefined ? {} : { skew: Math.round(skew) }) })
