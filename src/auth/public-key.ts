/** Public keys as Nextcloud publishes them: PEM of two kinds, or the 32 raw bytes of an Ed25519 key in base64. */
import { createPublicKey, type KeyObject } from 'node:crypto'

export type KeyKind = 'rsa' | 'ec' | 'ed25519'

const longestKey = 16_384
/** What stands before the 32 bytes in the SubjectPublicKeyInfo of an Ed25519 key (RFC 8410, section 4). */
const ed25519Head = Buffer.from('302a300506032b6570032100', 'hex')

/** The key, or undefined if the text is no key of that kind. */
export function readPublicKey(text: string, kind: KeyKind): KeyObject | undefined {
  const trimmed = text.trim()
  if (trimmed === '' || trimmed.length > longestKey) return undefined
  try {
    const key = trimmed.startsWith('-----BEGIN ') ? fromPem(trimmed) : kind === 'ed25519' ? fromRaw(trimmed) : undefined
    return key?.type === 'public' && key.asymmetricKeyType === kind ? key : undefined
  } catch {
    return undefined
  }
}

/** "PUBLIC KEY" (SPKI) and "RSA PUBLIC KEY" (PKCS #1). Of a private key we want to know nothing. */
function fromPem(text: string): KeyObject | undefined {
  return /^-----BEGIN (?:RSA )?PUBLIC KEY-----/.test(text) ? createPublicKey(text) : undefined
}

function fromRaw(text: string): KeyObject | undefined {
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined
  const raw = Buffer.from(text, 'base64')
  if (raw.length !== 32) return undefined
  return createPublicKey({ key: Buffer.concat([ed25519Head, raw]), format: 'der', type: 'spki' })
}
