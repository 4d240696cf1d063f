import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createNonces, nonceLifetime } from '../../src/turn/nonce.ts'
import { anyIp, at, port } from './ip.ts'

const nonces = createNonces(new Uint8Array(32).fill(7))
const alice = at('192.0.2.1', 5000)
const noon = 1_760_000_000_000

test('[A1] a nonce is 24 hex digits and needs no memory: any server with the key knows it', () => {
  const nonce = nonces.make(alice, noon)
  expect(nonce).toMatch(/^[0-9a-f]{24}$/)
  expect(nonce.slice(0, 8)).toBe((noon / 1000).toString(16))
  expect(createNonces(new Uint8Array(32).fill(7)).isFresh(nonce, alice, noon)).toBe(true)
  expect(createNonces(new Uint8Array(32).fill(8)).isFresh(nonce, alice, noon)).toBe(false)
})

test('[A2] a nonce is good for the address and port it was made for, in either clothes', () => {
  const client = fc.record({ ip: anyIp, port })
  fc.assert(
    fc.property(client, client, fc.nat(2 ** 41), (one, other, now) => {
      const nonce = nonces.make(one, now)
      expect(nonces.isFresh(nonce, one, now)).toBe(true)
      expect(nonces.isFresh(nonce, other, now)).toBe(JSON.stringify(one) === JSON.stringify(other))
      expect(nonces.isFresh(nonce, { ...one, port: one.port ^ 1 }, now)).toBe(false)
    }),
  )
  expect(nonces.isFresh(nonces.make(alice, noon), at('::ffff:192.0.2.1', 5000), noon)).toBe(true)
})

test('[A3] a nonce is good for 600 s, and another server’s clock may be a minute ahead', () => {
  const nonce = nonces.make(alice, noon)
  expect(nonceLifetime).toBe(600_000)
  const ages = [-60_001, -60_000, 0, 600_000, 600_001, 10 ** 9]
  expect(ages.map((age) => nonces.isFresh(nonce, alice, noon + age))).toEqual([false, true, true, true, false, false])
})

test('[A2] nothing but what we made is fresh, and no text makes it throw', () => {
  const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 24, maxLength: 24 })
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), hex), (text) => {
      expect(nonces.isFresh(text, alice, noon)).toBe(false)
    }),
  )
  const nonce = nonces.make(alice, noon)
  for (let index = 0; index < nonce.length; index++) {
    const changed = nonce.slice(0, index) + (nonce[index] === '0' ? '1' : '0') + nonce.slice(index + 1)
    expect(nonces.isFresh(changed, alice, noon)).toBe(false)
  }
  expect(nonces.isFresh(nonce.toUpperCase(), alice, noon)).toBe(false)
})

test('[R8] a nonce with the cookie is good where there is one, and only there', () => {
  const strong = createNonces(new Uint8Array(32).fill(7), { passwordAlgorithms: true })
  const nonce = strong.make(alice, noon)
  expect(nonce).toBe(`obMatJos2gAAA${nonces.make(alice, noon)}`)
  expect([strong.isFresh(nonce, alice, noon), strong.isFresh(nonces.make(alice, noon), alice, noon)]).toEqual([
    true,
    false,
  ])
  expect(nonces.isFresh(nonce, alice, noon)).toBe(false)
})
