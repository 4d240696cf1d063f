/**
 * Session ids: opaque, unforgeable and looking random from the first character, because clients compare public ids
 * to decide who makes the offer. A public id says nothing about the private one of the same session.
 */
import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { type ResumeId, resumeId, type SessionId, sessionId } from '../../core/ids.ts'

const nonceLength = 16
const serialLength = 6
const sealedLength = nonceLength + 6 + serialLength
const macLength = 12
const totalLength = sealedLength + macLength

export interface SessionIds {
  /** The two names of the `serial`-th session of this process. */
  create(serial: number): { readonly id: SessionId; readonly resumeId: ResumeId }
  /** Whether somebody who knows our keys made this resume id: a wrong guess is worth slowing down, a late one is not. */
  isGenuine(resumeId: string): boolean
  /** The session's own spelling of a public id, of which other forms than ours have several. */
  canonical(publicId: string): SessionId
  /** Told which sessions there are; absent where an id has one spelling only. */
  readonly present?: { add(id: SessionId): void; remove(id: SessionId): void }
}

export interface SessionIdKeys {
  readonly hashKey: string
  /** 16, 24 or 32 bytes; without it the key is derived from the hash key, so that ids are encrypted in any case. */
  readonly blockKey: string | undefined
}

/**
 * A private id is nonce ‖ AES-CTR(fill ‖ serial) ‖ MAC: the first 96 bits of HMAC-SHA512 over what stands before it. The
 * public id of the session is the last 320 bits of the same HMAC, so that one of each suffices; knowing it tells nothing
 * of the rest. Both are 54 characters of base64url. `random` returns that many unpredictable bytes.
 */
export function createSessionIds(keys: SessionIdKeys, random: (bytes: number) => Uint8Array): SessionIds {
  const blockKey = keys.blockKey
    ? Buffer.from(keys.blockKey)
    : createHmac('sha256', keys.hashKey).update('session id encryption').digest()
  const cipher = `aes-${8 * blockKey.length}-ctr`

  const mac = (sealed: Uint8Array): Buffer => createHmac('sha512', keys.hashKey).update(sealed).digest()

  return {
    create(serial) {
      const bytes = Buffer.alloc(totalLength)
      bytes.set(random(sealedLength - serialLength))
      bytes.writeUIntBE(serial, sealedLength - serialLength, serialLength)
      const body = bytes.subarray(nonceLength, sealedLength)
      body.set(createCipheriv(cipher, blockKey, bytes.subarray(0, nonceLength)).update(body))
      const proof = mac(bytes.subarray(0, sealedLength))
      bytes.set(proof.subarray(0, macLength), sealedLength)
      return {
        id: sessionId(proof.subarray(-totalLength).toString('base64url')),
        resumeId: resumeId(bytes.toString('base64url')),
      }
    },
    isGenuine(text) {
      const bytes = Buffer.from(text, 'base64url')
      if (bytes.length !== totalLength || bytes.toString('base64url') !== text) return false
      const proof = mac(bytes.subarray(0, sealedLength)).subarray(0, macLength)
      return timingSafeEqual(proof, bytes.subarray(sealedLength))
    },
    canonical: sessionId,
  }
}
