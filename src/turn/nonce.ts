/** Nonces that prove a client receives what we send to it, without our remembering any (SPEC A1–A3). */
import { createHmac } from 'node:crypto'
import { type TransportAddress, unmapped } from '../lib/ip-address.ts'
import { equalInConstantTime } from './codec/integrity.ts'

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

  function signed(time: string, { ip, port }: TransportAddress): string {
    const mac = createHmac('sha256', key).update(time).update(octets(ip, port)).digest('hex')
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
      const isOurs = equalInConstantTime(Buffer.from(nonce), Buffer.from(signed(time, client)))
      const age = now - Number.parseInt(time, 16) * 1000
      return isOurs && age >= -mostAhead && age <= nonceLifetime
    },
  }
}

function octets(given: TransportAddress['ip'], port: number): Uint8Array {
  const ip = unmapped(given)
  const bytes = new Uint8Array(ip.family === 4 ? 6 : 18)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, port)
  for (const [index, word] of (ip.family === 4 ? [ip.value] : ip.words).entries()) view.setUint32(2 + 4 * index, word)
  return bytes
}
