import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import * as kinds from '../../src/config/kinds.ts'

const { bitrate, choice, flag, integer, ipRanges, list, listenAddresses, seconds, secret, url, urls, words } = kinds

test.each([
  ['true', true],
  ['YES', true],
  ['on', true],
  ['1', true],
  ['False', false],
  ['no', false],
  ['off', false],
  ['0', false],
])('flag %p is %p', (text, value) => {
  expect(flag.read(text)).toEqual({ value })
})

const refusals: readonly (readonly [kinds.Kind<unknown>, string])[] = [
  [flag, 'maybe'],
  [flag, '2'],
  [integer(0, 10), '11'],
  [integer(0, 10), '-1'],
  [integer(0, 10), '1.5'],
  [integer(0, 10), '1e1'],
  [integer(0, 10), '0x1'],
  [integer(0, 10), '10s'],
  [integer(2, 10), '1'],
  [bitrate, '9'.repeat(400)],
  [seconds, '-1'],
  [seconds, '10s'],
  [seconds, '86401'],
  [seconds, '.5'],
  [seconds, 'Infinity'],
  [choice('static', 'etcd'), 'dynamic'],
  [secret({ atLeast: 8 }), '1234567'],
  [secret({ oneOf: [16, 24, 32] }), '12345678901234567'],
  [url, 'cloud.example.org'],
  [url, 'ftp://cloud.example.org'],
  [url, 'https:cloud.example.org'],
  [url, 'https://'],
  [url, 'https://user@cloud.example.org'],
  [url, 'https://:pw@cloud.example.org'],
  [url, 'https://cloud.example.org/?a'],
  [url, 'https://cloud.example.org/#'],
  [url, 'https://cloud.example.org:99999'],
]
for (const [kind, text] of refusals) {
  test(`${kind.name} refuses ${text.slice(0, 40)}`, () => {
    expect(kind.read(text)).toEqual({ unusable: text })
  })
}

test('seconds become milliseconds', () => {
  expect(seconds.read('10')).toEqual({ value: 10_000 })
  expect(seconds.read('0.3')).toEqual({ value: 300 })
  expect(seconds.read('0')).toEqual({ value: 0 })
})

test('a zero that stands for the default', () => {
  const kind = kinds.zeroIsDefault(seconds, 15_000)
  expect(kind.read('0')).toEqual({ value: 15_000 })
  expect(kind.read('1')).toEqual({ value: 1000 })
  expect(kind.read('x')).toEqual({ unusable: 'x' })
})

test('bytes of a secret, not letters, count', () => {
  expect(secret({ oneOf: [16] }).read('äöüäöüäö')).toEqual({ value: 'äöüäöüäö' })
  expect(secret({ atLeast: 8 }).secret).toBe(true)
})

test('lists', () => {
  expect(list.read(' a, b ,,c')).toEqual({ value: ['a', 'b', 'c'] })
  expect(words.read(' a  b\tc ')).toEqual({ value: ['a', 'b', 'c'] })
  expect(ipRanges.read('127.0.0.1, 10.0.0.0/8')).toMatchObject({ value: [{ family: 4 }, { mask: 0xff000000 }] })
  expect(ipRanges.read('127.0.0.1, 10.0.0.0/88, x')).toEqual({ unusable: '10.0.0.0/88' })
  expect(listenAddresses.read(':1 /a')).toMatchObject({ value: [{ kind: 'tcp' }, { kind: 'unix' }] })
  expect(listenAddresses.read(':1 b')).toEqual({ unusable: 'b' })
})

describe('urls', () => {
  test('of equal meaning become equal', () => {
    expect(url.read('HTTPS://Cloud.Example.org:443')).toEqual({ value: 'https://cloud.example.org/' })
    expect(url.read('http://cloud.example.org:80/next/../cloud')).toEqual({ value: 'http://cloud.example.org/cloud/' })
    expect(url.read('https://cloud.example.org:8443/')).toEqual({ value: 'https://cloud.example.org:8443/' })
    expect(urls.read('https://a, https://a/,https://b')).toEqual({ value: ['https://a/', 'https://b/'] })
    expect(urls.read('https://a, b')).toEqual({ unusable: 'b' })
  })

  test('read back as themselves', () => {
    fc.assert(
      fc.property(fc.webUrl(), (given) => {
        const once = url.read(given)
        if ('value' in once) expect(url.read(once.value)).toEqual(once)
      }),
    )
  })
})

test('no kind throws at any text', () => {
  const some = [
    flag,
    integer(0, 9),
    seconds,
    choice('a', 'b'),
    secret({ atLeast: 1 }),
    url,
    urls,
    ipRanges,
    listenAddresses,
  ]
  fc.assert(
    fc.property(fc.string(), fc.constantFrom<kinds.Kind<unknown>>(...some), (text, kind) => void kind.read(text)),
  )
})
