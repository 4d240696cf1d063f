import { expect, test } from 'bun:test'
import { developmentConfig } from '../../src/config/development.ts'

test('listens on this machine only, with Talk on and secrets of its own', () => {
  let count = 0
  const config = developmentConfig((bytes) => (++count % 16).toString(16).repeat(bytes * 2))
  expect(config.http.listen).toEqual([{ kind: 'tcp', host: '127.0.0.1', port: 8080 }])
  expect(config.https.listen).toEqual([])
  expect(config.sessions.hashKey).toHaveLength(64)
  expect(config.sessions.blockKey).toHaveLength(32)
  expect(config.clients.internalSecret).toHaveLength(32)
  const backend = config.talk.kind === 'on' ? config.talk.backends[0] : undefined
  expect(backend).toMatchObject({ accepts: { kind: 'any' } })
  const secrets = [config.sessions.hashKey, config.sessions.blockKey, config.clients.internalSecret, backend?.secret]
  expect(new Set(secrets.map((secret) => secret?.[0])).size).toBe(4)
})

test('tells when the randomness is no randomness', () => {
  expect(() => developmentConfig(() => '')).toThrow('hashkey')
})
