import { describe, expect, test } from 'bun:test'
import { certificateName, ownTurn } from '../../src/auth/turn-urls.ts'
import type { AddressPair } from '../../src/config/config.ts'
import { parseIpAddress } from '../../src/lib/ip-address.ts'
import { selfSigned } from '../support/self-signed.ts'

const listeners = [
  { transport: 'tls', host: '::', port: 443 },
  { transport: 'tcp', host: '::', port: 3478 },
  { transport: 'udp', host: '::', port: 3478 },
] as const
const pair = (...texts: readonly string[]): AddressPair =>
  Object.fromEntries(
    texts.map((text) => {
      const ip = parseIpAddress(text)
      return [ip?.family ?? text, ip]
    }),
  )
const config = { hostname: undefined, secrets: ['first', 'second'], externalAddress: {} }
const told = pair('203.0.113.7', '2001:db8::7')

describe('urls', () => {
  test('name the host of the settings for all, each transport once, the cheapest first', () => {
    const { turn, stun, secret } = ownTurn({
      config: { ...config, hostname: 'turn.example.org' },
      listeners: [...listeners, { transport: 'udp', host: '192.0.2.1', port: 3478 }],
      told,
      certificateName: 'other.example.org',
    })
    expect(turn).toEqual([
      'turn:turn.example.org:3478?transport=udp',
      'turn:turn.example.org:3478?transport=tcp',
      'turns:turn.example.org:443?transport=tcp',
    ])
    expect(stun).toEqual(['stun:turn.example.org:3478'])
    expect(secret).toBe('first')
  })

  test('name what the certificate is for, and the address that clients are told', () => {
    expect(ownTurn({ config, listeners, told, certificateName: 'turn.example.org' }).turn).toEqual([
      'turn:203.0.113.7:3478?transport=udp',
      'turn:203.0.113.7:3478?transport=tcp',
      'turns:turn.example.org:443?transport=tcp',
    ])
    expect(ownTurn({ config, listeners, told, certificateName: undefined }).turn.at(-1)).toBe(
      'turns:203.0.113.7:443?transport=tcp',
    )
    expect(ownTurn({ config, listeners, told: pair('2001:db8::7'), certificateName: undefined }).stun).toEqual([
      'stun:[2001:db8::7]:3478',
    ])
  })

  test('of a socket on one address name that, or the external one that stands for it', () => {
    const { stun } = ownTurn({
      config: { ...config, externalAddress: pair('203.0.113.7') },
      listeners: [
        { transport: 'udp', host: '10.0.0.5', port: 1 },
        { transport: 'udp', host: '2001:db8::5', port: 2 },
      ],
      told,
      certificateName: undefined,
    })
    expect(stun).toEqual(['stun:203.0.113.7:1', 'stun:[2001:db8::5]:2'])
  })

  test('a server without a secret has none to make credentials with', () => {
    expect(ownTurn({ config: { ...config, secrets: [] }, listeners, told, certificateName: undefined }).secret).toBe(
      undefined,
    )
  })
})

describe('the name of a certificate', () => {
  test('is its first DNS name that is not many', () => {
    const { cert } = selfSigned(
      'cn.example.org',
      'IP:127.0.0.1,DNS:*.example.org,DNS:turn.example.org,DNS:b.example.org',
    )
    expect(certificateName(cert)).toBe('turn.example.org')
  })

  test('is none without such, or without a certificate', () => {
    expect(certificateName(selfSigned('cn.example.org', 'IP:127.0.0.1').cert)).toBe(undefined)
    expect(certificateName('no certificate')).toBe(undefined)
  })
})
