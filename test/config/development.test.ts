import { expect, test } from 'bun:test'
import { developmentConfig } from '../../src/config/development.ts'

test('listens on this machine only, with Talk and TURN on and secrets of its own', () => {
  let count = 0
  const config = developmentConfig((bytes) => (++count % 16).toString(16).repeat(bytes * 2))
  expect(config.http.listen).toEqual([{ kind: 'tcp', host: '127.0.0.1', port: 8080 }])
  expect(config.https.listen).toEqual([])
  expect(config.sessions.hashKey).toHaveLength(64)
  expect(config.sessions.blockKey).toHaveLength(32)
  expect(config.clients.internalSecret).toHaveLength(32)
  const backend = config.talk.kind === 'on' ? config.talk.backends[0] : undefined
  expect(backend).toMatchObject({ accepts: { kind: 'any' } })
  const turn = config.turnServer.kind === 'on' ? config.turnServer : undefined
  expect(turn?.listen).toEqual([{ host: '127.0.0.1', port: 3478 }])
  expect(turn?.relayAddress[4]).toEqual({ family: 4, value: 0x7f000001 })
  expect(config.turn.openToThisMachine).toBe(true)
  const admission = config.admission.kind === 'on' ? config.admission : undefined
  const relay = config.relay.kind === 'on' ? config.relay : undefined
  const secrets = [
    config.sessions.hashKey,
    config.sessions.blockKey,
    config.clients.internalSecret,
    backend?.secret,
    turn?.secrets[0],
    admission?.appSecret,
    admission?.appPassword,
    ...(relay?.users.map(({ password }) => password) ?? []),
  ]
  expect(new Set(secrets.map((secret) => secret?.[0])).size).toBe(9)
})

test('tells when the randomness is no randomness', () => {
  expect(() => developmentConfig(() => '')).toThrow('hashkey')
})
