/** Nonces that prove a client receives what we send to it, without our remembering any (SPEC A1–A3). */
import { createHmac } from 'node:crypto'
import { type TransportAddress, unmapped } from '../lib/ip-address.ts'

export interface Nonces {
  /** 24 characters, 37 with the cookie. `now` in ms since 1970, so that several servers with one key agree. */
  make(client: TransportAddress, now: number): string
  /** Whether it is one of ours, for this client, and not too old. Any text may be asked about. */
  isFresh(nonce: string, client: TransportAddress, now: number): boolean
}

export const nonceLifetime = 600_000
/** By how much (ms) the clock of another server with the same key may be ahead. */
const mostAhead = 60_000
const timeDigits = 8
const macDigits = 16

/**
 * RFC 8489 section 9.2: who sees this in a nonce knows that we offer PASSWORD-ALGORITHMS, whatever somebody on the way
 * made of the answer. The four characters are 24 bits, of which the first stands for that.
 */
const algorithmsCookie = 'obMatJos2gAAA'

/** `key`: 32 random bytes, or derived from a secret that several servers share. */
export function createNonces(key: Uint8Array, { passwordAlgorithms = false } = {}): Nonces {
  const cookie = passwordAlgorithms ? algorithmsCookie : ''

  function signed(time: string, client: TransportAddress): string {
    const mac = createHmac('sha256', key)
      .update(time + plain(client))
      .digest('hex')
    return time + mac.slice(0, macDigits)
  }

  return {
    make(client, now) {
      const seconds = Math.floor(now / 1000) >>> 0
      return cookie + signed(seconds.toString(16).padStart(timeDigits, '0'), client)
    },
    isFresh(given, client, now) {
      if (!given.startsWith(cookie)) return false
      const nonce = given.slice(cookie.length)
      if (nonce.length !== timeDigits + macDigits || !/^[0-9a-f]+$/.test(nonce)) return false
      const time = nonce.slice(0, timeDigits)
      const isOurs = isSame(nonce, signed(time, client))
      const age = now - Number.parseInt(time, 16) * 1000
      return isOurs && age >= -mostAhead && age <= nonceLifetime
    },
  }
}

/** One text for one address, in whichever clothes. */
function plain({ ip: given, port }: TransportAddress): string {
  const ip = unmapped(given)
  return ip.family === 4 ? `4/${ip.value}/${port}` : `6/${ip.words.join('/')}/${port}`
}

/** Of texts of one length; takes the same time wherever they differ. */
function isSame(one: string, other: string): boolean {
  let difference = one.length ^ other.length
  for (let at = 0; at < other.length; at++) difference |= one.charCodeAt(at) ^ other.charCodeAt(at)
  return difference === 0
}
