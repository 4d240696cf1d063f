/** RSA keys from PEM files, with what an operator is told when a file holds something else. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { failure, type Result, success } from './result.ts'

/** Shorter ones can be broken. */
const leastBits = 2048
const longestFile = 65_536

/** A private key (PKCS #1 or PKCS #8), or what is wrong with it. */
export const readRsaPrivateKey = (pem: string): Result<KeyObject, string> => read(pem, 'private', createPrivateKey)

/** A public key (PKCS #1 or SPKI), or what is wrong with it. */
export const readRsaPublicKey = (pem: string): Result<KeyObject, string> => read(pem, 'public', createPublicKey)

const labels = { private: /^(?:RSA |EC |DSA )?PRIVATE KEY$/, public: /^(?:RSA )?PUBLIC KEY$/ } as const

function read(pem: string, wanted: keyof typeof labels, parse: (text: string) => KeyObject): Result<KeyObject, string> {
  const text = pem.slice(0, longestFile).trim()
  const label = /^-----BEGIN ([A-Z0-9 ]+)-----/m.exec(text)?.[1]
  if (label === undefined) return failure('is no PEM file')
  if (label.startsWith('ENCRYPTED') || /^Proc-Type:.*ENCRYPTED/m.test(text)) {
    return failure('is encrypted; a key without a passphrase is needed')
  }
  if (!labels[wanted].test(label)) return failure(`holds a ${label.toLowerCase()}; a ${wanted} RSA key is needed`)
  let key: KeyObject
  try {
    key = parse(text)
  } catch {
    return failure('cannot be read as a key')
  }
  const kind = key.asymmetricKeyType
  if (kind !== 'rsa') return failure(`holds a key of the kind ${kind}; an RSA key is needed`)
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  return bits < leastBits ? failure(`holds an RSA key of ${bits} bits; at least ${leastBits} are needed`) : success(key)
}
