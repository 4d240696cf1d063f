import { describe, expect, test } from 'bun:test'
import { integritySha256Holds } from '../../../src/turn/codec/integrity.ts'
import { longTermKey } from '../../../src/turn/codec/keys.ts'
import { createMessageWriter } from '../../../src/turn/codec/message-writer.ts'
import { type Put, realm, settings, stage, udp } from './stage.ts'

const sha256 = 2
const md5 = 1
const none = new Uint8Array(0)
const list = [
  { algorithm: sha256, parameters: none },
  { algorithm: md5, parameters: none },
]
const cookie = 'obMatJos2gAAA'

function strong() {
  const self = stage({ settings: settings({ sha256: true }) })
  const client = self.client()
  const nonce = client.plain('allocate', udp)?.message.get('nonce') ?? ''

  /** An Allocate of alice's whose key is made in this way and whose MAC is SHA-256. */
  const say = (hash: 'md5' | 'sha256', put: Put, but: { nonce?: string; both?: boolean } = {}) => {
    const target = new Uint8Array(1024)
    const key = longTermKey({ username: 'alice', realm, password: 'wonder' }, hash)
    const writer = createMessageWriter().begin(target, 0, 'allocate', 'request', self.dice.bytes(12))
    udp(writer)
    put(writer)
    writer
      .put('username', 'alice')
      .put('realm', realm)
      .put('nonce', but.nonce ?? nonce)
    if (but.both) writer.sign(key)
    writer.signSha256(key)
    self.receive(target.slice(0, writer.end()), client.client)
    const reply = client.hear()
    return { said: reply?.code ?? reply?.kind, message: reply?.message, key }
  }
  return { self, client, nonce, say }
}

const chosen =
  (algorithm: number, offered = list): Put =>
  (to) =>
    to.put('passwordAlgorithms', offered).put('passwordAlgorithm', { algorithm, parameters: none })

describe('[R8] where SHA-256 is offered', () => {
  test('challenges say so, and the nonce too', () => {
    const { client } = strong()
    const message = client.plain('allocate', udp)?.message
    expect(message?.get('passwordAlgorithms')).toEqual(list)
    expect(message?.get('nonce')).toStartWith(cookie)
    expect(message?.get('nonce')).toHaveLength(37)
  })

  test('and taken, the answer has the same MAC', () => {
    const { say, client } = strong()
    const { said, message, key } = say('sha256', chosen(sha256))
    expect([said, message?.integrityAt]).toEqual(['success', undefined])
    expect(message && integritySha256Holds(message, key)).toBe(true)
    expect(client.allocation().sender.key).toHaveLength(32)
  })

  test('MD5 stays possible, chosen or not said', () => {
    expect(strong().say('md5', chosen(md5)).said).toBe('success')
    expect(strong().say('md5', () => {}).said).toBe('success')
    expect(strong().say('md5', () => {}, { both: true }).said).toBe('success')
    expect(strong().say('sha256', () => {}).said).toBe(401)
    expect(strong().say('md5', chosen(sha256)).said).toBe(401)
  })

  test('both attributes or neither, the list as it was sent, and one of it; else 400', () => {
    const wrong: readonly Put[] = [
      (to) => to.put('passwordAlgorithms', list),
      (to) => to.put('passwordAlgorithm', { algorithm: sha256, parameters: none }),
      chosen(sha256, list.slice(0, 1)),
      chosen(md5, list.slice(1)),
      chosen(sha256, list.toReversed()),
      chosen(3),
      chosen(sha256, [...list, { algorithm: 3, parameters: none }]),
      (to) =>
        to
          .put('passwordAlgorithms', list)
          .put('passwordAlgorithm', { algorithm: sha256, parameters: new Uint8Array(4) }),
    ]
    for (const put of wrong) expect(strong().say('sha256', put).said).toBe(400)
  })

  test('a nonce without the cookie is stale', () => {
    const { nonce, say } = strong()
    expect(say('sha256', chosen(sha256), { nonce: nonce.slice(cookie.length) }).said).toBe(438)
  })

  test('MESSAGE-INTEGRITY of old serves on', () => {
    expect(strong().client.allocate()?.kind).toBe('success')
  })
})

test('[A4] where it is not offered, a MAC of SHA-256 alone is none', () => {
  const self = stage()
  const client = self.client()
  const target = new Uint8Array(1024)
  const writer = createMessageWriter().begin(target, 0, 'allocate', 'request', self.dice.bytes(12))
  udp(writer)
  writer.signSha256(new Uint8Array(16))
  self.receive(target.slice(0, writer.end()), client.client)
  const reply = client.hear()
  expect([reply?.code, reply?.message.span('passwordAlgorithms')]).toEqual([401, undefined])
  expect(reply?.message.get('nonce')).toHaveLength(24)
})

test('[A5, A15] what a stranger gets', () => {
  const client = stage().client()
  const [bare, shortest, checked] = [
    client.plain('allocate'),
    client.plain('allocate', udp),
    client.plain('allocate', (to) => to.fingerprint()),
  ]
  expect([bare, shortest, checked].map((one) => [one?.code, one?.message.end])).toEqual([
    [400, 28],
    [401, 72],
    [400, 36],
  ])
})
