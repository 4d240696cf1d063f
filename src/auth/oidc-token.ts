/** Tokens of OpenID providers: who their bearer is, if a key of the provider has signed them and they hold now and for us. */
import { compactVerify, decodeJwt, decodeProtectedHeader, errors } from 'jose'
import { z } from 'zod'
import { failure, type Result, success } from '../lib/result.ts'
import { algorithms, type OidcKey } from './oidc-keys.ts'

/** What an unread token says of itself: enough to find the key by which it can be checked. */
export interface TokenHead {
  readonly issuer: string
  readonly kid: string
  readonly algorithm: string
}

export interface OidcIdentity {
  readonly issuer: string
  readonly subject: string
  /** `preferred_username`; empty if there is none. */
  readonly username: string
  /** ms since 1970. */
  readonly expires: number
}

/** Why a token is not accepted. */
export type TokenFault =
  | 'format'
  | 'algorithm'
  | 'issuer'
  | 'key'
  | 'signature'
  | 'claims'
  | 'expired'
  | 'early'
  | 'audience'

export interface TokenCheck {
  readonly token: string
  readonly head: TokenHead
  /** Those that the provider has under the token's `kid`. */
  readonly keys: readonly OidcKey[]
  /** One of them has to be in `aud`. */
  readonly audiences: readonly string[]
  /** ms since 1970. */
  readonly now: number
  /** ms by which clocks may differ. */
  readonly skew: number
}

const longestToken = 16_384
const longestName = 512

/** A token for another purpose, such as a logout, is none that says who somebody is. */
const Header = z.object({
  alg: z.string(),
  kid: z.string().min(1),
  typ: z
    .string()
    .regex(/^(?:application\/)?(?:at\+)?jwt$/i)
    .optional(),
  crit: z.undefined().optional(),
  b64: z.undefined().optional(),
})

const Claims = z.object({
  iss: z.string(),
  sub: z.string().min(1).max(longestName),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  exp: z.number(),
  iat: z.number().optional(),
  nbf: z.number().optional(),
  preferred_username: z.string().max(longestName).optional().catch(undefined),
})

/** An issuer is the same with a slash at its end and without. */
export const sameIssuer = (a: string, b: string): boolean => a.replace(/\/+$/, '') === b.replace(/\/+$/, '')

/** Nothing of it can be relied on yet. */
export function readTokenHead(token: string): Result<TokenHead, TokenFault> {
  if (token.length > longestToken) return failure('format')
  try {
    const checked = Header.safeParse(decodeProtectedHeader(token))
    if (!checked.success) return failure('format')
    const { alg, kid } = checked.data
    if (!algorithms.includes(alg)) return failure('algorithm')
    const { iss } = decodeJwt(token)
    return typeof iss === 'string' ? success({ issuer: iss, kid, algorithm: alg }) : failure('issuer')
  } catch {
    return failure('format')
  }
}

export async function checkToken(check: TokenCheck): Promise<Result<OidcIdentity, TokenFault>> {
  const { token, head, keys } = check
  if (keys.length === 0) return failure('key')
  const key = keys.find((one) => one.algorithms.includes(head.algorithm))
  if (!key) return failure('algorithm')
  let payload: Uint8Array
  try {
    payload = (await compactVerify(token, key.key, { algorithms: [head.algorithm] })).payload
  } catch (error) {
    return failure(error instanceof errors.JWSSignatureVerificationFailed ? 'signature' : 'key')
  }
  return identify(new TextDecoder().decode(payload), check)
}

/** The order of the checks is the original's: a token that has expired is told so, whatever its audience. */
function identify(text: string, { head, audiences, now, skew }: TokenCheck): Result<OidcIdentity, TokenFault> {
  const claims = Claims.safeParse(JSON.parse(text)).data
  if (!claims) return failure('claims')
  const { iss, sub, aud = [], exp, iat = 0, nbf = 0, preferred_username: username = '' } = claims
  if (exp * 1_000 + skew <= now) return failure('expired')
  if (Math.max(iat, nbf) * 1_000 - skew > now) return failure('early')
  if (!sameIssuer(iss, head.issuer)) return failure('issuer')
  const named = typeof aud === 'string' ? [aud] : aud
  if (!audiences.some((one) => named.includes(one))) return failure('audience')
  return success({ issuer: iss, subject: sub, username, expires: exp * 1_000 })
}
