import { expect, test } from 'bun:test'
import { proxySchema, proxySections } from '../../src/config/proxy-schema.ts'
import { proxyConfigurationPage } from '../../tools/config-docs.ts'

const page = await Bun.file(new URL('../../docs/configuration-proxy.md', import.meta.url)).text()

test('the reference page is the one that the schema makes, with every section and key', () => {
  expect(page).toBe(proxyConfigurationPage())
  for (const { name, settings } of proxySections) {
    expect(page).toContain(`## \`[${name}]\``)
    for (const key of Object.keys(settings)) expect(page).toContain(`\`${key}\``)
  }
})

test('sections are listed under their own names; every default reads as the initial value; every meaning is a sentence', () => {
  for (const [name, section] of Object.entries(proxySchema)) expect<string>(section.name).toBe(name)
  for (const { settings } of proxySections) {
    for (const setting of Object.values(settings)) {
      if (setting.default !== undefined) expect(setting.read(setting.default)).toEqual({ value: setting.initial })
      expect(setting.meaning).toMatch(/^[A-Z].*\.$/)
    }
  }
})

/** The keys of the original's file, so that none is forgotten: section, then keys. */
test.each([
  ['http', 'listen readtimeout writetimeout'],
  ['app', 'debug trustedproxies country tokentype hostname token_id token_key skipverify'],
  ['bandwidth', 'incoming outgoing'],
  ['tokens', 'keyformat'],
  ['mcu', 'type url maxstreambitrate maxscreenbitrate allowedcandidates blockedcandidates timeout'],
  ['stats', 'allowed_ips'],
  ['etcd', 'endpoints discoverysrv discoveryservice clientkey clientcert cacert'],
])('[%s] knows %s', (name, keys) => {
  const settings = proxySections.find((section) => section.name === name)?.settings ?? {}
  expect(Object.keys(settings)).toEqual(expect.arrayContaining(keys.split(' ')))
})
