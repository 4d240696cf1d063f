/** One spelling for each Nextcloud, whatever form its URL comes in. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  capabilitiesUrl,
  normaliseBackendUrl,
  originOf,
  readBackendUrl,
  signalingUrl,
} from '../../../../src/protocols/talk/backend/urls.ts'

const same: readonly (readonly [string, string])[] = [
  ['https://cloud.example.com', 'https://cloud.example.com/'],
  ['https://cloud.example.com/', 'https://cloud.example.com/'],
  ['https://Cloud.Example.COM/', 'https://cloud.example.com/'],
  ['HTTPS://cloud.example.com', 'https://cloud.example.com/'],
  ['https://cloud.example.com:443/', 'https://cloud.example.com/'],
  ['http://cloud.example.com:80', 'http://cloud.example.com/'],
  ['http://cloud.example.com:443/', 'http://cloud.example.com:443/'],
  ['https://cloud.example.com:8443/nc', 'https://cloud.example.com:8443/nc/'],
  ['https://cloud.example.com/Next/Cloud', 'https://cloud.example.com/Next/Cloud/'],
  ['https://cloud.example.com/nc/ocs/v2.php/apps/spreed/api/v3/signaling/backend', 'https://cloud.example.com/nc/'],
  ['https://cloud.example.com/ocs/v2.php/apps/spreed', 'https://cloud.example.com/'],
  ['https://cloud.example.com/ocs/v2.php/apps/spreed/api/v1/x?y=1#z', 'https://cloud.example.com/'],
  ['https://cloud.example.com/a/../b/', 'https://cloud.example.com/b/'],
  ['https://cloud.example.com/a/%2e%2e/b/', 'https://cloud.example.com/b/'],
  ['https://[2001:DB8::1]:443/', 'https://[2001:db8::1]/'],
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/'],
  ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
]

test.each(same)('%s is %s', (text, expected) => {
  expect(readBackendUrl(text)).toEqual({ ok: true, value: expected })
})

const refused = [
  ['', 'empty'],
  ['cloud.example.com', 'unreadable'],
  ['https:cloud.example.com/', 'unreadable'],
  ['https:/cloud.example.com/', 'unreadable'],
  ['https:///cloud.example.com/', 'unreadable'],
  ['//cloud.example.com/', 'unreadable'],
  ['ftp://cloud.example.com/', 'not http or https'],
  ['file:///etc/passwd', 'not http or https'],
  ['javascript:alert(1)', 'unreadable'],
  ['https://alice@cloud.example.com/', 'has a user name'],
  ['https://alice:secret@cloud.example.com/', 'has a user name'],
  ['https://@cloud.example.com/', 'has a user name'],
  ['https://cloud.example.com/?a=b', 'has a query or fragment'],
  ['https://cloud.example.com/?', 'has a query or fragment'],
  ['https://cloud.example.com/#a', 'has a query or fragment'],
  [' https://cloud.example.com/', 'unreadable'],
  ['https://cloud.example.com/a\tb', 'unreadable'],
  ['https://cloud.example.com\\@evil.example/', 'unreadable'],
  ['https://cloud.example.com/\r\nX: y', 'unreadable'],
  ['https://cloud.example.com:99999/', 'unreadable'],
  ['https://exa mple/', 'unreadable'],
  [`https://cloud.example.com/${'a'.repeat(3000)}`, 'too long'],
] as const

test.each(refused)('%p is refused: %s', (text, fault) => {
  expect(readBackendUrl(text)).toEqual({ ok: false, error: fault })
  expect(normaliseBackendUrl(text)).toBeUndefined()
})

test('the spelling is final: read again, it stays', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.webUrl(),
        fc.string(),
        fc.webUrl().map((url) => `${url}ocs/v2.php/apps/spreed/x`),
      ),
      (text) => {
        const url = normaliseBackendUrl(text)
        if (url === undefined) return
        expect(normaliseBackendUrl(url)).toBe(url)
        expect(url).toMatch(/^https?:\/\/[^/@?#]+\/(?:[^?#]*\/)?$/)
        expect(`${originOf(url)}/`).toBe(`${new URL(url).origin}/`)
      },
    ),
  )
})

test('the paths that we ask', () => {
  const base = 'https://cloud.example.com/nc/'
  expect(signalingUrl(base, 'v1')).toBe(`${base}ocs/v2.php/apps/spreed/api/v1/signaling/backend`)
  expect(signalingUrl(base, 'v3')).toBe(`${base}ocs/v2.php/apps/spreed/api/v3/signaling/backend`)
  expect(capabilitiesUrl(base)).toBe(`${base}ocs/v2.php/cloud/capabilities`)
})
