/** RSA keys for tests, made once: what a server signs in to proxies with, and others that will not do. */
import { generateKeyPairSync } from 'node:crypto'

const encodings = {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
} as const

export interface PemPair {
  readonly publicKey: string
  readonly privateKey: string
}

const made = new Map<string, PemPair>()

/** Always the same pair for the same name. */
export function rsaPair(name = 'one', bits = 2048): PemPair {
  const known = made.get(name)
  if (known) return known
  const pair = generateKeyPairSync('rsa', { modulusLength: bits, ...encodings })
  made.set(name, pair)
  return pair
}

export const ecPair = (): PemPair => generateKeyPairSync('ec', { namedCurve: 'P-256', ...encodings })
