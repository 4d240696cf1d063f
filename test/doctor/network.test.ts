/** Names, ports and certificates. */
import { describe, expect, test } from 'bun:test'
import type { Finding } from '../../src/doctor/finding.ts'
import {
  type Connecting,
  certificateFinding,
  type Handshake,
  nameFinding,
  portFinding,
} from '../../src/doctor/network.ts'
import type { Site } from '../../src/doctor/site.ts'
import { noon } from './seen.ts'

const site: Site = { url: 'https://h.example/sig', hostname: 'h.example', port: 443, secure: true }
const text = ({ verdict, says, next }: Finding): string => `${verdict} ${says} ${next ?? ''}`

describe('DNS', () => {
  test('found', () => {
    const found = (...addresses: readonly string[]) => nameFinding(site, { found: true, addresses })
    expect(text(found('192.0.2.1', '2001:db8::1'))).toBe('ok h.example is 192.0.2.1, 2001:db8::1 ')
    expect(text(found('10.0.0.1'))).toContain('only within this network')
    // /etc/hosts of Debian names the machine itself so.
    expect(text(found('127.0.1.1'))).toMatch(/^warn .*\/etc\/hosts/)
  })

  test.each(['unknown', 'timeout', 'other'] as const)('not found: %s', (reason) => {
    expect(nameFinding(site, { found: false, reason, why: 'SERVFAIL' }).verdict).toBe('fail')
  })
})

describe('TCP', () => {
  const tried = (address: string, outcome: Connecting['outcome']): Connecting => ({ address, outcome, why: 'because' })

  test.each<[string, readonly Connecting[], RegExp]>([
    ['all open', [tried('192.0.2.1', 'open')], /^ok /],
    ['one of two open', [tried('192.0.2.1', 'open'), tried('::2', 'timeout')], /^warn .*::2 does not \(timeout\)/],
    ['no IPv6 here', [tried('192.0.2.1', 'open'), tried('::2', 'unreachable')], /^ok .*cannot be tried/],
    ['refused', [tried('192.0.2.1', 'refused')], /^fail .*nothing listens/],
    ['silent', [tried('192.0.2.1', 'timeout')], /^fail .*firewall/],
    ['no way', [tried('::2', 'unreachable')], /^fail no way .*"because"/],
    ['none', [], /^fail .*no address/],
  ])('%s', (_, all, expected) => {
    expect(text(portFinding(site, all))).toMatch(expected)
  })
})

describe('TLS', () => {
  const day = 86_400_000
  type Done = Extract<Handshake, { readonly done: true }>
  const seen = (changes: Partial<Done> = {}): Handshake => ({
    done: true,
    distrust: undefined,
    isForName: true,
    names: 'DNS:h.example',
    issuer: 'An Authority',
    validFrom: noon - 10 * day,
    validTo: noon + 80 * day,
    ...changes,
  })

  test.each<[string, Handshake, RegExp]>([
    ['good', seen(), /^ok .*80 days/],
    ['about to expire', seen({ validTo: noon + 5.5 * day, validFrom: noon - 85 * day }), /^warn .*in 5 days/],
    ['a short one that is young', seen({ validFrom: noon - day, validTo: noon + 5 * day }), /^ok /],
    ['self-signed', seen({ distrust: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), /^fail .*self-signed/],
    ['without intermediate', seen({ distrust: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }), /^fail .*fullchain\.pem/],
    ['of an own authority', seen({ distrust: 'SELF_SIGNED_CERT_IN_CHAIN' }), /^fail .*no known authority/],
    ['revoked', seen({ distrust: 'CERT_REVOKED' }), /^fail .*CERT_REVOKED/],
    ['expired', seen({ distrust: 'CERT_HAS_EXPIRED', validTo: noon - 3.5 * day }), /^fail .*expired 3 days ago/],
    ['not yet valid', seen({ distrust: 'CERT_NOT_YET_VALID', validFrom: noon + day }), /^fail .*not valid yet/],
    ['for another name', seen({ isForName: false }), /^fail .*not for h\.example but for "DNS:h\.example"/],
    ['no TLS', { done: false, reason: 'no TLS', why: '' }, /^fail .*does not speak TLS/],
    ['too slow', { done: false, reason: 'timeout', why: '' }, /^fail .*in time/],
    ['an alert', { done: false, reason: 'other', why: 'alert 80' }, /^fail .*"alert 80"/],
  ])('%s', (_, handshake, expected) => {
    expect(text(certificateFinding(site, handshake, noon))).toMatch(expected)
  })
})
