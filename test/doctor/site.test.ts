/** Addresses as administrators type them. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { isAddress, isNearby, readSite } from '../../src/doctor/site.ts'

test('a good address', () => {
  const { findings, site } = readSite(' https://Talk.example.org/standalone-signaling/ ')
  expect(site).toEqual({
    url: 'https://talk.example.org/standalone-signaling',
    hostname: 'talk.example.org',
    port: 443,
    secure: true,
  })
  expect(findings.map(({ verdict }) => verdict)).toEqual(['ok'])
})

test.each<[string, string]>([
  ['', 'https://'],
  ['talk.example.org', 'https://'],
  ['https://', 'readable'],
  ['https://a b/', 'readable'],
  ['ftp://talk.example.org/', 'neither https nor http'],
  ['https://me:secret@talk.example.org/', 'password'],
  ['https://talk.example.org/?x=1', 'behind ? or #'],
  ['https://talk.example.org/#x', 'behind ? or #'],
])('%p is refused', (text, says) => {
  const { findings, site } = readSite(text)
  expect(site).toBeUndefined()
  expect(findings.map(({ verdict }) => verdict)).toEqual(['fail'])
  expect(findings[0]?.says).toContain(says)
  expect(findings[0]?.says).not.toContain('secret')
})

test.each<[string, string, string]>([
  ['wss://h.example/sig', 'https://h.example/sig', 'ws'],
  ['https://h.example/sig/spreed', 'https://h.example/sig', '/spreed'],
  ['https://h.example/sig/api/v1/welcome', 'https://h.example/sig', '/api/v1/welcome'],
  ['https://h.example/api/v1/', 'https://h.example', '/api/v1'],
  ['https://h.example/Signaling', 'https://h.example/Signaling', 'lower case'],
  ['http://h.example:8080/sig', 'http://h.example:8080/sig', 'TLS'],
  ['http://192.0.2.1/sig', 'http://192.0.2.1/sig', 'TLS'],
])('%p goes on with a warning', (text, url, says) => {
  const { findings, site } = readSite(text)
  expect(site?.url).toBe(url)
  expect(findings.map(({ verdict }) => verdict)).toEqual(['warn'])
  expect(findings[0]?.says).toContain(says)
})

describe('http is fine on the same machine', () => {
  test.each(['http://localhost:8080', 'http://127.0.0.1:8080', 'http://[::1]:8080'])('%s', (text) => {
    const { findings, site } = readSite(text)
    expect(findings.map(({ verdict }) => verdict)).toEqual(['ok'])
    expect(site?.hostname).not.toContain('[')
    expect(site?.port).toBe(8080)
  })
})

test('which addresses are near', () => {
  expect(['127.0.0.1', '::1', '10.1.2.3', '192.168.1.1', 'fd00::1'].every(isNearby)).toBe(true)
  expect(['192.0.2.1', '2001:db8::1', '172.32.0.1'].some(isNearby)).toBe(false)
  expect([isAddress('192.0.2.1'), isAddress('::1'), isAddress('talk.example.org')]).toEqual([true, true, false])
})

test('whatever the text: findings, and a site only with a url that has no slash at its end', () => {
  const texts = fc.oneof(fc.string(), fc.webUrl({ withQueryParameters: true, withFragments: true }))
  fc.assert(
    fc.property(texts, (text) => {
      const { findings, site } = readSite(text)
      expect(findings.length).toBeGreaterThan(0)
      expect(site === undefined).toBe(findings.some(({ verdict }) => verdict === 'fail'))
      if (site) expect(site.url).toMatch(/^https?:\/\/.*[^/]$/)
    }),
  )
})
