import { afterEach, describe, expect, test } from 'bun:test'
import { rename, utimes, writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import type { CountryDatabase, GeoIpConfig } from '../../src/config/config.ts'
import { type GeoIpFact, startCountries } from '../../src/io/geoip.ts'
import { databaseIn } from '../../src/io/geoip-archive.ts'
import { parseIpRange } from '../../src/lib/ip-range.ts'
import { countryDatabase } from '../support/mmdb.ts'
import { tempFolder } from '../support/temp-folder.ts'

const database = countryDatabase({
  '192.0.2.0/24': 'DE',
  '198.51.100.128/25': 'FR',
  '2001:db8::/32': 'US',
  '203.0.113.0/24': 'xx9',
  '10.0.0.0/8': 'AT',
})

const override = (range: string, country: string) => {
  const parsed = parseIpRange(range)
  if (!parsed) throw new Error(range)
  return { range: parsed, country }
}

let running = new DisposableStack()
afterEach(() => {
  running.dispose()
  running = new DisposableStack()
})

/** With the facts that were noted, and a way to wait for the next. */
async function countries(where: CountryDatabase, overrides: GeoIpConfig['overrides'] = []) {
  const facts: GeoIpFact[] = []
  let heard = Promise.withResolvers<GeoIpFact>()
  const note = (fact: GeoIpFact): void => {
    facts.push(fact)
    heard.resolve(fact)
    heard = Promise.withResolvers()
  }
  const started = running.use(startCountries({ database: where, overrides, continents: {} }, { note }))
  await started.tried
  return { of: started.of, configured: started.configured, facts, next: () => heard.promise }
}

describe('the country of an address', () => {
  test('is in the database, for both families, or nowhere', async () => {
    using folder = tempFolder()
    const path = folder.file('country.mmdb')
    await writeFile(path, database)
    const { of, facts } = await countries({ kind: 'file', path })
    expect(['192.0.2.7', '198.51.100.200', '2001:db8::1', '::ffff:192.0.2.7'].map(of)).toEqual(['DE', 'FR', 'US', 'DE'])
    expect(['198.51.100.1', '203.0.113.9', '8.8.8.8', 'nonsense', ''].map(of)).toEqual(Array(5).fill(undefined))
    expect(facts).toEqual([{ fact: 'countries-loaded', from: path, built: '2023-11-14T22:13:20.000Z' }])
  })

  test('is none for networks that are nobody’s, unless the operator says so', async () => {
    using folder = tempFolder()
    const path = folder.file('country.mmdb')
    await writeFile(path, database)
    const { of, configured } = await countries({ kind: 'file', path }, [override('127.0.0.1', 'CH')])
    expect(['10.1.2.3', '127.0.0.1', '127.0.0.2', '::1', 'fe80::1'].map(of)).toEqual([undefined, 'CH', ...Array(3)])
    configured([override('192.0.2.7', 'IT'), override('192.0.2.0/24', 'ES')])
    expect(['192.0.2.7', '192.0.2.8', '127.0.0.1'].map(of)).toEqual(['IT', 'ES', undefined])
  })

  test('is what the operator says, without any database', async () => {
    const { of, facts } = await countries({ kind: 'none' }, [override('2001:db8::/32', 'NO')])
    expect(['2001:db8::1', '192.0.2.7'].map(of)).toEqual(['NO', undefined])
    expect(facts).toEqual([])
  })
})

describe('a database that cannot be had', () => {
  test('is tried again after a second', async () => {
    using folder = tempFolder()
    const path = folder.file('country.mmdb')
    const { of, facts, next } = await countries({ kind: 'file', path })
    expect(facts).toMatchObject([{ fact: 'countries-unusable', from: path, error: expect.stringContaining('ENOENT') }])
    await writeFile(`${path}.new`, database)
    await rename(`${path}.new`, path)
    expect(await next()).toMatchObject({ fact: 'countries-loaded' })
    expect(of('192.0.2.7')).toBe('DE')
  })

  test.each([
    ['no database', Buffer.from('nonsense')],
    ['an archive without one', gzipSync(tarOf('README.txt', Buffer.from('hello')))],
    ['half a database', database.subarray(0, database.length / 2)],
    ['nothing', Buffer.alloc(0)],
  ])('is %s', async (_, bytes) => {
    using folder = tempFolder()
    const path = folder.file('country.mmdb')
    await writeFile(path, bytes)
    await utimes(path, 1, 1)
    const { of, facts } = await countries({ kind: 'file', path })
    expect(facts).toMatchObject([{ fact: 'countries-unusable' }])
    expect(of('192.0.2.7')).toBeUndefined()
  })
})

describe('from the network', () => {
  test('it is fetched, plain or in an archive; the url is in no log', async () => {
    const served = [database, gzipSync(database), gzipSync(tarOf('GeoLite2/GeoLite2-Country.mmdb', database))]
    using server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: (request) => new Response(served[Number(new URL(request.url).pathname.slice(1))]),
    })
    for (const index of served.keys()) {
      const { of, facts } = await countries({ kind: 'url', url: `${server.url}${index}?key=secret` })
      expect(of('198.51.100.200')).toBe('FR')
      expect(facts).toMatchObject([{ fact: 'countries-loaded', from: server.url.host }])
    }
  })

  test('a refusal is told without what may be secret in the url', async () => {
    using server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('no', { status: 403 }) })
    const { facts } = await countries({ kind: 'url', url: `${server.url}?key=secret` })
    expect(facts).toEqual([{ fact: 'countries-unusable', from: server.url.host, error: 'status 403' }])
  })

  test('a broken one does not replace the one that is there', async () => {
    const answers = [new Response('no', { status: 500 }), new Response(database)]
    using server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => answers.shift() ?? new Response('gone') })
    const { of, next } = await countries({ kind: 'url', url: server.url.href })
    expect(of('192.0.2.7')).toBeUndefined()
    expect(await next()).toMatchObject({ fact: 'countries-loaded' })
    expect(of('192.0.2.7')).toBe('DE')
  })
})

test('a database is found in its wrappings', () => {
  for (const bytes of [
    database,
    gzipSync(database),
    tarOf('a/b.mmdb', database),
    gzipSync(tarOf('b.mmdb', database)),
  ]) {
    expect(databaseIn(bytes).equals(database)).toBe(true)
  }
  expect(() => databaseIn(tarOf('a.txt', database))).toThrow('no .mmdb file')
  const backwards = tarOf('a.txt', database)
  backwards.write('-7777777777\0', 124)
  expect(() => databaseIn(backwards)).toThrow('no .mmdb file')
})

/** A tar archive of a folder, a text, and this file. */
function tarOf(name: string, content: Buffer): Buffer {
  const entry = (path: string, bytes: Buffer, type: string): Buffer => {
    const header = Buffer.alloc(512)
    header.write(path, 0)
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124)
    header.write(type, 156)
    header.write('ustar\0', 257)
    return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)])
  }
  const parts = [entry('a/', Buffer.alloc(0), '5'), entry('a/COPYRIGHT.txt', Buffer.from('(c)'), '0')]
  return Buffer.concat([...parts, entry(name, content, '0'), Buffer.alloc(1024)])
}
