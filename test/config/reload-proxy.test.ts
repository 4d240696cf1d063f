import { expect, test } from 'bun:test'
import { loadProxyConfig } from '../../src/config/load-proxy.ts'
import type { ProxyConfig } from '../../src/config/proxy-config.ts'
import { reloadedProxy } from '../../src/config/reload-proxy.ts'
import { rsaPair } from '../support/rsa-keys.ts'

function configOf(lines: Readonly<Record<string, string>> = {}, key = 'one'): ProxyConfig {
  const given: Readonly<Record<string, string>> = {
    http: 'listen = :1',
    mcu: 'url = ws://x',
    ...lines,
    tokens: `a = ${key}`,
  }
  const text = Object.entries(given).map(([section, line]) => `[${section}]\n${line}\n`)
  const readFile = (path: string): string =>
    path.endsWith('.key') ? rsaPair(path.slice(0, -4)).privateKey : rsaPair(path).publicKey
  const { config } = loadProxyConfig({ file: 'f', text: text.join(''), environment: {}, readFile })
  if (!config) throw new Error('not usable')
  return config
}

test('the same file changes nothing', () => {
  const app = { app: 'token_id = a\ntoken_key = one.key' }
  const { taken, needRestart } = reloadedProxy(configOf(app), configOf(app))
  expect({ taken, needRestart }).toEqual({ taken: [], needRestart: [] })
})

test.each([
  [{ app: 'trustedproxies = 192.0.2.1' }, '[app] trustedproxies'],
  [{ stats: 'allowed_ips = 192.0.2.1' }, '[stats] allowed_ips'],
  [{ bandwidth: 'incoming = 1' }, '[bandwidth] incoming'],
  [{ bandwidth: 'outgoing = 1' }, '[bandwidth] outgoing'],
  [{ mcu: 'url = ws://x\nmaxstreambitrate = 1' }, '[mcu] maxstreambitrate'],
  [{ mcu: 'url = ws://x\nmaxscreenbitrate = 1' }, '[mcu] maxscreenbitrate'],
  [{ mcu: 'url = ws://x\nallowedcandidates = ::1' }, '[mcu] allowedcandidates'],
  [{ mcu: 'url = ws://x\nblockedcandidates = ::1' }, '[mcu] blockedcandidates'],
])('%o is taken over', (lines, name) => {
  const next = configOf(lines)
  const { config, taken, needRestart } = reloadedProxy(configOf(), next)
  expect({ taken, needRestart }).toEqual({ taken: [name], needRestart: [] })
  expect(JSON.stringify(config)).toBe(JSON.stringify(next))
})

test('another key of the same name is taken over', () => {
  const { config, taken } = reloadedProxy(configOf(), configOf({}, 'two'))
  expect(taken).toEqual(['[tokens]'])
  expect(config.tokens[0]?.publicKey.export({ type: 'spki', format: 'pem' })).toBe(rsaPair('two').publicKey)
})

test.each([
  [{ http: 'listen = :2' }, '[http]'],
  [{ http: 'listen = :1\nmaxconnectionsperaddress = 1' }, '[http] maxconnectionsperaddress'],
  [{ https: 'listen = :2\ncertificate = a\nkey = b' }, '[https]'],
  [{ app: 'debug = true' }, '[app] debug'],
  [{ app: 'draintimeout = 1' }, '[app] draintimeout'],
  [{ app: 'country = DE' }, '[app] country'],
  [{ app: 'token_id = a\ntoken_key = one.key' }, '[app] hostname, token_id, token_key, skipverify'],
  [{ mcu: 'url = ws://y' }, '[mcu] url'],
  [{ mcu: 'url = ws://x\ntimeout = 1' }, '[mcu] timeout'],
])('%o waits for a restart', (lines, name) => {
  const old = configOf()
  const { config, taken, needRestart } = reloadedProxy(old, configOf(lines))
  expect({ taken, needRestart }).toEqual({ taken: [], needRestart: [name] })
  expect(JSON.stringify(config)).toBe(JSON.stringify(old))
})
