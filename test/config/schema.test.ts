import { expect, test } from 'bun:test'
import { ownBackend, schema, sections } from '../../src/config/schema.ts'
import { configurationPage } from '../../tools/config-docs.ts'

const page = await Bun.file(new URL('../../docs/configuration.md', import.meta.url)).text()

test('the reference page is the one that the schema makes', () => {
  expect(page).toBe(configurationPage())
})

test('every section and key is on the page', () => {
  for (const { name, settings } of [...sections, ownBackend]) {
    expect(page).toContain(`## \`[${name}]\``)
    for (const key of Object.keys(settings)) expect(page).toContain(`\`${key}\``)
  }
})

test('sections are listed under their own names, and all names and keys are lower-case', () => {
  for (const [name, section] of Object.entries(schema)) expect<string>(section.name).toBe(name)
  for (const { name, settings } of sections) {
    for (const word of [name, ...Object.keys(settings)]) expect(word).toBe(word.toLowerCase())
  }
})

test('every default reads as the initial value, and every meaning is a sentence', () => {
  for (const { settings } of [...sections, ownBackend]) {
    for (const setting of Object.values(settings)) {
      if (setting.default !== undefined) expect(setting.read(setting.default)).toEqual({ value: setting.initial })
      expect(setting.meaning).toMatch(/^[A-Z].*\.$/)
    }
  }
})

/** The keys of the original's file, so that none is forgotten: section, then keys. */
test.each([
  ['http', 'listen readtimeout writetimeout'],
  ['https', 'listen readtimeout writetimeout certificate key'],
  ['app', 'debug allowsubscribeany trustedproxies'],
  ['sessions', 'hashkey blockkey'],
  ['clients', 'internalsecret'],
  ['federation', 'skipverify timeout'],
  ['backend', 'backendtype backends backendprefix allowall allowed secret timeout connectionsperhost skipverify'],
  ['nats', 'url'],
  [
    'mcu',
    'type url maxstreambitrate maxscreenbitrate allowedcandidates blockedcandidates timeout proxytimeout urltype',
  ],
  ['mcu', 'skipverify token_id token_key dnsdiscovery keyprefix'],
  ['turn', 'apikey secret servers'],
  ['geoip', 'license url'],
  ['stats', 'allowed_ips'],
  ['etcd', 'endpoints discoverysrv discoveryservice clientkey clientcert cacert'],
  ['grpc', 'listen servercertificate serverkey serverca clientcertificate clientkey clientca'],
  ['grpc', 'targettype targets dnsdiscovery targetprefix'],
])('[%s] knows %s', (name, keys) => {
  const settings = sections.find((section) => section.name === name)?.settings ?? {}
  expect(Object.keys(settings)).toEqual(expect.arrayContaining(keys.split(' ')))
})
