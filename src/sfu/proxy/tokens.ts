/** The JSON web tokens with which signaling servers and proxies show proxies who they are: making and checking, for both sides. */
import { type KeyObject, sign, verify } from 'node:crypto'
import { z } from 'zod'
import { failure, type Result, success } from '../../lib/result.ts'

/** RSA only, as in the original: a proxy of the one has to understand a server of the other. */
const digests: Readonly<Record<string, string>> = { RS256: 'RSA-SHA256', RS384: 'RSA-SHA384', RS512: 'RSA-SHA512' }
const longestToken = 16_384
/** Seconds. A token is for one use right now; older ones were stolen or come from a clock that is wrong. */
const maxAge = 5 * 60
const leeway = 60

const Header = z.object({ alg: z.string() })
const Claims = z.object({
  iss: z.string().optional(),
  sub: z.string().optional(),
  iat: z.number().optional(),
  nbf: z.number().optional(),
  exp: z.number().optional(),
})

export interface TokenClaims {
  readonly issuer: string
  /** Of a token for subscribing elsewhere: the client id of the publisher. Else empty. */
  readonly subject: string
}

export interface TokenRefusal {
  readonly code: 'auth_failed' | 'token_expired' | 'token_not_valid_yet'
  /** The label of the counter of refused tokens. */
  readonly reason:
    | 'auth-failed'
    | 'unsupported-signing-method'
    | 'unsupported-claims'
    | 'unsupported-issuer'
    | 'not-valid-yet'
    | 'expired'
  /** Seconds by which the clocks differ at least, if that is why: theirs minus ours. */
  readonly skew?: number
}

/** `now`: milliseconds since 1970. */
export type SignToken = (subject: string, now: number) => string

/** `issuer` is the name under which the proxies know the key. */
export function createTokenSigner(issuer: string, key: KeyObject): SignToken {
  const header = encode({ alg: 'RS256', typ: 'JWT' })
  return (subject, now) => {
    const claims = { iss: issuer, ...(subject === '' ? {} : { sub: subject }), iat: Math.floor(now / 1000) }
    const signed = `${header}.${encode(claims)}`
    return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`
  }
}

/** `now`: milliseconds since 1970. The order of the checks decides which code a token gets that is wrong in two ways. */
export function checkToken(
  token: string,
  keyOf: (issuer: string) => KeyObject | undefined,
  now: number,
): Result<TokenClaims, TokenRefusal> {
  const parts = token.length > longestToken ? [] : token.split('.')
  const [head = '', body = '', signature = ''] = parts
  const header = parts.length === 3 ? decode(Header, head) : undefined
  if (!header) return refused('auth-failed')
  const digest = Object.hasOwn(digests, header.alg) ? digests[header.alg] : undefined
  if (digest === undefined) return refused('unsupported-signing-method')
  const claims = decode(Claims, body)
  if (!claims) return refused('unsupported-claims')
  const { iss = '', sub = '' } = claims
  const key = keyOf(iss)
  if (!key) return refused('unsupported-issuer')
  if (!verify(digest, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'))) {
    return refused('auth-failed')
  }
  return untimely(claims, now / 1000) ?? success({ issuer: iss, subject: sub })
}

/** `now` in seconds. */
function untimely({ iat, nbf, exp }: z.infer<typeof Claims>, now: number): Result<never, TokenRefusal> | undefined {
  const earliest = Math.max(iat ?? now, nbf ?? now)
  if (earliest > now + leeway) {
    return failure({ code: 'token_not_valid_yet', reason: 'not-valid-yet', skew: Math.round(earliest - now) })
  }
  if (exp !== undefined && exp <= now - leeway) {
    return failure({ code: 'token_expired', reason: 'expired', skew: Math.round(exp - now) })
  }
  if (iat === undefined) return failure({ code: 'token_expired', reason: 'expired' })
  if (iat < now - maxAge - leeway) {
    return failure({ code: 'token_expired', reason: 'expired', skew: Math.round(iat - now) })
  }
  return undefined
}

const refused = (reason: TokenRefusal['reason']): Result<never, TokenRefusal> =>
  failure({ code: 'auth_failed', reason })

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function decode<T>(schema: z.ZodType<T>, part: string): T | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(part)) return undefined
  try {
    return schema.safeParse(JSON.parse(Buffer.from(part, 'base64url').toString())).data
  } catch {
    return undefined
  }
}
