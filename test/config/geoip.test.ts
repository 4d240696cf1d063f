import { expect, test } from 'bun:test'
import { configOf, smallest, told } from './support.ts'

const geoip = (text: string) => configOf(smallest + text).geoip

test.each([
  ['', { kind: 'none' }],
  ['url = none', { kind: 'none' }],
  ['url = default', { kind: 'none' }],
  ['url = file:///var/lib/country.mmdb', { kind: 'file', path: '/var/lib/country.mmdb' }],
  ['url = https://db.example/country.mmdb.gz\nlicense = x', { kind: 'url', url: 'https://db.example/country.mmdb.gz' }],
  ['license = x', { kind: 'maxmind', license: 'x' }],
  ['url = none\nlicense = x', { kind: 'maxmind', license: 'x' }],
] as const)('the database of %p', (text, database) => {
  expect(geoip(`[geoip]\n${text}`).database).toEqual(database)
})

test.each(['country.mmdb', 'file://', 'ftp://x/y'])('a database at %p cannot be had', (url) => {
  expect(told(`${smallest}[geoip]\nurl = ${url}`)).toEqual([
    `server.conf:6: [geoip] url: "${url}" is not usable; allowed: https://, http:// or file:// and a path, or none`,
  ])
})

test('of overrides the narrowest comes first, addresses before networks', () => {
  const { overrides } = geoip('[geoip-overrides]\n10.0.0.0/8 = de\n10.1.0.0/16 = AT\n10.1.1.1 = ch\n2001:db8::/32 = fr')
  expect(overrides.map(({ country }) => country)).toEqual(['CH', 'FR', 'AT', 'DE'])
})

test('continents are served from others', () => {
  expect(geoip('[continent-overrides]\naf = eu, as\nSA = NA').continents).toEqual({ AF: ['EU', 'AS'], SA: ['NA'] })
})

test('what is no address, country or continent is told', () => {
  expect(told(`${smallest}[geoip-overrides]\nx = DE\n10.0.0.1 = Germany\n[continent-overrides]\nEU = XX`)).toEqual([
    expect.stringMatching(/^server.conf:6: \[geoip-overrides\] x: "x" is not usable; allowed: IP addresses/),
    'server.conf:7: [geoip-overrides] 10.0.0.1: "Germany" is not usable; allowed: a code of two letters',
    'server.conf:9: [continent-overrides] eu: "XX" is not usable; allowed: continent codes separated by commas: AF, AN, AS, EU, NA, OC, SA',
  ])
})
