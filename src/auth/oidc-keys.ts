/** What an OpenID provider publishes: where its keys are, and the keys. Everything that is not a public key for signatures is left out. */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import { failure, type Result, success } from '../lib/result.ts'

export interface OidcKey {
  readonly key: KeyObject
  /** With which it may have been used. */
  readonly algorithms: readonly string[]
}

/** By `kid`; a provider may use one for keys of several kinds. */
export type OidcKeys = ReadonlyMap<string, readonly OidcKey[]>

const mostKeys = 100
const longestKid = 512

const Discovery = z.object({ jwks_uri: z.string().max(2_048) })

/** Only signatures that need a private key: neither `none`, nor HS256, for which a public key could be taken as the secret. */
const rsa = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const byCurve: Readonly<Record<string, readonly string[]>> = {
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  'P-521': ['ES512'],
  Ed25519: ['EdDSA', 'Ed25519'],
}
export const algorithms: readonly string[] = [...rsa, ...Object.values(byCurve).flat()]

/** Of a private key only the public part is taken. */
const about = {
  kid: z.string().min(1).max(longestKid),
  use: z.literal('sig').optional(),
  alg: z.string().optional(),
  key_ops: z.array(z.string()).optional(),
}
const Jwk = z.discriminatedUnion('kty', [
  z.object({ ...about, kty: z.literal('RSA'), n: z.string(), e: z.string() }),
  z.object({
    ...about,
    kty: z.literal('EC'),
    crv: z.enum(['P-256', 'P-384', 'P-521']),
    x: z.string(),
    y: z.string(),
  }),
  z.object({ ...about, kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string() }),
])
const KeySet = z.object({ keys: z.array(z.unknown()) })

/** Where the keys are, or why the text does not say it. `from` is where the text was read. */
export function readDiscovery(text: string, from: string): Result<string, string> {
  const checked = Discovery.safeParse(parsed(text))
  if (!checked.success) return failure('the discovery document has no jwks_uri')
  const uri = checked.data.jwks_uri
  if (!/^https?:\/\//i.test(uri) || !URL.canParse(uri)) return failure('the jwks_uri is no http address')
  const { username, password, protocol } = new URL(uri)
  if (username !== '' || password !== '') return failure('the jwks_uri has a password in it')
  if (protocol === 'http:' && /^https:/i.test(from)) return failure('the jwks_uri leaves TLS')
  return success(uri)
}

export function readKeys(text: string): Result<OidcKeys, string> {
  const checked = KeySet.safeParse(parsed(text))
  if (!checked.success) return failure('the key set has no list of keys')
  if (checked.data.keys.length > mostKeys) return failure(`the key set has more than ${mostKeys} keys`)
  const keys = new Map<string, readonly OidcKey[]>()
  for (const each of checked.data.keys) {
    const jwk = Jwk.safeParse(each).data
    const key = jwk && keyOf(jwk)
    if (jwk && key) keys.set(jwk.kid, [...(keys.get(jwk.kid) ?? []), key])
  }
  return success(keys)
}

function keyOf(jwk: z.infer<typeof Jwk>): OidcKey | undefined {
  if (jwk.key_ops && !jwk.key_ops.includes('verify')) return undefined
  const possible = jwk.kty === 'RSA' ? rsa : (byCurve[jwk.crv] ?? [])
  const named = jwk.alg === undefined ? possible : possible.filter((one) => one === jwk.alg)
  if (named.length === 0) return undefined
  try {
    return { key: createPublicKey({ key: partsOf(jwk), format: 'jwk' }), algorithms: named }
  } catch {
    return undefined
  }
}

function partsOf(jwk: z.infer<typeof Jwk>) {
  switch (jwk.kty) {
    case 'RSA':
      return { kty: jwk.kty, n: jwk.n, e: jwk.e }
    case 'EC':
      return { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y }
    case 'OKP':
      return { kty: jwk.kty, crv: jwk.crv, x: jwk.x }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
