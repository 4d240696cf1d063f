/** What docs/media-proxy.md has operators write works as it stands. */
import { expect, test } from 'bun:test'
import { printFault } from '../../src/config/fault.ts'
import { loadConfig } from '../../src/config/load.ts'
import { loadProxyConfig } from '../../src/config/load-proxy.ts'
import { counters, gauges } from '../../src/observe/metrics.ts'
import { proxyTellings } from '../../src/observe/proxy-facts.ts'
import { sfuTellings } from '../../src/observe/sfu-facts.ts'
import { rsaPair } from '../support/rsa-keys.ts'

const page = await Bun.file(new URL('../../docs/media-proxy.md', import.meta.url)).text()
const blocks = [...page.matchAll(/```ini\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')

const source = (text: string) => ({
  file: 'f',
  text,
  environment: {},
  readFile: (path: string) => (path.endsWith('.key') ? rsaPair().privateKey : rsaPair().publicKey),
})

test('the files of both sides have no faults, and neither have the pieces that are added to them', () => {
  const [whole = '', tls = '', server = '', countries = '', remote = ''] = blocks
  expect(blocks).toHaveLength(5)
  for (const text of [whole, whole + tls, whole + remote]) {
    expect(loadProxyConfig(source(text)).faults.map(printFault)).toEqual([])
  }
  const rest = `[http]\nlisten = :1\n[sessions]\nhashkey = ${'h'.repeat(32)}\n`
  const read = loadConfig(source(rest + server + countries))
  expect(read.faults.map(printFault)).toEqual([])
  const { overrides, continents, database } = read.config?.geoip ?? {}
  expect([overrides?.map(({ country }) => country), continents, database?.kind]).toEqual([
    ['DE'],
    { AF: ['EU'] },
    'maxmind',
  ])
})

test('facts and metrics that it names exist', () => {
  const named = [...page.matchAll(/`((?:proxy|sfu|other-proxy)-[a-z-]+)`/g)].map((match) => match[1] ?? '')
  const facts = Object.keys({ ...proxyTellings, ...sfuTellings })
  const isIssuer = (word: string): boolean => word === 'proxy-jp'
  expect(named.filter((name) => !facts.includes(name) && !isIssuer(name))).toEqual([])
  const metrics = [...page.matchAll(/`(signaling_[a-z_]+[a-z])`/g)].map((match) => match[1] ?? '')
  expect(metrics.filter((name) => !(name in gauges) && !(name in counters))).toEqual([])
})
