/** The key pair with which a stub Talk signs hello v2 tokens, and how its capabilities publish the public half. */
import type { CryptoKey, JWTPayload } from 'jose'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'

export type TokenAlgorithm = 'ES256' | 'ES384' | 'RS256' | 'EdDSA'

export interface TalkKeys {
  readonly algorithm: TokenAlgorithm
  /** What stands in `hello-v2-token-key`: PEM, for EdDSA the raw 32 bytes in base64. */
  readonly published: string
  sign(claims: JWTPayload): Promise<string>
}

export async function talkKeys(algorithm: TokenAlgorithm = 'ES256'): Promise<TalkKeys> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
  return {
    algorithm,
    published: await publish(algorithm, publicKey),
    sign: (claims) => new SignJWT(claims).setProtectedHeader({ alg: algorithm, typ: 'JWT' }).sign(privateKey),
  }
}

async function publish(algorithm: TokenAlgorithm, key: CryptoKey): Promise<string> {
  if (algorithm !== 'EdDSA') return exportSPKI(key)
  const { x } = await exportJWK(key)
  return Buffer.from(x ?? '', 'base64url').toString('base64')
}
