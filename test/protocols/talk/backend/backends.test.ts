/** Which configured Nextcloud a URL belongs to. */
import { expect, test } from 'bun:test'
import type { Accepts, BackendConfig } from '../../../../src/config/config.ts'
import { createBackends } from '../../../../src/protocols/talk/backend/backends.ts'

const config = (id: string, accepts: Accepts, secret = `secret of ${id}`): BackendConfig => ({
  id,
  accepts,
  secret,
  sessionLimit: 0,
  maxStreamBitrate: 0,
  maxScreenBitrate: 0,
})
const listed = (id: string, ...urls: string[]): BackendConfig => config(id, { kind: 'urls', urls })
const idOf = (configs: readonly BackendConfig[], url: string): string | undefined =>
  createBackends(configs).byUrl(url)?.id

test('a URL belongs to the backend that one of its URLs begins with', () => {
  const configs = [listed('one', 'https://cloud.example.com/one/'), listed('two', 'https://cloud.example.com/two/')]
  expect(idOf(configs, 'https://cloud.example.com/one/')).toBe('one')
  expect(idOf(configs, 'https://cloud.example.com/one/deeper/')).toBe('one')
  expect(idOf(configs, 'https://cloud.example.com/two/')).toBe('two')
  expect(idOf(configs, 'https://cloud.example.com/')).toBeUndefined()
  expect(idOf(configs, 'https://cloud.example.com/three/')).toBeUndefined()
})

test('a prefix ends where a path segment does, and where the host does', () => {
  const configs = [listed('one', 'https://cloud.example.com/one/'), listed('root', 'https://other.example.com/')]
  expect(idOf(configs, 'https://cloud.example.com/onemore/')).toBeUndefined()
  expect(idOf(configs, 'https://cloud.example.com.evil.example/one/')).toBeUndefined()
  expect(idOf(configs, 'https://other.example.com:8443/')).toBeUndefined()
  expect(idOf(configs, 'https://evil.example/https://other.example.com/')).toBeUndefined()
})

test('http counts only where http is configured', () => {
  const configs = [listed('plain', 'http://cloud.example.com/'), listed('secure', 'https://safe.example.com/')]
  expect(idOf(configs, 'http://cloud.example.com/')).toBe('plain')
  expect(idOf(configs, 'https://cloud.example.com/')).toBeUndefined()
  expect(idOf(configs, 'http://safe.example.com/')).toBeUndefined()
})

test('one backend by two URLs is one', () => {
  const backends = createBackends([listed('one', 'https://a.example.com/', 'https://b.example.com/nc/')])
  const [byA, byB] = [backends.byUrl('https://a.example.com/'), backends.byUrl('https://b.example.com/nc/x/')]
  expect(byA).toBeDefined()
  expect(byA).toBe(byB)
  expect(byA).toBe(backends.byId('one'))
  expect(backends.all()).toHaveLength(1)
  expect(byA?.urls).toEqual(['https://a.example.com/', 'https://b.example.com/nc/'])
})

test('of two URLs that fit, the longer one decides, whatever their order', () => {
  const outer = listed('outer', 'https://cloud.example.com/')
  const inner = listed('inner', 'https://cloud.example.com/inner/')
  for (const configs of [
    [outer, inner],
    [inner, outer],
  ]) {
    expect(idOf(configs, 'https://cloud.example.com/inner/')).toBe('inner')
    expect(idOf(configs, 'https://cloud.example.com/else/')).toBe('outer')
  }
})

test('the older form: hosts that share a secret, any path, http if allowed', () => {
  const hosts = ['cloud.example.com', 'other.example.com:8443', 'third.example.com:443']
  const secure = [config('compat', { kind: 'hosts', hosts, http: false })]
  expect(idOf(secure, 'https://cloud.example.com/any/path/')).toBe('compat')
  expect(idOf(secure, 'https://other.example.com:8443/')).toBe('compat')
  expect(idOf(secure, 'https://third.example.com/')).toBe('compat')
  expect(idOf(secure, 'https://other.example.com/')).toBeUndefined()
  expect(idOf(secure, 'http://cloud.example.com/')).toBeUndefined()
  const plain = [config('compat', { kind: 'hosts', hosts, http: true })]
  expect(idOf(plain, 'http://cloud.example.com/')).toBe('compat')
  expect(idOf(plain, 'https://cloud.example.com/')).toBe('compat')
})

test('allowall takes any URL', () => {
  const configs = [config('compat', { kind: 'any' })]
  expect(idOf(configs, 'http://127.0.0.1:8080/')).toBe('compat')
  expect(idOf(configs, 'https://whatever.example/x/')).toBe('compat')
})

test('without backends nobody belongs to one', () => {
  const backends = createBackends([])
  expect(backends.byUrl('https://cloud.example.com/')).toBeUndefined()
  expect(backends.byId('compat')).toBeUndefined()
  expect(backends.all()).toEqual([])
})

test('another configuration replaces the former', () => {
  const backends = createBackends([
    listed('one', 'https://a.example.com/'),
    listed('gone', 'https://gone.example.com/'),
  ])
  backends.replace([{ ...listed('one', 'https://a.example.com/'), sessionLimit: 5 }])
  expect(backends.byUrl('https://a.example.com/')?.sessionLimit).toBe(5)
  expect(backends.byUrl('https://gone.example.com/')).toBeUndefined()
  expect(backends.byId('gone')).toBeUndefined()
})

test('what is accepted can be said without secrets', () => {
  const configs = [
    listed('one', 'https://a.example.com/'),
    config('compat', { kind: 'hosts', hosts: ['b.example.com'], http: false }),
    config('any', { kind: 'any' }),
  ]
  const { accepted } = createBackends(configs)
  expect(accepted()).toEqual(['https://a.example.com/', 'https://b.example.com/', 'any (allowall)'])
  expect(accepted().join(' ')).not.toContain('secret')
})
