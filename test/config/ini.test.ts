import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseIni } from '../../src/config/ini.ts'

/** Sections as plain objects, without lines. */
function values(text: string): Record<string, Record<string, string>> {
  const entries = [...parseIni(text).sections].map(([name, section]) => [
    name,
    Object.fromEntries([...section.entries].map(([key, entry]) => [key, entry.text])),
  ])
  return Object.fromEntries(entries)
}

describe('reads', () => {
  test('sections, both separators and lines', () => {
    const { sections, faults } = parseIni('[http]\nlisten = 127.0.0.1:8080\n\n[app]\ndebug: true')
    expect(faults).toEqual([])
    expect(sections.get('http')).toEqual({
      line: 1,
      entries: new Map([['listen', { text: '127.0.0.1:8080', line: 2 }]]),
    })
    expect(sections.get('app')).toEqual({ line: 4, entries: new Map([['debug', { text: 'true', line: 5 }]]) })
  })

  test('the first separator of a line', () => {
    expect(values('[a]\nurl = http://x/?a=b\nother: http://x/?a=b\nthird:x=y')).toEqual({
      a: { url: 'http://x/?a=b', other: 'http://x/?a=b', third: 'x=y' },
    })
  })

  test('IPv6 addresses and networks as keys', () => {
    expect(values('[a]\n2001:db8::/32 = DE\n::1=AT\nfe80::1: x')).toEqual({
      a: { '2001:db8::/32': 'DE', '::1': 'AT', fe80: ':1: x' },
    })
  })

  test('names and keys in any case, values as they are', () => {
    expect(values('[HTTP]\nListen = ABC')).toEqual({ http: { listen: 'ABC' } })
  })

  test('a mark at the start, line ends of other systems, spaces around', () => {
    expect(values('\uFEFF[ a ]\r\n  key  =  value \t\r\n')).toEqual({ a: { key: 'value' } })
  })

  test('comments of a line of their own', () => {
    expect(values('# one\n; two\n  # three\nREM four\nrem\n[a] ; five\nremote = x')).toEqual({ a: { remote: 'x' } })
  })

  test('comments behind a value, which begin behind a space or tab', () => {
    const text = '[a]\none = x ; c\ntwo = x\t# c\nthree = x;y#z\nfour = ; all of it\nfive = a#b ;c #d'
    expect(values(text)).toEqual({ a: { one: 'x', two: 'x', three: 'x;y#z', four: '', five: 'a#b' } })
  })

  test('a section in two pieces', () => {
    const { sections } = parseIni('[a]\nx = 1\n[b]\n[A]\ny = 2')
    expect(sections.get('a')?.line).toBe(1)
    expect([...(sections.get('a')?.entries.keys() ?? [])]).toEqual(['x', 'y'])
  })

  test('keys with names that objects have of their own', () => {
    expect(parseIni('[__proto__]\nconstructor = x').sections.get('__proto__')?.entries.get('constructor')?.text).toBe(
      'x',
    )
  })
})

describe('tells', () => {
  test('both lines of a key given twice, and keeps the first', () => {
    const { sections, faults } = parseIni('[a]\nx = 1\n[b]\n[a]\nX = 2')
    expect(faults).toEqual([
      { line: 5, section: 'a', key: 'x', message: 'is given twice, in line 2 and in line 5; remove one' },
    ])
    expect(sections.get('a')?.entries.get('x')?.text).toBe('1')
  })

  test.each(['just words', '= value', ': value'])('a line that is none of the forms: %p', (line) => {
    expect(parseIni(`[a]\n${line}`).faults).toMatchObject([{ line: 2, section: 'a' }])
  })

  test('a key before any section', () => {
    expect(parseIni('x = 1').faults).toMatchObject([{ line: 1, section: '', key: 'x' }])
  })

  test.each(['[a', '[]', '[ ]', '[a] b', '[a]b = c'])('a broken header, whose keys belong nowhere: %p', (header) => {
    const { sections, faults } = parseIni(`[before]\n${header}\nx = 1`)
    expect(faults).toMatchObject([{ line: 2 }])
    expect(sections.get('before')?.entries.size).toBe(0)
  })
})

describe('for any text', () => {
  const line = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'[]=:;# \tab\r\uFEFF') }))

  test('throws nothing, and names lines that are there', () => {
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const text = lines.join('\n')
        const count = text.split('\n').length
        const { sections, faults } = parseIni(text)
        const named = [...sections.values()].flatMap(({ line, entries }) => [
          line,
          ...[...entries.values()].map((e) => e.line),
        ])
        for (const line of [...named, ...faults.map((fault) => fault.line)]) {
          expect(line).toBeGreaterThanOrEqual(1)
          expect(line).toBeLessThanOrEqual(count)
        }
      }),
    )
  })

  test('reads back what was written', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9_-]{0,9}$/).filter((name) => name !== 'rem')
    const value = fc.string({ unit: fc.constantFrom(...'aZ9/.,$()=:;#') })
    const file = fc.dictionary(word, fc.dictionary(word, value, { noNullPrototype: true }), { noNullPrototype: true })
    fc.assert(
      fc.property(file, fc.constantFrom('\n', '\r\n'), (sections, end) => {
        const text = Object.entries(sections).flatMap(([name, keys]) => [
          `[${name}]`,
          ...Object.entries(keys).map(([key, value]) => `${key}=${value}`),
        ])
        expect(values(text.join(end))).toEqual(sections)
      }),
    )
  })
})
