import { expect, test } from 'bun:test'
import { readDiscovery, readKeys } from '../../src/auth/oidc-keys.ts'

test('a discovery document says where the keys are', () => {
  const from = (jwks_uri: unknown, at = 'http://op:8080/x') => readDiscovery(JSON.stringify({ jwks_uri }), at)
  expect(from('http://op:8080/jwks')).toEqual({ ok: true, value: 'http://op:8080/jwks' })
  expect(from('https://op/jwks', 'https://op/x').ok).toBe(true)
  expect(from('https://op/jwks').ok).toBe(true)
  expect(from('http://op/jwks', 'https://op/x')).toEqual({ ok: false, error: 'the jwks_uri leaves TLS' })
  expect(from('//op/jwks').ok || from('').ok || from(`http://op/${'x'.repeat(3_000)}`).ok).toBe(false)
})

test('of a private key only the public part is kept, and what is no key is left out', () => {
  const jwk = {
    kty: 'OKP',
    crv: 'Ed25519',
    kid: 'k',
    d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  }
  const keys = readKeys(
    JSON.stringify({ keys: [jwk, { ...jwk, kid: '' }, null, 7, 'x', { kty: 'oct', kid: 'o', k: 'x' }] }),
  )
  if (!keys.ok) throw new Error(keys.error)
  expect([...keys.value.keys()]).toEqual(['k'])
  const [key] = keys.value.get('k') ?? []
  expect([key?.key.type, key?.algorithms]).toEqual(['public', ['EdDSA', 'Ed25519']])
})

test('a set without any key is one: all have been withdrawn', () => {
  expect(readKeys('{"keys":[]}')).toEqual({ ok: true, value: new Map() })
  expect([readKeys('{}').ok, readKeys('{"keys":{}}').ok, readKeys('').ok]).toEqual([false, false, false])
})
