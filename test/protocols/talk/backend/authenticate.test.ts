/** Who signed a room request, and what the log says when nobody did. */
import { expect, test } from 'bun:test'
import type { BackendConfig } from '../../../../src/config/config.ts'
import { authenticate, explainRefusal, type Signature } from '../../../../src/protocols/talk/backend/authenticate.ts'
import { createBackends } from '../../../../src/protocols/talk/backend/backends.ts'
import { checksum } from '../../../../src/protocols/talk/backend/checksum.ts'

const limits = { sessionLimit: 0, maxStreamBitrate: 0, maxScreenBitrate: 0 }
const one: BackendConfig = {
  id: 'one',
  accepts: { kind: 'urls', urls: ['https://one.example.com/nc/'] },
  secret: 'topsecret-1',
  ...limits,
}
const two: BackendConfig = {
  id: 'two',
  accepts: { kind: 'urls', urls: ['https://two.example.com/'] },
  secret: 'topsecret-2',
  ...limits,
}
const backends = createBackends([one, two])
const random = 'r'.repeat(64)
const body = '{"type":"message"}'
const signed = (claimed: string | null, secret: string): Signature => ({
  claimed,
  random,
  checksum: checksum(secret, random, body),
})

/** The backend's id, or the sentence for the log. */
function outcome(signature: Signature, over: string | Uint8Array = body): string {
  const result = authenticate(backends, signature, over)
  return result.ok ? result.value.id : explainRefusal(backends, result.error)
}

test('the claimed backend has to have signed; a missing slash and a standard port do not matter', () => {
  expect(outcome(signed('https://one.example.com/nc', 'topsecret-1'))).toBe('one')
  expect(outcome(signed('https://ONE.example.com:443/nc/', 'topsecret-1'))).toBe('one')
  expect(outcome(signed('https://two.example.com', 'topsecret-2'), new TextEncoder().encode(body))).toBe('two')
})

test('without a claim every secret is tried', () => {
  expect(outcome(signed(null, 'topsecret-1'))).toBe('one')
  expect(outcome(signed('', 'topsecret-2'))).toBe('two')
})

test('the log says which URL was claimed and which are configured', () => {
  const said = outcome(signed('https://three.example.com', 'topsecret-1'))
  expect(said).toContain('"https://three.example.com"')
  expect(said).toContain('no backend is configured')
  expect(said).toContain('https://one.example.com/nc/, https://two.example.com/')
  expect(outcome(signed('gopher://x', 'topsecret-1'))).toContain('not http or https')
})

test('the log says that the checksum was wrong and whose secret was tried, never the secret', () => {
  const sentences = [
    outcome(signed('https://one.example.com/nc', 'topsecret-2')),
    outcome(signed('https://one.example.com/nc', 'topsecret-1'), `${body} `),
    outcome(signed(null, 'wrong')),
  ]
  for (const said of sentences) {
    expect(said).toContain('checksum does not fit')
    expect(said).not.toContain('topsecret')
  }
  expect(sentences[0]).toContain('tried the secret of "one";')
  expect(sentences[2]).toContain('no backend was claimed, tried the secret of "one", "two";')
})

test('the log says which header is missing', () => {
  expect(outcome({ claimed: null, random: null, checksum: 'x' })).toContain('no random')
  expect(outcome({ claimed: null, random: 'x', checksum: '' })).toContain('no checksum')
  expect(outcome({ claimed: null, random: null, checksum: null })).toContain('no random and no checksum')
})

test('what a stranger writes stays short and in quotes', () => {
  const said = outcome(signed(`https://evil.example/${'a'.repeat(5000)}`, 'x'))
  expect(said.length).toBeLessThan(600)
  expect(outcome(signed('https://evil.example/\n2026 ok', 'x'))).toContain('\\n2026 ok')
})
