/**
 * Session ids: opaque, unforgeable and looking random from the first character, because clients compare public ids
 * to decide who makes the offer. A public id says nothing about the private one of the same session.
 */
import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { type ResumeId, resumeId, type SessionId, sessionId } from '../../core/ids.ts'

const nonceLength = 16
const bodyLength = 12
const macLength = 12
const totalLength = nonceLength + bodyLength + macLength

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
 * An id is nonce ‖ AES-CTR(serial ‖ fill) ‖ HMAC-SHA256(name, nonce, body) cut to 96 bits, in base64url: 54 characters.
 * `random` returns that many unpredictable bytes.
 */
export function createSessionIds(keys: SessionIdKeys, random: (bytes: number) => Uint8Array): SessionIds {
  const blockKey = keys.blockKey
    ? Buffer.from(keys.blockKey)
    : createHmac('sha256', keys.hashKey).update('session id encryption').digest()
  const cipher = `aes-${8 * blockKey.length}-ctr`

  const mac = (name: string, sealed: Uint8Array): Buffer =>
    createHmac('sha256', keys.hashKey).update(name).update('|').update(sealed).digest().subarray(0, macLength)

  function seal(name: string, serial: number): string {
    const bytes = Buffer.alloc(totalLength)
    bytes.set(random(nonceLength + bodyLength - 6))
    bytes.writeUIntBE(serial, nonceLength + bodyLength - 6, 6)
    const body = bytes.subarray(nonceLength, nonceLength + bodyLength)
    body.set(createCipheriv(cipher, blockKey, bytes.subarray(0, nonceLength)).update(body))
    bytes.set(mac(name, bytes.subarray(0, nonceLength + bodyLength)), nonceLength + bodyLength)
    return bytes.toString('base64url')
  }

  return {
    create: (serial) => ({ id: sessionId(seal('public', serial)), resumeId: resumeId(seal('private', serial)) }),
    isGenuine(text) {
      const bytes = Buffer.from(text, 'base64url')
      if (bytes.length !== totalLength || bytes.toString('base64url') !== text) return false
      const sealed = bytes.subarray(0, nonceLength + bodyLength)
      return timingSafeEqual(mac('private', sealed), bytes.subarray(nonceLength + bodyLength))
    },
    canonical: sessionId,
  }
}
