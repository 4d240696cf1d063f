/** The keys of MESSAGE-INTEGRITY, made from what a user and the server both know (RFC 8489 sections 9.1.1, 9.2.2). */
import { createHash } from 'node:crypto'
import type { passwordAlgorithms } from './values.ts'

export interface LongTermSecret {
  readonly username: string
  readonly realm: string
  /** As both sides hash it: see `saslprep` for passwords that people type. */
  readonly password: string
}

/** Depends on nothing that changes: make it once per user, not once per message. */
export function longTermKey(
  { username, realm, password }: LongTermSecret,
  algorithm: keyof typeof passwordAlgorithms = 'md5',
): Uint8Array {
  return createHash(algorithm).update(`${username}:${realm}:${password}`).digest()
}

/** The password itself. ICE uses it; TURN does not. */
export function shortTermKey(password: string): Uint8Array {
  return new TextEncoder().encode(password)
}

/** What USERHASH carries instead of a name (RFC 8489 section 9.2.2). */
export function userhash(username: string, realm: string): Uint8Array {
  return createHash('sha256').update(`${username}:${realm}`).digest()
}
