/** Texts of any length as 64 bits, for tables of fixed size. */
import { createHash } from 'node:crypto'
import type { Key } from './ledger-counts.ts'

/** With a secret that strangers do not know nobody can look for two texts that share their bits. */
export function digest(secret: Uint8Array, text: string): Key {
  const bits = createHash('sha256').update(secret).update(text).digest()
  return [bits.readUInt32LE(0), bits.readUInt32LE(4)]
}
